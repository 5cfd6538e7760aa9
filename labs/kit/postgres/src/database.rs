//! One run's database: its own, with a role that owns it and nothing else.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;
use labkit::table;
use labkit::token;
use labkit::{Ground, Stopped};
use rustix::process::Pid;
use tokio_postgres::{Client, Config};

use crate::lock::PgLock;
use crate::{Postgres, host};

/// What the names of databases and roles begin with.
const PREFIX: &str = "labkit_";

/// A database for one run. On a given server it is dropped with this.
#[derive(Debug)]
pub struct Database {
    postgres: Postgres,
    /// Of database and role.
    name: String,
    password: String,
    admin: Client,
}

impl Database {
    pub(crate) async fn create(postgres: &Postgres, schema: &str) -> anyhow::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("{PREFIX}{}_{}_{number}", host::id(), std::process::id());
        let password = token::hex(16)?;
        let home = postgres.client(None).await?;
        // Names and passwords are of letters and digits only.
        home.batch_execute(&format!(
            "create role {name} login nosuperuser nocreatedb nocreaterole \
             noreplication nobypassrls password '{password}'"
        ))
        .await?;
        home.batch_execute(&format!("grant {name} to current_user"))
            .await?;
        // From the one template that nobody is ever connected to.
        home.batch_execute(&format!(
            "create database {name} owner {name} template template0"
        ))
        .await?;
        home.batch_execute(&format!("revoke all on database {name} from public"))
            .await?;
        let admin = postgres.client(Some(&name)).await?;
        for statement in [&format!("set role {name}"), schema, "reset role"] {
            let run = admin.batch_execute(statement).await;
            run.context("the lab's schema")?;
        }
        Ok(Self {
            postgres: postgres.clone(),
            name,
            password,
            admin,
        })
    }

    /// Its name, which is also its role's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the server listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.postgres.addr()
    }

    /// Its address for a service, as its role.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_through(self.addr())
    }

    /// The same by way of `addr`, a tap's.
    #[must_use]
    pub fn url_through(&self, addr: SocketAddr) -> String {
        let Self { name, password, .. } = self;
        format!("postgres://{name}:{password}@{addr}/{name}")
    }

    /// The harness's own connection to it.
    #[must_use]
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// How many connections the service's role may have at a time; -1 for
    /// any number. PostgreSQL enforces it approximately.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn limit_connections(&self, most: i32) -> anyhow::Result<()> {
        let name = &self.name;
        self.admin
            .batch_execute(&format!("alter role {name} connection limit {most}"))
            .await?;
        Ok(())
    }

    /// Runs `statement` in a transaction of the harness that stays open: what
    /// it locks stays locked.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn lock(&self, statement: &str) -> Result<PgLock, Stopped> {
        let client = self.postgres.client(Some(&self.name)).await?;
        PgLock::take(client, statement).await
    }

    /// Makes it part of a lab's ground, as `DATABASE_URL`.
    pub fn lay(self, ground: &mut Ground) {
        ground.env.database_url = Some(self.url());
        // PostgreSQL names role and database of each of its processes.
        let mark = format!(": {0} {0} ", self.name);
        ground.rely_on_part(self.postgres.server().clone(), mark);
        ground.keep(self);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A private server goes as a whole.
        if self.postgres.server().process().is_some() {
            return;
        }
        let (config, name) = (self.postgres.config.clone(), self.name.clone());
        // A runtime of its own: this may be dropped on any thread, in any state.
        let dropped = std::thread::spawn(move || -> anyhow::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(drop_all(&config, &name))
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!(
                "labkit: the database {} is not dropped: {error:#}",
                self.name
            );
        }
    }
}

async fn drop_all(config: &Config, name: &str) -> anyhow::Result<()> {
    let client = crate::connect(config).await?;
    remove(&client, name).await
}

async fn remove(client: &Client, name: &str) -> anyhow::Result<()> {
    client
        .batch_execute(&format!("drop database if exists {name} with (force)"))
        .await?;
    client
        .batch_execute(&format!("drop role if exists {name}"))
        .await?;
    Ok(())
}

/// Drops what dead runs of this host left on a given server.
pub(crate) async fn sweep(client: &Client) -> anyhow::Result<()> {
    let mine = format!("{PREFIX}{}_", host::id());
    let rows = client
        .query(
            "select rolname from pg_roles where starts_with(rolname, $1)",
            &[&mine],
        )
        .await?;
    for row in rows {
        let name: &str = row.get(0);
        let process = name
            .strip_prefix(&mine)
            .and_then(|rest| rest.split('_').next()?.parse().ok())
            .and_then(Pid::from_raw);
        if process.is_some_and(|process| !table::alive(process)) {
            remove(client, name).await?;
        }
    }
    Ok(())
}
