//! Servers under the experiments: private ones that end with this process,
//! and given ones that are left as they are.
//!
//! A private server runs in a folder of its own on a free port of loopback,
//! as `nobody` when we are root. The kernel ends it with this process in
//! whatever way that ends; an orderly end removes its folder, too.

mod launch;
mod probe;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal};
use tokio::process::Command;
use tokio::sync::watch;

use crate::folder::{Folder, NOBODY};
use crate::process;
use crate::service::{Service, closed_to_others};
use crate::table;

use launch::{Launched, free_port};
use probe::answers;

/// Tries at a free port: another process may take it first.
const TRIES: usize = 8;

/// A server that is silent for so long is in trouble.
const SILENCE: Duration = Duration::from_secs(5);

/// A server that an experiment relies on.
#[derive(Debug)]
pub struct Server {
    service: Service,
    addr: SocketAddr,
    private: Option<Private>,
    /// A lab that kills or pauses its server expects it to be silent.
    expected: AtomicBool,
}

#[derive(Debug)]
struct Private {
    process: Pid,
    ended: watch::Receiver<Option<String>>,
    quit: Signal,
    folder: Folder,
}

/// How to start a private server.
#[derive(Debug)]
pub struct Start {
    /// What it is.
    pub service: Service,
    /// The program.
    pub program: PathBuf,
    /// Its arguments, for a port.
    pub arguments: fn(&Path, u16) -> Vec<OsString>,
    /// The folder that it may write to.
    pub folder: Folder,
    /// What makes it end at once and in order.
    pub quit: Signal,
}

/// The user that servers run as: `nobody` when we are root, else ourselves.
#[must_use]
pub fn user() -> Option<u32> {
    rustix::process::geteuid().is_root().then_some(NOBODY)
}

/// Gives a file or an empty folder to [`user`].
///
/// # Errors
/// When its owner cannot be changed.
pub fn give(path: &Path) -> anyhow::Result<()> {
    let Some(user) = user() else { return Ok(()) };
    chown(path, Some(user), Some(user)).with_context(|| format!("cannot give {}", path.display()))
}

/// A command that runs `program` as [`user`], tied to this process.
///
/// # Errors
/// When this executable's own path cannot be found.
pub fn command(program: &Path, quit: Signal) -> std::io::Result<Command> {
    let mut command = process::tied(program, quit)?;
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(user) = user() {
        command.uid(user).gid(user);
    }
    Ok(command)
}

impl Server {
    /// A server that somebody else runs.
    #[must_use]
    pub fn given(service: Service, addr: SocketAddr) -> Arc<Self> {
        Arc::new(Self {
            service,
            addr,
            private: None,
            expected: AtomicBool::new(false),
        })
    }

    /// Starts a private server and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be started; with its own last words, if it has any.
    pub async fn start(start: Start) -> anyhow::Result<Arc<Self>> {
        give(start.folder.root())?;
        for _ in 0..TRIES {
            let port = free_port()?;
            let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let launched = Launched::new(&start, port)?;
            if launched.ready(start.service, addr).await? {
                return Ok(Arc::new(Self {
                    service: start.service,
                    addr,
                    private: Some(Private {
                        process: launched.process,
                        ended: launched.ended,
                        quit: start.quit,
                        folder: start.folder,
                    }),
                    expected: AtomicBool::new(false),
                }));
            }
            let said = launched.said();
            if let (Some(_), Some(closed)) = (user(), closed_to_others(&start.program)) {
                bail!(
                    "servers run as nobody, who may not enter {0}: chmod o+x {0}",
                    closed.display()
                );
            }
            if !said.contains("in use") {
                bail!("{} ended at once:\n{said}", start.program.display());
            }
        }
        bail!("{} finds no free port", start.program.display())
    }

    /// What it is.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process, when it is a private one.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        let private = self.private.as_ref()?;
        Some(private.process.as_raw_nonzero().get().cast_unsigned())
    }

    /// Its folder, when it is a private one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        Some(self.private.as_ref()?.folder.root())
    }

    /// Sends a signal to a private server. From now on its silence is what
    /// the experiment wants.
    ///
    /// # Errors
    /// When the server is not ours.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let private = self.private.as_ref();
        let private = private.with_context(|| format!("{} is not ours", self.service.name()))?;
        self.expected.store(true, Ordering::SeqCst);
        // It may have ended by itself, which is as good.
        let _ = rustix::process::kill_process(private.process, signal);
        Ok(())
    }

    /// Waits until it is in trouble that nobody expects, and says which.
    pub(crate) async fn trouble(&self) -> String {
        loop {
            let pause = tokio::time::sleep(Duration::from_millis(500));
            match &self.private {
                Some(private) => {
                    tokio::select! {
                        ending = ending(&private.ended) => {
                            if !self.expected.load(Ordering::SeqCst) {
                                return format!("{} has ended ({ending})", self.service.name());
                            }
                            std::future::pending::<()>().await;
                        }
                        () = pause => {}
                    }
                }
                None => pause.await,
            }
            if self.silent_for(SILENCE).await && !self.expected.load(Ordering::SeqCst) {
                return self.silence();
            }
        }
    }

    /// What is wrong with it now, if something is that nobody expects.
    pub(crate) async fn wrong(&self) -> Option<String> {
        if self.expected.load(Ordering::SeqCst) {
            return None;
        }
        if let Some(private) = &self.private
            && let Some(ending) = &*private.ended.borrow()
        {
            return Some(format!("{} has ended ({ending})", self.service.name()));
        }
        self.silent_for(Duration::from_secs(2))
            .await
            .then(|| self.silence())
    }

    fn silence(&self) -> String {
        format!(
            "{} at {} does not answer: it is stopped, or starved",
            self.service.name(),
            self.addr
        )
    }

    async fn silent_for(&self, time: Duration) -> bool {
        tokio::time::timeout(time, answers(self.service, self.addr))
            .await
            .is_err()
    }

    /// Ends a private server, and waits until it is gone.
    pub fn stop(&self) {
        let Some(private) = &self.private else { return };
        self.expected.store(true, Ordering::SeqCst);
        let gone = |within: Duration| {
            let until = Instant::now() + within;
            while table::alive(private.process) {
                if Instant::now() > until {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            true
        };
        let _ = rustix::process::kill_process(private.process, private.quit);
        if !gone(Duration::from_secs(2)) {
            // A stopped one takes no other signal.
            for process in table::children(private.process)
                .into_iter()
                .chain([private.process])
            {
                let _ = rustix::process::kill_process(process, Signal::KILL);
            }
            gone(Duration::from_secs(2));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn ending(ended: &watch::Receiver<Option<String>>) -> String {
    let mut ended = ended.clone();
    match ended.wait_for(Option::is_some).await {
        Ok(ending) => ending.clone().unwrap_or_default(),
        Err(_) => "for no known reason".to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The servers that all runs of this process share.
static SHARED: Mutex<Vec<Arc<Server>>> = Mutex::new(Vec::new());

/// Keeps a server until [`end_all`].
pub fn share(server: Arc<Server>) {
    lock(&SHARED).push(server);
}

/// Ends every shared server. To be called last in `main`: what a process does
/// not end itself, the kernel does, but the folders stay.
pub fn end_all() {
    for server in std::mem::take(&mut *lock(&SHARED)) {
        server.stop();
        if let Some(folder) = server.folder() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
