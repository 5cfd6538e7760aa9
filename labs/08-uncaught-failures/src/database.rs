//! The shop's database: a SQLite file, and a pool of connections to it.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{ResponseError, web};
use diesel::connection::SimpleConnection;
use diesel::r2d2::{
    ConnectionManager, CustomizeConnection, Error, Pool,
};
use diesel::{Connection, QueryResult, SqliteConnection};
use tracing::error;

use crate::Env;
use crate::schema::ORDERS;

/// Connections to the file, each for one query at a time.
#[derive(Debug, Clone)]
pub struct Database(Pool<ConnectionManager<SqliteConnection>>);

impl Database {
    /// Opens the file that `DATABASE_URL` names.
    ///
    /// # Errors
    /// When the environment names none, or it cannot be opened.
    pub fn open(env: &Env) -> anyhow::Result<Self> {
        let file = env.database_url()?;
        // Readers and a writer do not wait for each other. The file
        // remembers it, so it is asked for once, on a connection alone.
        SqliteConnection::establish(file)?.batch_execute(&format!(
            "pragma journal_mode = wal; {ORDERS}"
        ))?;
        let pool = Pool::builder()
            .max_size(4)
            .connection_timeout(env.timeout)
            .connection_customizer(Box::new(Settings))
            .build(ConnectionManager::new(file))?;
        Ok(Self(pool))
    }

    /// Runs a query on a thread that may wait for it.
    ///
    /// # Errors
    /// When there is no connection, or the query fails; the log says why.
    pub async fn run<T, Q>(&self, query: Q) -> Result<T, Unavailable>
    where
        T: Send + 'static,
        Q: FnOnce(&mut SqliteConnection) -> QueryResult<T>,
        Q: Send + 'static,
    {
        let pool = self.0.clone();
        let query = move || anyhow::Ok(query(&mut *pool.get()?)?);
        match web::block(query).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(cause)) => Err(Unavailable::because(cause)),
            Err(cause) => Err(Unavailable::because(cause.into())),
        }
    }
}

/// A writer waits for the one before it, and not for the disk: what is
/// committed outlives the process. Production also wants it to outlive a
/// power cut, and says `synchronous = full`.
#[derive(Debug)]
struct Settings;

impl CustomizeConnection<SqliteConnection, Error> for Settings {
    fn on_acquire(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), Error> {
        connection
            .batch_execute(
                "pragma busy_timeout = 5000; pragma synchronous = normal",
            )
            .map_err(Error::QueryError)
    }
}

/// The database did not do what it was asked for.
#[derive(Debug)]
pub struct Unavailable;

impl Unavailable {
    /// The cause is for the log, not for the customer.
    fn because(cause: anyhow::Error) -> Self {
        error!("the database: {cause:#}");
        Self
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("try again later")
    }
}

impl std::error::Error for Unavailable {}

impl ResponseError for Unavailable {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
