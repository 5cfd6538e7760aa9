//! A shop's price service.

use std::fmt::Display;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::{ErrorNotFound, ErrorServiceUnavailable};
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, web};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::Env;
use crate::schema::prices;

/// Where the prices are.
struct Database {
    url: String,
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// What an item costs now, in cents.
#[get("/price/{item}")]
async fn price(
    database: web::Data<Database>,
    item: web::Path<i32>,
) -> actix_web::Result<impl Responder> {
    let mut connection = AsyncPgConnection::establish(&database.url)
        .await
        .map_err(unavailable)?;
    let cents: Option<i32> = prices::table
        .find(*item)
        .select(prices::cents)
        .first(&mut connection)
        .await
        .optional()
        .map_err(unavailable)?;
    let cents = cents.ok_or_else(|| ErrorNotFound("no such item"))?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(cents.to_string()))
}

/// The cause goes to the log, not to the customer.
fn unavailable(cause: impl Display) -> actix_web::Error {
    eprintln!("no price: {cause}");
    ErrorServiceUnavailable("no price at the moment")
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let database = web::Data::new(Database {
        url: env.database_url()?.to_owned(),
    });
    let app = move || {
        App::new()
            .app_data(database.clone())
            .service(ping)
            .service(price)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
