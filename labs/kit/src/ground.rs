//! The ground that a lab stands on: everything that its service depends on.
//!
//! It is made anew for every run of an experiment, for every run of a load,
//! and for `cargo lab run`: a database of its own, a stub of the service
//! behind it, a folder. What it is made of lives as long as the [`Ground`].

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use crate::control::Watch;
use crate::env::Env;
use crate::server::Server;
use crate::token;

pub use crate::folder::Folder;

/// A ground under construction.
pub type GroundFuture = Pin<Box<dyn Future<Output = anyhow::Result<Ground>> + Send>>;

/// What a service depends on, and how it gets to know.
#[derive(Default)]
pub struct Ground {
    /// What the service reads from its environment.
    pub env: Env,
    servers: Vec<(Arc<Server>, Option<String>)>,
    by_hand: Option<fn(&mut Env)>,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ground")
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

/// The ground of a lab whose service depends on nothing.
#[must_use]
pub fn none() -> GroundFuture {
    Box::pin(async { Ok(Ground::new()) })
}

/// 64 random bytes in hexadecimal digits, for [`Env::session_key`].
///
/// # Errors
/// When the system has no randomness.
pub fn session_key() -> anyhow::Result<String> {
    token::hex(64)
}

impl Ground {
    /// A ground without anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes what the service reads when somebody tries it by hand: there is
    /// no harness then that plays, for example, the proxies in front of it.
    pub fn by_hand(&mut self, change: fn(&mut Env)) {
        self.by_hand = Some(change);
    }

    /// What the service reads when somebody tries it by hand.
    #[must_use]
    pub fn env_by_hand(&self) -> Env {
        let mut env = self.env.clone();
        if let Some(change) = self.by_hand {
            change(&mut env);
        }
        env
    }

    /// Keeps `value` for as long as the ground.
    pub fn keep<T: Any + Send + Sync>(&mut self, value: T) {
        self.kept.push(Box::new(value));
    }

    /// What was kept of that type, the first of several.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.kept.iter().find_map(|value| value.downcast_ref())
    }

    /// Keeps a SQLite file of that name in a folder of its own, as
    /// `DATABASE_URL`.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn sqlite(&mut self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = Folder::new()?;
        let path = folder.path(name);
        self.env.database_url = Some(path.to_string_lossy().into_owned());
        self.keep(folder);
        Ok(path)
    }

    /// Names a server without which no experiment makes sense: when it ends
    /// or falls silent, the run ends and says so.
    pub fn rely_on(&mut self, server: Arc<Server>) {
        self.servers.push((server, None));
    }

    /// The same with a server that other runs share: `mark` stands on the
    /// command line of those of its processes that work for this one.
    pub fn rely_on_part(&mut self, server: Arc<Server>, mark: String) {
        self.servers.push((server, Some(mark)));
    }

    /// The servers' processes.
    #[must_use]
    pub(crate) fn watch(&self, service: Option<u32>) -> Watch {
        let servers = self.servers.iter();
        let servers = servers.filter_map(|(server, mark)| Some((server.process()?, mark.clone())));
        Watch::new(servers.chain(service.map(|process| (process, None))))
    }

    /// Waits until a server is in trouble, and says in which.
    pub(crate) fn trouble(&self) -> impl Future<Output = String> + Send + use<> {
        let servers: Vec<_> = self.servers.iter().map(|(s, _)| s.clone()).collect();
        async move {
            let (tell, mut told) = tokio::sync::mpsc::channel(1);
            for server in servers {
                let tell = tell.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        trouble = server.trouble() => {
                            // Somebody else's trouble was heard first.
                            let _ = tell.send(trouble).await;
                        }
                        // The run is over.
                        () = tell.closed() => {}
                    }
                });
            }
            drop(tell);
            match told.recv().await {
                Some(trouble) => trouble,
                None => std::future::pending().await,
            }
        }
    }

    /// What is wrong with a server now, if something is.
    pub(crate) async fn wrong(&self) -> Option<String> {
        for (server, _) in &self.servers {
            if let Some(wrong) = server.wrong().await {
                return Some(wrong);
            }
        }
        None
    }
}

/// The target folder of the build that made this executable.
///
/// # Errors
/// When the executable lies in no target folder.
pub fn target_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let marked = own
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let found = marked.or_else(|| own.ancestors().find(|folder| folder.ends_with("target")));
    found.map(Path::to_path_buf).ok_or_else(|| {
        anyhow::anyhow!(
            "{} lies in no target folder: run it with cargo",
            own.display()
        )
    })
}
