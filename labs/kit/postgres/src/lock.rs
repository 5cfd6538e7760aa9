//! A lock that holds a service's statements inside PostgreSQL.

use labkit::Stopped;
use labkit::control::Deadline;
use labkit::subject::Subject;
use std::time::Duration;
use tokio_postgres::Client;

/// The longest pause between two looks.
const LONGEST: Duration = Duration::from_millis(64);

/// A transaction of the harness that holds a lock until it is released.
#[derive(Debug)]
pub struct PgLock {
    client: Client,
}

impl PgLock {
    pub(crate) async fn take(client: Client, statement: &str) -> Result<Self, Stopped> {
        let taken = client.batch_execute(&format!("begin; {statement}")).await;
        match taken {
            Ok(()) => Ok(Self { client }),
            Err(error) => Err(Stopped::new(format!("`{statement}`: {error}"))),
        }
    }

    /// How many statements of this database wait for a lock now.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn count(&self) -> Result<usize, Stopped> {
        const WAITING: &str = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        let silent = |e| Stopped::new(format!("PostgreSQL does not answer: {e}"));
        // Inside a transaction the list of backends stays as it was first seen.
        let fresh = "select pg_stat_clear_snapshot()";
        self.client.batch_execute(fresh).await.map_err(silent)?;
        let row = self.client.query_one(WAITING, &[]).await.map_err(silent)?;
        Ok(usize::try_from(row.get::<_, i64>(0)).unwrap_or(0))
    }

    /// Waits until at least `count` statements of the service wait for a
    /// lock.
    ///
    /// # Errors
    /// When the service ends, or fewer wait within the deadline.
    pub async fn waiting(&self, count: usize, subject: &Subject) -> Result<(), Stopped> {
        let mut deadline = Deadline::start(subject.watch());
        let mut most = 0;
        // Often at first, and then less: whoever looks puts the server to
        // work, and a server at work makes the deadline wait.
        let mut pause = Duration::from_millis(2);
        loop {
            let now = self.count().await?;
            if now >= count {
                return Ok(());
            }
            if now > most {
                most = now;
                deadline.progress();
            }
            if subject.has_ended() {
                let ending = subject.ended().await;
                return Err(Stopped::new(format!(
                    "the service ended ({ending}) before its statements were held"
                )));
            }
            tokio::select! {
                biased;
                () = deadline.passed() => return Err(Stopped::new(format!(
                    "{now} of {count} statements came to the held table"
                ))),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST),
            }
        }
    }

    /// Lets everything go on.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn release(self) -> Result<(), Stopped> {
        let ended = self.client.batch_execute("rollback").await;
        ended.map_err(|e| Stopped::new(format!("the lock is not released: {e}")))
    }
}
