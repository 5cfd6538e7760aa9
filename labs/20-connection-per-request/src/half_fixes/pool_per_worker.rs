//! A shop's price service.

use std::fmt::Display;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::{ErrorNotFound, ErrorServiceUnavailable};
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, web};
use deadpool::Runtime;
use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::Env;
use crate::schema::prices;

/// Where the prices are.
type Database = Pool<AsyncPgConnection>;

/// Connections per instance. The role may have five, and one of them is
/// the operator's: instances x MAX_SIZE <= limit - reserve. A
/// deployment that starts new instances before it ends the old ones
/// counts both.
const MAX_SIZE: usize = 2;

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
    let mut connection = database.get().await.map_err(unavailable)?;
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

/// Opens a connection when one is needed, up to `MAX_SIZE`, and keeps
/// it for the next request. Requests beyond that wait for their turn.
fn pool(env: &Env) -> anyhow::Result<Database> {
    let manager =
        AsyncDieselConnectionManager::new(env.database_url()?);
    let pool = Pool::builder(manager)
        .max_size(MAX_SIZE)
        // Without a limit, they wait for ever when no turn comes.
        .wait_timeout(Some(env.timeout))
        .runtime(Runtime::Tokio1)
        .build()?;
    Ok(pool)
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // ANCHOR: half-fix
    let app = move || {
        let pool = pool(&env).expect("the environment is complete");
        App::new()
            .app_data(web::Data::new(pool))
            .service(ping)
            .service(price)
    };
    // ANCHOR_END: half-fix
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
