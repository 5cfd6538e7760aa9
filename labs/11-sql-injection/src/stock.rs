//! What is in the shop, and what a list of it has to look like.

use labkit_postgres::Database;
use labkit_postgres::tokio_postgres::Error;
use serde_json::{Value, json};

/// The tables, and a counter that nothing in the shop uses: only a
/// statement that a customer has written can move it.
pub const SCHEMA: &str = "
    create table items (
        id integer primary key, name text not null, cents integer not null,
        grams integer not null, cost integer not null, listed boolean not null
    );
    create table customers (email text primary key, password_hash text not null);
    create table wishes (
        email text not null, wish text not null, primary key (email, wish)
    );
    create sequence tripwire;";

/// An item of the shop.
pub struct Stock {
    id: i32,
    /// Its name.
    pub name: &'static str,
    cents: i32,
    grams: i32,
    cost: i32,
    /// Whether it is for sale.
    pub listed: bool,
}

impl Stock {
    fn json(&self) -> Value {
        json!({ "name": self.name, "cents": self.cents, "grams": self.grams })
    }
}

const fn stock(
    id: i32,
    name: &'static str,
    [cents, grams, cost]: [i32; 3],
    listed: bool,
) -> Stock {
    Stock {
        id,
        name,
        cents,
        grams,
        cost,
        listed,
    }
}

/// Everything. The names have what people have in names.
pub const STOCK: [Stock; 13] = [
    stock(1, "Desk lamp", [3900, 1200, 1700], true),
    stock(2, "O'Neill's mug", [1200, 400, 1100], true),
    stock(3, "Union Jack cushion", [2500, 600, 500], true),
    stock(4, "Drop-leaf table", [18900, 21000, 9000], true),
    stock(5, "Select oak shelf", [8900, 7000, 8000], true),
    stock(6, "Blanket, wool 80%", [5900, 1500, 2100], true),
    stock(7, "Cable USB_C", [900, 80, 850], true),
    stock(8, r"Back\slash poster", [1500, 120, 100], true),
    stock(9, "Floor lamp; dimmable", [3900, 4300, 3800], true),
    stock(10, "Rug -- handwoven, or so", [12900, 5200, 400], true),
    stock(11, "\"Hello\" doormat", [2200, 1800, 700], true),
    stock(12, "Crème /* jug", [1900, 700, 600], true),
    stock(13, "Prototype chair", [9900, 6000, 5900], false),
];

const CUSTOMERS: [(&str, &str); 2] = [
    (
        "ada@example.org",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$Zm9vYmFy",
    ),
    (
        "bob@example.org",
        "$argon2id$v=19$m=19456,t=2,p=1$cGVwcGVy$YmFyZm9v",
    ),
];

/// Fills the tables, the last item first: the order of the rows is nobody's.
pub async fn fill(database: &Database) -> Result<(), Error> {
    const ITEM: &str =
        "insert into items values ($1, $2, $3, $4, $5, $6)";
    for s in STOCK.iter().rev() {
        database
            .admin()
            .execute(
                ITEM,
                &[
                    &s.id, &s.name, &s.cents, &s.grams, &s.cost,
                    &s.listed,
                ],
            )
            .await?;
    }
    for (email, hash) in CUSTOMERS {
        let customer = "insert into customers values ($1, $2)";
        database.admin().execute(customer, &[&email, &hash]).await?;
    }
    Ok(())
}

/// The orders that are offered.
#[derive(Debug, Clone, Copy)]
pub enum Sort {
    Name,
    Cents,
    Grams,
}

impl Sort {
    pub const ALL: [Self; 3] = [Self::Name, Self::Cents, Self::Grams];

    /// The parameter's value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Cents => "cents",
            Self::Grams => "grams",
        }
    }
}

/// What a list has to answer: the items for sale that fit, sorted.
pub fn list(fits: impl Fn(&Stock) -> bool, sort: Sort) -> Value {
    let mut items: Vec<&Stock> =
        STOCK.iter().filter(|s| s.listed && fits(s)).collect();
    items.sort_by(|a, b| {
        match sort {
            Sort::Name => a.name.cmp(b.name),
            Sort::Cents => a.cents.cmp(&b.cents),
            Sort::Grams => a.grams.cmp(&b.grams),
        }
        .then(a.id.cmp(&b.id))
    });
    items.into_iter().map(Stock::json).collect()
}

/// What has the text in its name and costs less.
pub fn found(text: &str, below: i32) -> Value {
    let text = text.to_lowercase();
    list(
        |s| s.name.to_lowercase().contains(&text) && s.cents < below,
        Sort::Name,
    )
}

/// Whether a text tells what no customer may know.
pub fn is_told(text: &str) -> bool {
    let customers =
        CUSTOMERS.iter().flat_map(|(email, hash)| [email, hash]);
    let unlisted = STOCK.iter().filter(|s| !s.listed).map(|s| &s.name);
    customers
        .chain(unlisted)
        .any(|secret| text.contains(secret))
}
