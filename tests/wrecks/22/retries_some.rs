//! Only a connection that broke in silence is asked again, not one that the
//! database ended.

use std::fmt::Display;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::error::ErrorServiceUnavailable;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use deadpool::Runtime;
use deadpool::managed::{PoolConfig, Timeouts};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig,
};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl,
    SimpleAsyncConnection,
};
use tokio::time::timeout;

use crate::schema::orders;
use crate::{Env, Order};

/// Connections per instance: see lab 20 for how many there may be.
const MAX_SIZE: u32 = 4;

/// Where the orders are.
struct Database {
    pool: Pool<AsyncPgConnection>,
    patience: Duration,
}

impl Database {
    /// Connects when a connection is needed, and asks each one that is
    /// used again whether it still works.
    async fn open(env: &Env) -> anyhow::Result<Self> {
        let limit = env.timeout;
        let mut setup = ManagerConfig::default();
        setup.custom_setup =
            Box::new(move |url| Box::pin(connect(url, limit)));
        let manager = AsyncDieselConnectionManager::new_with_config(
            env.database_url()?,
            setup,
        );
        // Without these, each of the three may wait for ever: for a
        // turn, for a new connection, and for the answer of an old one.
        // A request may try all old ones before it gets a new one.
        let timeouts = Timeouts {
            wait: Some(limit),
            create: Some(limit),
            recycle: Some(limit / MAX_SIZE),
        };
        let config = PoolConfig {
            timeouts,
            ..PoolConfig::new(MAX_SIZE as usize)
        };
        let pool = Pool::builder(manager)
            .config(config)
            .runtime(Runtime::Tokio1)
            .build()?;
        // The database gives up first, and can say so. This is for a
        // network that says nothing.
        let patience = limit * 2;
        Ok(Self { pool, patience })
    }

    /// The items that a customer has ordered, oldest first.
    async fn items(&self, customer: &str) -> anyhow::Result<Vec<i32>> {
        let mut connection = self.pool.get().await?;
        let items = orders::table
            .filter(orders::customer.eq(customer))
            .order(orders::id)
            .select(orders::item)
            .load(&mut connection);
        Ok(timeout(self.patience, items).await??)
    }

    /// Takes an order, and gives it a number.
    async fn insert(&self, order: &Order) -> anyhow::Result<i64> {
        let mut connection = self.pool.get().await?;
        let number = diesel::insert_into(orders::table)
            .values(order)
            .returning(orders::id)
            .get_result(&mut connection);
        Ok(timeout(self.patience, number).await??)
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
    if items.as_ref().is_err_and(|e| {
        matches!(
            e.downcast_ref::<QueryError>(),
            Some(QueryError::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand,
                _
            ))
        )
    }) {
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
