//! A pool written by hand: a semaphore, and the connections that are idle.

use std::fmt::Display;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::error::{ErrorNotFound, ErrorServiceUnavailable};
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, web};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::Env;
use crate::schema::prices;

/// Where the prices are.
struct Database {
    url: String,
    patience: Duration,
    turns: Semaphore,
    idle: Mutex<Vec<AsyncPgConnection>>,
}

impl Database {
    /// The price of an item, on an idle connection or a new one. One that
    /// failed is not used again.
    async fn cents(
        &self,
        wanted: i32,
    ) -> actix_web::Result<Option<i32>> {
        let turn = timeout(self.patience, self.turns.acquire());
        let _turn =
            turn.await.map_err(unavailable)?.map_err(unavailable)?;
        let idle = self.lock().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => AsyncPgConnection::establish(&self.url)
                .await
                .map_err(unavailable)?,
        };
        let cents = prices::table
            .find(wanted)
            .select(prices::cents)
            .first(&mut connection)
            .await
            .optional()
            .map_err(unavailable)?;
        self.lock().push(connection);
        Ok(cents)
    }

    fn lock(
        &self,
    ) -> std::sync::MutexGuard<'_, Vec<AsyncPgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    let cents = database.cents(*item).await?;
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
        patience: env.timeout,
        turns: Semaphore::new(2),
        idle: Mutex::default(),
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
