//! A real PostgreSQL under the experiments.
//!
//! The server that `LAB_DATABASE_URL` names is used, with a database and a
//! role of its own for each run, and left as it was found. Else a private
//! server is started, one for all runs of a process. Labs that need rights
//! over the whole server get one for themselves.

mod cluster;
mod database;
mod host;
mod lock;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use anyhow::{Context, ensure};
use labkit::server::{self, Server};
use labkit::service::{Service, Source};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};

pub use database::Database;
pub use lock::PgLock;
pub use tokio_postgres;

/// A server, and the harness's way into it.
#[derive(Debug, Clone)]
pub struct Postgres {
    server: Arc<Server>,
    /// As whom the harness connects: a superuser, or who was given.
    config: Config,
}

impl Postgres {
    /// The given server, or the private one that all runs of this process
    /// share.
    ///
    /// # Errors
    /// When there is no PostgreSQL here (the message names the command that
    /// brings it), it cannot be started, or the given one cannot be reached.
    pub async fn shared() -> anyhow::Result<Self> {
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        let shared = SHARED.get_or_try_init(|| async {
            if let Some(Source::Variable(variable)) = Service::PostgreSql.find() {
                let given = Self::given(variable, &std::env::var(variable)?).await;
                return given.with_context(|| format!("the PostgreSQL that {variable} names"));
            }
            let private = Self::private().await?;
            server::share(private.server.clone());
            Ok(private)
        });
        shared.await.cloned()
    }

    /// A server for this run alone.
    ///
    /// # Errors
    /// When there is no PostgreSQL here, or it cannot be started.
    pub async fn private() -> anyhow::Result<Self> {
        let (server, config) = cluster::start().await?;
        Ok(Self { server, config })
    }

    async fn given(variable: &str, url: &str) -> anyhow::Result<Self> {
        let config: Config = url.parse().context("its URL cannot be read")?;
        let [tokio_postgres::config::Host::Tcp(host)] = config.get_hosts() else {
            anyhow::bail!(
                "its URL names not one host: postgres://user:password@host:port/database"
            );
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let addr = (host.as_str(), port).to_socket_addrs()?.next();
        let addr = addr.with_context(|| format!("{host} has no address"))?;
        let this = Self {
            server: Server::given(Service::PostgreSql, addr),
            config,
        };
        let client = this.client(None).await?;
        let row = client
            .query_one(
                "select rolsuper or (rolcreatedb and rolcreaterole)
                 from pg_roles where rolname = current_user",
                &[],
            )
            .await?;
        ensure!(
            row.get::<_, bool>(0),
            "the role that {variable} names may not create databases and roles"
        );
        database::sweep(&client).await?;
        Ok(this)
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// A new database with a role that owns it, and nothing else. `schema` is
    /// run as that role.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn database(&self, schema: &str) -> anyhow::Result<Database> {
        Database::create(self, schema).await
    }

    /// A connection of the harness, to a database or to the one that it is
    /// given.
    pub(crate) async fn client(&self, database: Option<&str>) -> anyhow::Result<Client> {
        let mut config = self.config.clone();
        if let Some(database) = database {
            config.dbname(database);
        }
        connect(&config).await
    }
}

/// Connects, and drives the connection until the client is dropped.
pub(crate) async fn connect(config: &Config) -> anyhow::Result<Client> {
    let connected = config.connect(NoTls).await;
    let (client, connection) = connected.context("PostgreSQL does not let the harness in")?;
    tokio::spawn(async move {
        // Its end is told to whoever uses the client.
        let _ = connection.await;
    });
    Ok(client)
}
