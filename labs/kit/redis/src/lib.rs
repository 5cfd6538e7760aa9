//! A real Redis under the experiments.
//!
//! The server that `LAB_REDIS_URL` names is used, with a logical database of
//! its own for each run, and left as it was found. Else a private server is
//! started, one for all runs of a process. Labs that kill or pause their
//! server get one for themselves.

mod claim;

use std::ffi::OsString;
use std::net::ToSocketAddrs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail, ensure};
use labkit::Ground;
use labkit::folder::Folder;
use labkit::server::{self, Server, Start};
use labkit::service::{Service, Source};
use labkit::token;
use redis::aio::MultiplexedConnection;
use rustix::process::Signal;
use tokio::sync::OnceCell;
use url::Url;

use claim::Claim;

/// Logical databases of a private server: one for each run of a process.
const DATABASES: u32 = 1024;

/// One run's Redis: a logical database that nobody else uses.
#[derive(Debug, Clone)]
pub struct Redis {
    url: Url,
    server: Arc<Server>,
    /// Of a given server; given back when the last clone is dropped.
    _claim: Option<Arc<Claim>>,
}

/// A private server, and its password.
type Private = (Arc<Server>, String);

impl Redis {
    /// A database on the given server, or on the private one that all runs of
    /// this process share.
    ///
    /// # Errors
    /// When there is no Redis here (the message names the command that brings
    /// it), it cannot be started, or the given one has no empty database.
    pub async fn shared() -> anyhow::Result<Self> {
        static SHARED: OnceCell<Private> = OnceCell::const_new();
        static NEXT: AtomicU32 = AtomicU32::new(1);
        if let Some(Source::Variable(variable)) = Service::Redis.find() {
            let url = std::env::var(variable)?;
            return Self::given(variable, &url).await;
        }
        let shared = SHARED.get_or_try_init(|| async {
            let private = start().await?;
            server::share(private.0.clone());
            anyhow::Ok(private)
        });
        let (server, password) = shared.await?;
        let database = NEXT.fetch_add(1, Ordering::SeqCst);
        ensure!(
            database < DATABASES,
            "this process has used all {DATABASES} databases of its Redis"
        );
        Self::on(server.clone(), password, database)
    }

    /// A server for this run alone, which it may kill or pause.
    ///
    /// # Errors
    /// When there is no Redis here, or it cannot be started.
    pub async fn private() -> anyhow::Result<Self> {
        let (server, password) = start().await?;
        Self::on(server, &password, 0)
    }

    fn on(server: Arc<Server>, password: &str, database: u32) -> anyhow::Result<Self> {
        let url = format!("redis://:{password}@{}/{database}", server.addr());
        Ok(Self {
            url: Url::parse(&url)?,
            server,
            _claim: None,
        })
    }

    async fn given(variable: &str, text: &str) -> anyhow::Result<Self> {
        let url = Url::parse(text).with_context(|| format!("{variable} is no URL"))?;
        ensure!(
            url.scheme() == "redis",
            "{variable} must begin with redis://, not {}://",
            url.scheme()
        );
        let host = url
            .host_str()
            .with_context(|| format!("{variable} names no host"))?;
        let addr = (host, url.port().unwrap_or(6379)).to_socket_addrs()?.next();
        let addr = addr.with_context(|| format!("{variable}: {host} has no address"))?;
        let claim = Claim::take(&url)
            .await
            .with_context(|| format!("the Redis that {variable} names"))?;
        let mut own = url;
        own.set_path(&claim.database().to_string());
        Ok(Self {
            url: own,
            server: Server::given(Service::Redis, addr),
            _claim: Some(Arc::new(claim)),
        })
    }

    /// Its address for a service: `redis://:password@host:port/database`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The same by way of `addr`, a tap's.
    ///
    /// # Errors
    /// When the address cannot stand in a URL.
    pub fn url_through(&self, addr: std::net::SocketAddr) -> anyhow::Result<String> {
        let mut url = self.url.clone();
        url.set_host(Some(&addr.ip().to_string()))?;
        if url.set_port(Some(addr.port())).is_err() {
            bail!("{url} takes no port");
        }
        Ok(url.into())
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// The harness's own connection to the run's database.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn admin(&self) -> anyhow::Result<MultiplexedConnection> {
        let client = redis::Client::open(self.url.as_str())?;
        let connection = client.get_multiplexed_async_connection().await;
        connection.context("Redis does not answer the harness")
    }

    /// Makes it part of a lab's ground, as `REDIS_URL`.
    pub fn lay(self, ground: &mut Ground) {
        ground.env.redis_url = Some(self.url().to_owned());
        ground.rely_on(self.server.clone());
        ground.keep(self);
    }

    /// Kills a private server.
    ///
    /// # Errors
    /// When it is a given one.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.server.signal(Signal::KILL)
    }

    /// Stops a private server without a word to its clients.
    ///
    /// # Errors
    /// When it is a given one.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.server.signal(Signal::STOP)
    }

    /// Lets a paused server go on.
    ///
    /// # Errors
    /// When it is a given one.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.server.signal(Signal::CONT)
    }
}

async fn start() -> anyhow::Result<Private> {
    let program = Service::Redis.program();
    let program = program.with_context(|| Service::Redis.missing())?;
    let folder = Folder::new()?;
    let password = token::hex(16)?;
    // In a file, so that no list of processes shows it.
    let settings = folder.path("redis.conf");
    std::fs::write(&settings, format!("requirepass {password}\n"))?;
    server::give(&settings)?;
    let server = Server::start(Start {
        service: Service::Redis,
        program,
        arguments,
        folder,
        // It writes nothing that has to be saved.
        quit: Signal::KILL,
    });
    Ok((server.await?, password))
}

fn arguments(folder: &Path, port: u16) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec![folder.join("redis.conf").into()];
    for (name, value) in [
        ("--port", port.to_string()),
        ("--bind", "127.0.0.1".to_owned()),
        ("--databases", DATABASES.to_string()),
        ("--save", String::new()),
        ("--appendonly", "no".to_owned()),
    ] {
        words.extend([name.into(), value.into()]);
    }
    words.extend(["--dir".into(), folder.as_os_str().to_owned()]);
    words
}
