//! The register's database: a SQLite file, and a pool of connections to it.

use std::time::Duration;

use actix_web::error::BlockingError;
use actix_web::web;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{
    ConnectionManager, CustomizeConnection, Pool, PoolError,
};
use diesel::{Connection, QueryResult, SqliteConnection, r2d2};
use thiserror::Error;

use crate::Env;
use crate::schema::TABLES;

/// Connections to the file, each for one query at a time.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool<ConnectionManager<SqliteConnection>>,
    limit: Duration,
}

impl Database {
    /// Opens the file that `DATABASE_URL` names, and makes its tables.
    ///
    /// # Errors
    /// When the environment names none, or it cannot be opened.
    pub fn open(env: &Env) -> anyhow::Result<Self> {
        let file = env.database_url()?;
        // Readers do not wait for a writer. The file remembers it, so it
        // is asked for once, on a connection alone.
        SqliteConnection::establish(file)?.batch_execute(&format!(
            "pragma journal_mode = wal; {TABLES}"
        ))?;
        let pool = Pool::builder()
            .max_size(2)
            .connection_customizer(Box::new(Patience))
            .build(ConnectionManager::new(file))?;
        let limit = env.timeout;
        Ok(Self { pool, limit })
    }

    /// Runs a query on a thread that may wait for it.
    ///
    /// # Errors
    /// When no connection is free in time, or the query fails.
    pub async fn run<T, Q>(&self, query: Q) -> Result<T, Failure>
    where
        T: Send + 'static,
        Q: FnOnce(&mut SqliteConnection) -> QueryResult<T>,
        Q: Send + 'static,
    {
        let (pool, limit) = (self.pool.clone(), self.limit);
        web::block(move || {
            let mut connection = pool.get_timeout(limit)?;
            Ok(query(&mut connection)?)
        })
        .await?
    }
}

/// Why the database gave nothing.
#[derive(Debug, Error)]
pub enum Failure {
    /// No connection was free in time.
    #[error(transparent)]
    NoConnection(#[from] PoolError),
    /// The query failed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// The query panicked.
    #[error(transparent)]
    Panic(#[from] BlockingError),
}

/// A writer waits for the one before it.
#[derive(Debug)]
struct Patience;

impl CustomizeConnection<SqliteConnection, r2d2::Error> for Patience {
    fn on_acquire(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), r2d2::Error> {
        connection
            .batch_execute("pragma busy_timeout = 5000")
            .map_err(r2d2::Error::QueryError)
    }
}
