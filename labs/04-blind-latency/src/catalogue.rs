//! The shop's catalogue: a SQLite file, and the page of an item.

use std::fmt;
use std::path::Path;

use actix_web::http::StatusCode;
use actix_web::{ResponseError, web};
use askama::Template;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};

use crate::Env;
use crate::schema::{CATALOGUE, items, reviews};

/// Reviews that a page shows.
const SHOWN: i64 = 10;

/// Connections to the file.
#[derive(Debug, Clone)]
pub struct Catalogue(Pool<ConnectionManager<SqliteConnection>>);

/// An item and what customers say of it: the page, once rendered.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<title>{{ name }}</title>
<h1>{{ name }}</h1>
<p>{{ cents }} cents</p>
<ul>
{%- for review in reviews %}
<li>{{ review.stars }} of 5: {{ review.words }}</li>
{%- endfor %}
</ul>
</html>"#
)]
pub struct Item {
    name: String,
    cents: i32,
    reviews: Vec<Review>,
}

/// What a customer says.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Review {
    stars: i32,
    words: String,
}

impl Catalogue {
    /// Opens the file that `DATABASE_URL` names.
    ///
    /// # Errors
    /// When the environment names none, or it cannot be opened.
    pub fn open(env: &Env) -> anyhow::Result<Self> {
        let pool = Pool::builder()
            .max_size(4)
            .connection_timeout(env.timeout)
            .build(ConnectionManager::new(env.database_url()?))?;
        Ok(Self(pool))
    }

    /// Makes a file with three items, and fifty reviews of each.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(path: &Path) -> anyhow::Result<()> {
        let path = path.to_string_lossy();
        let mut file = SqliteConnection::establish(&path)?;
        file.batch_execute(CATALOGUE)?;
        file.transaction(|file| {
            for (slug, name, cents) in ITEMS {
                diesel::insert_into(items::table)
                    .values((
                        items::slug.eq(slug),
                        items::name.eq(name),
                        items::cents.eq(cents),
                    ))
                    .execute(file)?;
                for n in 0..50 {
                    diesel::insert_into(reviews::table)
                        .values((
                            reviews::item.eq(slug),
                            reviews::stars.eq(1 + n % 5),
                            reviews::words.eq(words(n)),
                        ))
                        .execute(file)?;
                }
            }
            anyhow::Ok(())
        })
    }

    /// Reads an item, on a thread that may wait for the file.
    ///
    /// # Errors
    /// When there is none, or the catalogue cannot be read.
    pub async fn item(&self, slug: &str) -> Result<Item, Unavailable> {
        let (pool, slug) = (self.0.clone(), slug.to_owned());
        let read = move || {
            let mut file = pool.get()?;
            let found = items::table
                .find(&slug)
                .select((items::name, items::cents))
                .first::<(String, i32)>(&mut file)
                .optional()?;
            let Some((name, cents)) = found else {
                return Ok(None);
            };
            let reviews = reviews::table
                .filter(reviews::item.eq(&slug))
                .order(reviews::id.desc())
                .limit(SHOWN)
                .select((reviews::stars, reviews::words))
                .load::<Review>(&mut file)?;
            anyhow::Ok(Some(Item {
                name,
                cents,
                reviews,
            }))
        };
        match web::block(read).await {
            Ok(Ok(Some(item))) => Ok(item),
            Ok(Ok(None)) => Err(Unavailable::Unknown),
            Ok(Err(_)) | Err(_) => Err(Unavailable::Unread),
        }
    }
}

impl Item {
    /// Its page.
    ///
    /// # Errors
    /// When it cannot be rendered.
    pub fn page(&self) -> Result<String, Unavailable> {
        self.render().map_err(|_| Unavailable::Unread)
    }

    /// What the page of the first item has to be.
    pub(crate) fn teapot() -> Self {
        let (_, name, cents) = ITEMS[0];
        let reviews = (50 - SHOWN as i32..50).rev().map(|n| Review {
            stars: 1 + n % 5,
            words: words(n),
        });
        Self {
            name: name.to_owned(),
            cents,
            reviews: reviews.collect(),
        }
    }
}

const ITEMS: [(&str, &str, i32); 3] = [
    ("teapot", "Teapot, brown", 1990),
    ("kettle", "Kettle, 2 litres", 3450),
    ("ladle", "Ladle, steel", 890),
];

fn words(n: i32) -> String {
    let opinion = ["Leaks", "Too small", "As shown", "Solid", "A gift"];
    format!("{}, says customer {n}", opinion[(n % 5) as usize])
}

/// There is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// No item of that name.
    Unknown,
    /// The catalogue could not be read.
    Unread,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "no such item",
            Self::Unread => "try again later",
        })
    }
}

impl std::error::Error for Unavailable {}

impl ResponseError for Unavailable {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Unread => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
