//! A shop's order service.

use std::fmt::Display;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::ErrorServiceUnavailable;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tokio::sync::Mutex;

use crate::schema::orders;
use crate::{Env, Order};

/// Where the orders are.
struct Database {
    connection: Mutex<AsyncPgConnection>,
}

impl Database {
    /// Connects once, and for good.
    async fn open(env: &Env) -> anyhow::Result<Self> {
        let url = env.database_url()?;
        let connection = AsyncPgConnection::establish(url).await?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    /// The items that a customer has ordered, oldest first.
    async fn items(&self, customer: &str) -> anyhow::Result<Vec<i32>> {
        let mut connection = self.connection.lock().await;
        let items = orders::table
            .filter(orders::customer.eq(customer))
            .order(orders::id)
            .select(orders::item)
            .load(&mut *connection);
        Ok(items.await?)
    }

    /// Takes an order, and gives it a number.
    async fn insert(&self, order: &Order) -> anyhow::Result<i64> {
        let mut connection = self.connection.lock().await;
        let number = diesel::insert_into(orders::table)
            .values(order)
            .returning(orders::id)
            .get_result(&mut *connection);
        Ok(number.await?)
    }
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
    let items = database.items(&customer).await;
    let items = items.map_err(unavailable)?;
    Ok(HttpResponse::Ok().json(items))
}

/// Takes an order.
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
    let database = web::Data::new(Database::open(&env).await?);
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
