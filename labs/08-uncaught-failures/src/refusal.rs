//! A database that takes orders, and nothing else.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use labkit::Stopped;

/// What refuses a row, by the name of its table and by what is done to it.
const REFUSE: &str = "refuse";

/// Refuses every row that is written to any table but `orders`, until it is
/// lifted. A disk that is full after the first of two statements does the
/// same.
pub struct Refusal {
    connection: SqliteConnection,
    tables: Vec<Table>,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Refusal {
    /// Begins, in the database of that file.
    pub fn begin(file: &str) -> Result<Self, Stopped> {
        let open = || -> anyhow::Result<Self> {
            let mut connection = SqliteConnection::establish(file)?;
            // The service may be writing.
            connection.batch_execute("pragma busy_timeout = 5000")?;
            let tables = sql_query(
                "select name from sqlite_schema where type = 'table'
                 and name <> 'orders' and name not like 'sqlite_%'",
            )
            .load(&mut connection)?;
            Ok(Self { connection, tables })
        };
        let mut refusal = open().map_err(|e| silent(&e))?;
        refusal.each(|table, change| {
            format!(
                "create trigger \"{REFUSE} {change} {table}\"
                 before {change} on \"{table}\"
                 begin select raise(abort, 'database or disk is full'); end;"
            )
        })?;
        Ok(refusal)
    }

    /// Takes rows again.
    pub fn lift(mut self) -> Result<(), Stopped> {
        self.each(|table, change| {
            format!("drop trigger \"{REFUSE} {change} {table}\";")
        })
    }

    fn each(
        &mut self,
        statement: impl Fn(&str, &str) -> String,
    ) -> Result<(), Stopped> {
        let statements: String = self
            .tables
            .iter()
            .flat_map(|table| {
                ["insert", "update"]
                    .map(|change| statement(&table.name, change))
            })
            .collect();
        let run = self.connection.batch_execute(&statements);
        run.map_err(|e| silent(&e))
    }
}

fn silent(error: &dyn std::fmt::Display) -> Stopped {
    Stopped::new(format!("the orders file cannot be written: {error}"))
}
