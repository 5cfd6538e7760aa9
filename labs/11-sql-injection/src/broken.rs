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
use diesel::prelude::*;
use diesel::sql_query;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{
    AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use serde::Deserialize;

use crate::schema::wishes;
use crate::{Env, Item, PAGE};

/// Where the items are.
type Database = Pool<AsyncPgConnection>;

/// What the search form sends. A field that is left empty is sent, too.
#[derive(Deserialize)]
#[serde(default)]
struct Search {
    name: String,
    below: String,
    sort: String,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            name: String::new(),
            below: String::new(),
            sort: "name".to_owned(),
        }
    }
}

impl Search {
    /// The query, narrowed by what the form has filled in.
    fn sql(&self) -> String {
        let mut sql = format!(
            "select name, cents, grams from items \
             where listed and name ilike '%{}%'",
            self.name
        );
        if !self.below.is_empty() {
            sql += &format!(" and cents < {}", self.below);
        }
        sql + &format!(" order by {}, id", self.sort)
    }
}

/// What a customer would like to buy.
#[derive(Deserialize)]
struct Wish {
    email: String,
    wish: String,
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
    let items: Vec<Item> = sql_query(search.sql())
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
    let sql = format!(
        "delete from wishes \
         where email = '{email}' and wish = '{wish}'; \
         insert into wishes (email, wish) \
         values ('{email}', '{wish}')"
    );
    connection.batch_execute(&sql).await.map_err(failed)?;
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
