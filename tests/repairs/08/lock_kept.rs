//! A repair that keeps the lock. The price is found on the pool for blocking
//! calls, where a panic is an error; what stands under the lock cannot fail.

use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, put, rt, web,
};
use diesel::connection::SimpleConnection;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::{error, warn};

use crate::schema::orders;
use crate::{Database, Env, Mail, Mailer, Order, Unavailable, tariff};

/// The mails that are still to be sent.
const OUTBOX: &str = "
    create table if not exists outbox (
        number text primary key not null,
        email text not null
    )";

diesel::table! {
    outbox (number) {
        number -> Text,
        email -> Text,
    }
}

/// The time from one round of the outbox to the next. Production waits
/// longer after every failure.
const PAUSE: Duration = Duration::from_millis(50);

/// What the shop has taken in, for the board in the packing room.
#[derive(Serialize)]
struct Totals {
    orders: i64,
    freight: i64,
}

impl Totals {
    /// The totals of the orders in the database.
    fn read(connection: &mut SqliteConnection) -> QueryResult<Self> {
        let (orders, freight): (i64, Option<i64>) = orders::table
            .select((count_star(), sum(orders::freight)))
            .first(connection)?;
        let freight = freight.unwrap_or(0);
        Ok(Self { orders, freight })
    }

    fn add(&mut self, freight: i32) {
        self.orders += 1;
        self.freight += i64::from(freight);
    }
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// An order from the checkout, which gives every order a number.
#[put("/orders/{number}")]
async fn place(
    database: web::Data<Database>,
    totals: web::Data<Mutex<Totals>>,
    news: web::Data<Notify>,
    number: web::Path<String>,
    order: web::Json<Order>,
) -> actix_web::Result<impl Responder> {
    let (number, order) = (number.into_inner(), order.into_inner());
    let freight = price(&number, order.clone()).await?;
    let placed = order.placed(number, freight);
    let mail = Mail::confirming(&placed);
    database
        .run(move |connection| {
            // Both or neither: no order without its mail.
            connection.transaction(|connection| {
                diesel::replace_into(orders::table)
                    .values(placed)
                    .execute(connection)?;
                diesel::replace_into(outbox::table)
                    .values((
                        outbox::number.eq(mail.number),
                        outbox::email.eq(mail.email),
                    ))
                    .execute(connection)
            })
        })
        .await?;
    let mut totals =
        totals.lock().unwrap_or_else(PoisonError::into_inner);
    totals.add(freight);
    news.notify_one();
    Ok(HttpResponse::Created().json(json!({ "freight": freight })))
}

async fn price(number: &str, order: Order) -> actix_web::Result<i32> {
    let price =
        web::block(move || tariff::cents(&order.country, order.grams));
    price.await.map_err(|_| {
        error!("the tariff fails on {number}");
        ErrorInternalServerError("no price today")
    })
}

#[get("/totals")]
async fn board(totals: web::Data<Mutex<Totals>>) -> impl Responder {
    let totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
    HttpResponse::Ok().json(&*totals)
}

/// Sends what is in the outbox, woken by every order.
async fn deliver(
    database: web::Data<Database>,
    mailer: web::Data<Mailer>,
    news: web::Data<Notify>,
) {
    loop {
        match round(&database, &mailer).await {
            Ok(true) => news.notified().await,
            Ok(false) | Err(Unavailable) => sleep(PAUSE).await,
        }
    }
}

/// Sends every mail once; gives whether all were taken.
async fn round(
    database: &Database,
    mailer: &Mailer,
) -> Result<bool, Unavailable> {
    let mails: Vec<Mail> =
        database.run(|c| outbox::table.load(c)).await?;
    let mut all = true;
    for mail in mails {
        match mailer.send(&mail).await {
            Ok(()) => database.run(|c| sent(c, mail)).await?,
            Err(cause) => {
                warn!(number = mail.number, %cause, "not sent");
                all = false;
            }
        }
    }
    Ok(all)
}

fn sent(
    connection: &mut SqliteConnection,
    mail: Mail,
) -> QueryResult<()> {
    diesel::delete(outbox::table.find(mail.number))
        .execute(connection)?;
    Ok(())
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // Whoever has set a subscriber before keeps it.
    let _ = tracing_subscriber::fmt().try_init();
    let database = Database::open(&env)?;
    database.run(|c| c.batch_execute(OUTBOX)).await?;
    let so_far = database.run(Totals::read).await?;
    let so_far = web::Data::new(Mutex::new(so_far));
    let database = web::Data::new(database);
    let mailer = web::Data::new(Mailer::new(&env)?);
    let news = web::Data::new(Notify::new());
    rt::spawn(deliver(database.clone(), mailer, news.clone()));
    let app = move || {
        App::new()
            .app_data(database.clone())
            .app_data(so_far.clone())
            .app_data(news.clone())
            .service(ping)
            .service(place)
            .service(board)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
