//! A shop's catalogue.

use std::fmt::Display;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::{
    ErrorInternalServerError, ErrorServiceUnavailable,
};
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use deadpool::Runtime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Untyped;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::schema::{items, wishes};
use crate::{Env, Item, PAGE};

/// Where the items are.
type Database = Pool<AsyncPgConnection>;

/// Text that PostgreSQL can hold: it has no NUL byte.
#[derive(Default, Deserialize)]
#[serde(try_from = "String")]
struct Text(String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('\0') {
            return Err("a NUL byte is no text");
        }
        Ok(Self(text))
    }
}

impl Text {
    /// A pattern for what contains this text. No character of it means
    /// anything but itself.
    fn contained(&self) -> String {
        let text = self
            .0
            .replace('\\', r"\\")
            .replace('%', r"\%")
            .replace('_', r"\_");
        format!("%{text}%")
    }
}

/// What the search form sends. A field that is left empty is sent, too.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Search {
    name: Text,
    #[serde(deserialize_with = "unless_empty")]
    below: Option<i32>,
    sort: Column,
}

// ANCHOR: half-fix
/// A column's name: letters, digits and underscores, and no SQL.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Column(String);

impl TryFrom<String> for Column {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.is_empty() || !text.chars().all(word) {
            return Err("that is no column");
        }
        Ok(Self(text))
    }
}
// ANCHOR_END: half-fix

impl Default for Column {
    fn default() -> Self {
        Self("name".to_owned())
    }
}

/// A number, or none where the field is empty.
fn unless_empty<'de, D: Deserializer<'de>>(
    field: D,
) -> Result<Option<i32>, D::Error> {
    let text = String::deserialize(field)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(D::Error::custom)
}

/// What a customer would like to buy.
#[derive(Deserialize)]
struct Wish {
    email: Text,
    wish: Text,
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// The page with the search form.
#[get("/")]
async fn page() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(PAGE)
}

/// The items that are for sale.
#[get("/items")]
async fn list(
    database: web::Data<Database>,
    search: web::Query<Search>,
) -> actix_web::Result<impl Responder> {
    let mut connection = database.get().await.map_err(unavailable)?;
    let mut query = items::table
        .filter(items::listed)
        .filter(items::name.ilike(search.name.contained()))
        .select(Item::as_select())
        .into_boxed();
    if let Some(below) = search.below {
        query = query.filter(items::cents.lt(below));
    }
    let items = query
        .order_by(sql::<Untyped>(&search.sort.0))
        .then_order_by(items::id)
        .load(&mut connection)
        .await
        .map_err(failed)?;
    Ok(HttpResponse::Ok().json(items))
}

/// Keeps a wish, once for each customer.
#[post("/wishes")]
async fn wish(
    database: web::Data<Database>,
    form: web::Form<Wish>,
) -> actix_web::Result<impl Responder> {
    let Wish { email, wish } = form.into_inner();
    let mut connection = database.get().await.map_err(unavailable)?;
    diesel::insert_into(wishes::table)
        .values((wishes::email.eq(email.0), wishes::wish.eq(wish.0)))
        .on_conflict_do_nothing()
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    Ok(HttpResponse::Created())
}

/// What customers wish for, but not who.
#[get("/wishes")]
async fn wished(
    database: web::Data<Database>,
) -> actix_web::Result<impl Responder> {
    let mut connection = database.get().await.map_err(unavailable)?;
    let wishes: Vec<String> = wishes::table
        .select(wishes::wish)
        .order_by(wishes::wish)
        .load(&mut connection)
        .await
        .map_err(failed)?;
    Ok(HttpResponse::Ok().json(wishes))
}

/// The cause goes to the log, not to the customer.
fn failed(cause: impl Display) -> actix_web::Error {
    eprintln!("a statement failed: {cause}");
    ErrorInternalServerError("something went wrong")
}

/// The same when there is no connection to be had.
fn unavailable(cause: impl Display) -> actix_web::Error {
    eprintln!("no connection: {cause}");
    ErrorServiceUnavailable("try again in a moment")
}

/// One pool for all workers, in which no wait is without an end.
fn pool(env: &Env) -> anyhow::Result<Database> {
    let manager =
        AsyncDieselConnectionManager::new(env.database_url()?);
    let pool = Pool::builder(manager)
        .max_size(4)
        .wait_timeout(Some(env.timeout))
        .create_timeout(Some(env.timeout))
        .runtime(Runtime::Tokio1)
        .build()?;
    Ok(pool)
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let database = web::Data::new(pool(&env)?);
    let app = move || {
        App::new()
            .app_data(database.clone())
            .service(ping)
            .service(page)
            .service(list)
            .service(wish)
            .service(wished)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
