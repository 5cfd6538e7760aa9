//! A shop's order service.

use std::net::TcpListener;
use std::sync::Mutex;

use actix_web::dev::Server;
use actix_web::error::ErrorUnprocessableEntity;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, put, rt, web,
};
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;

use crate::schema::orders;
use crate::{Database, Env, Mail, Mailer, Order, tariff};

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

    /// Counts an order, and gives its freight in cents.
    fn add(&mut self, order: &Order) -> i32 {
        self.orders += 1;
        let freight = tariff::cents(&order.country, order.grams);
        self.freight += i64::from(freight);
        freight
    }
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

// ANCHOR: half-fix
/// The tariff ends here; it panics on heavier parcels.
const TOO_HEAVY: u32 = 30_000;

/// An order from the checkout, which gives every order a number.
#[put("/orders/{number}")]
async fn place(
    database: web::Data<Database>,
    totals: web::Data<Mutex<Totals>>,
    mailer: web::Data<Mailer>,
    number: web::Path<String>,
    order: web::Json<Order>,
) -> actix_web::Result<impl Responder> {
    let (number, order) = (number.into_inner(), order.into_inner());
    if order.grams >= TOO_HEAVY {
        return Err(ErrorUnprocessableEntity("30 kg at most"));
    }
    let freight = totals.lock().unwrap().add(&order);
    let placed = order.placed(number, freight);
    let mail = Mail::confirming(&placed);
    database
        .run(move |connection| {
            diesel::replace_into(orders::table)
                .values(placed)
                .execute(connection)
        })
        .await?;
    // The customer need not wait for the mail.
    rt::spawn(async move { mailer.send(&mail).await });
    Ok(HttpResponse::Created().json(json!({ "freight": freight })))
}
// ANCHOR_END: half-fix

/// The board asks this all day, so the totals are kept at hand.
#[get("/totals")]
async fn board(totals: web::Data<Mutex<Totals>>) -> impl Responder {
    HttpResponse::Ok().json(&*totals.lock().unwrap())
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // Whoever has set a subscriber before keeps it.
    let _ = tracing_subscriber::fmt().try_init();
    let database = Database::open(&env)?;
    let so_far = database.run(Totals::read).await?;
    let database = web::Data::new(database);
    let so_far = web::Data::new(Mutex::new(so_far));
    let mailer = web::Data::new(Mailer::new(&env)?);
    let app = move || {
        App::new()
            .app_data(database.clone())
            .app_data(so_far.clone())
            .app_data(mailer.clone())
            .service(ping)
            .service(place)
            .service(board)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
