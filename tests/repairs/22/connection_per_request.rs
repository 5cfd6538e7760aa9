//! A connection for each request: slow, see lab 20, and never stale.

use std::fmt::Display;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::error::ErrorServiceUnavailable;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl,
    SimpleAsyncConnection,
};
use tokio::time::timeout;

use crate::schema::orders;
use crate::{Env, Order};

/// Where the orders are.
struct Database {
    url: String,
    limit: Duration,
}

impl Database {
    /// A new connection.
    async fn get(&self) -> anyhow::Result<AsyncPgConnection> {
        let connection = connect(&self.url, self.limit);
        Ok(timeout(self.limit, connection).await??)
    }

    /// The items that a customer has ordered, oldest first.
    async fn items(&self, customer: &str) -> anyhow::Result<Vec<i32>> {
        let mut connection = self.get().await?;
        let items = orders::table
            .filter(orders::customer.eq(customer))
            .order(orders::id)
            .select(orders::item)
            .load(&mut connection);
        Ok(timeout(self.limit * 2, items).await??)
    }

    /// Takes an order, and gives it a number.
    async fn insert(&self, order: &Order) -> anyhow::Result<i64> {
        let mut connection = self.get().await?;
        let number = diesel::insert_into(orders::table)
            .values(order)
            .returning(orders::id)
            .get_result(&mut connection);
        Ok(timeout(self.limit * 2, number).await??)
    }
}

/// A connection on which the database ends a statement that takes too
/// long, so that a request that gives up leaves nothing behind.
async fn connect(
    url: &str,
    limit: Duration,
) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = AsyncPgConnection::establish(url).await?;
    let limit = limit.as_millis();
    connection
        .batch_execute(&format!("set statement_timeout = {limit}"))
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// The orchestrator kills an instance that does not answer.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// What a customer has ordered.
#[get("/orders/{customer}")]
async fn list(
    database: web::Data<Database>,
    customer: web::Path<String>,
) -> actix_web::Result<impl Responder> {
    let mut items = database.items(&customer).await;
    // Perhaps the connection broke under the question. To ask again
    // changes nothing; once, as a troubled database has enough to do.
    if items.as_ref().is_err_and(|e| e.is::<QueryError>()) {
        items = database.items(&customer).await;
    }
    let items = items.map_err(unavailable)?;
    Ok(HttpResponse::Ok().json(items))
}

/// Takes an order. One whose connection breaks may be in the database
/// or not: it is not sent again, and the customer can look at the list.
#[post("/orders")]
async fn take(
    database: web::Data<Database>,
    order: web::Json<Order>,
) -> actix_web::Result<impl Responder> {
    let number = database.insert(&order).await;
    let number = number.map_err(unavailable)?;
    Ok(HttpResponse::Created().json(number))
}

/// The cause goes to the log, not to the customer.
fn unavailable(cause: impl Display) -> actix_web::Error {
    eprintln!("no orders: {cause}");
    ErrorServiceUnavailable("no orders at the moment")
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let database = web::Data::new(Database {
        url: env.database_url()?.to_owned(),
        limit: env.timeout,
    });
    let app = move || {
        App::new()
            .app_data(database.clone())
            .service(ping)
            .service(list)
            .service(take)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
