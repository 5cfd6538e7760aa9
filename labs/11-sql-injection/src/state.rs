//! What the database holds, read as its administrator.

use labkit::Stopped;
use labkit_postgres::Database;
use labkit_postgres::tokio_postgres::Error;

/// The tables at one moment, and the counter that nobody uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    items: Option<Vec<String>>,
    customers: Option<Vec<String>>,
    /// Addresses and wishes.
    pub wishes: Vec<(String, String)>,
    /// Moved by injected statements only.
    pub tripwire: i64,
}

impl State {
    /// Reads it. A table that is not there is `None`.
    pub async fn read(database: &Database) -> Result<Self, Stopped> {
        let read = || async {
            Ok(Self {
                items: rows(database, "items").await?,
                customers: rows(database, "customers").await?,
                wishes: wishes(database).await?,
                tripwire: tripwire(database).await?,
            })
        };
        let state: Result<Self, Error> = read().await;
        state.map_err(|e| Stopped::new(format!("the tables: {e}")))
    }

    /// What is another than it was, wishes left aside.
    pub fn changes(&self, before: &Self) -> Vec<String> {
        let tables = [
            ("items", &self.items, &before.items),
            ("customers", &self.customers, &before.customers),
        ];
        let mut changes: Vec<String> = tables
            .into_iter()
            .filter(|(_, now, before)| now != before)
            .map(|(name, now, _)| match now {
                None => format!("{name} is gone"),
                Some(_) => format!("{name} has changed"),
            })
            .collect();
        if self.tripwire != before.tripwire {
            changes.push("its code has run".to_owned());
        }
        changes
    }
}

async fn exists(
    database: &Database,
    name: &str,
) -> Result<bool, Error> {
    let found = "select to_regclass('public.' || $1::text) is not null";
    let row = database.admin().query_one(found, &[&name]).await?;
    Ok(row.get(0))
}

async fn rows(
    database: &Database,
    table: &'static str,
) -> Result<Option<Vec<String>>, Error> {
    if !exists(database, table).await? {
        return Ok(None);
    }
    let rows = format!("select t::text from {table} t order by 1");
    let rows = database.admin().query(&rows, &[]).await?;
    Ok(Some(rows.iter().map(|row| row.get(0)).collect()))
}

async fn wishes(
    database: &Database,
) -> Result<Vec<(String, String)>, Error> {
    if !exists(database, "wishes").await? {
        return Ok(Vec::new());
    }
    let wishes = "select email, wish from wishes order by 1, 2";
    let rows = database.admin().query(wishes, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Without the counter, the answer is another than any before.
async fn tripwire(database: &Database) -> Result<i64, Error> {
    if !exists(database, "tripwire").await? {
        return Ok(-1);
    }
    let value = "select case when is_called then last_value else 0 end
        from tripwire";
    let row = database.admin().query_one(value, &[]).await?;
    Ok(row.get(0))
}
