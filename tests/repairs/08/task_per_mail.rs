//! A repair that asks for no price that the tariff does not have, and sends
//! each mail in a task of its own. What a dead process left is sent at the
//! start.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::error::ErrorBadRequest;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, put, rt, web,
};
use diesel::connection::SimpleConnection;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;
use tokio::time::sleep;
use tracing::warn;

use crate::schema::orders;
use crate::{Database, Env, Mail, Mailer, Order, tariff};

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
    mailer: web::Data<Mailer>,
    number: web::Path<String>,
    order: web::Json<Order>,
) -> actix_web::Result<impl Responder> {
    let (number, order) = (number.into_inner(), order.into_inner());
    if !has_price(&order) {
        return Err(ErrorBadRequest("we do not ship that"));
    }
    let freight = tariff::cents(&order.country, order.grams);
    let placed = order.placed(number, freight);
    let mail = Mail::confirming(&placed);
    let due = mail.clone();
    database
        .run(move |connection| {
            // Both or neither: no order without its mail.
            connection.transaction(|connection| {
                diesel::replace_into(orders::table)
                    .values(placed)
                    .execute(connection)?;
                diesel::replace_into(outbox::table)
                    .values((
                        outbox::number.eq(due.number),
                        outbox::email.eq(due.email),
                    ))
                    .execute(connection)
            })
        })
        .await?;
    rt::spawn(deliver(database, mailer, mail));
    Ok(HttpResponse::Created().json(json!({ "freight": freight })))
}

/// The board asks this all day. The database is the only place that
/// knows, so no failure can leave the totals half counted.
#[get("/totals")]
async fn board(
    database: web::Data<Database>,
) -> actix_web::Result<impl Responder> {
    let totals = database.run(Totals::read).await?;
    Ok(HttpResponse::Ok().json(totals))
}

/// What the tariff lists.
fn has_price(order: &Order) -> bool {
    const COUNTRIES: &str =
        "DE AT BE CZ DK FR LU NL PL CH ES IE IT PT SE";
    let listed = COUNTRIES.split(' ').any(|c| c == order.country);
    listed && order.grams < 30_000
}

/// Sends one mail, however often it takes.
async fn deliver(
    database: web::Data<Database>,
    mailer: web::Data<Mailer>,
    mail: Mail,
) {
    while let Err(cause) = mailer.send(&mail).await {
        warn!("{} is not sent: {cause}", mail.number);
        sleep(PAUSE).await;
    }
    let sent = database.run(move |connection| {
        diesel::delete(outbox::table.find(mail.number))
            .execute(connection)
    });
    // A mail that stays in the outbox is sent again after a restart.
    let _ = sent.await;
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
    let database = web::Data::new(database);
    let mailer = web::Data::new(Mailer::new(&env)?);
    let left: Vec<Mail> =
        database.run(|c| outbox::table.load(c)).await?;
    for mail in left {
        rt::spawn(deliver(database.clone(), mailer.clone(), mail));
    }
    let app = move || {
        App::new()
            .app_data(database.clone())
            .app_data(mailer.clone())
            .service(ping)
            .service(place)
            .service(board)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
