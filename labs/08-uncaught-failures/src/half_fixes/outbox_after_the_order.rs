//! A shop's order service.

use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::ContentType;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, put, rt, web,
};
use diesel::connection::SimpleConnection;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::json;
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
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

// ANCHOR: half-fix
/// An order from the checkout, which gives every order a number.
#[put("/orders/{number}")]
async fn place(
    database: web::Data<Database>,
    number: web::Path<String>,
    order: web::Json<Order>,
) -> actix_web::Result<impl Responder> {
    let (number, order) = (number.into_inner(), order.into_inner());
    let freight = tariff::cents(&order.country, order.grams);
    let placed = order.placed(number, freight);
    let mail = Mail::confirming(&placed);
    database
        .run(move |connection| {
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
        .await?;
    Ok(HttpResponse::Created().json(json!({ "freight": freight })))
}
// ANCHOR_END: half-fix

/// The board asks this all day. The database is the only place that
/// knows, so no failure can leave the totals half counted.
#[get("/totals")]
async fn board(
    database: web::Data<Database>,
) -> actix_web::Result<impl Responder> {
    let totals = database.run(Totals::read).await?;
    Ok(HttpResponse::Ok().json(totals))
}

/// Answers for a handler that panics, and logs whose request failed.
async fn report(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let path = request.path().to_owned();
    // Handlers share no state in memory that a panic could leave torn.
    let answer = AssertUnwindSafe(next.call(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_panic| {
            Err(ErrorInternalServerError("this should not happen"))
        });
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    if status.is_server_error() {
        error!(path, %status, "a request failed");
    }
    answer
}

/// Sends what is in the outbox, for as long as the service runs. With
/// several instances, one of them does it.
async fn deliver(
    database: web::Data<Database>,
    mailer: web::Data<Mailer>,
) {
    loop {
        // What fails is in the log, and comes again in the next
        // round. A round is a task of its own, so that no panic ends
        // the loop.
        let sending =
            rt::spawn(round(database.clone(), mailer.clone()));
        let _ = tokio::join!(sending, sleep(PAUSE));
    }
}

/// Sends every mail once. A mail leaves the outbox after the server has
/// it: killed between the two, the service sends it twice.
async fn round(
    database: web::Data<Database>,
    mailer: web::Data<Mailer>,
) -> Result<(), Unavailable> {
    let mails = database.run(|c| outbox::table.load(c)).await?;
    for mail in mails {
        match mailer.send(&mail).await {
            Ok(()) => database.run(|c| sent(c, mail)).await?,
            Err(cause) => {
                warn!(number = mail.number, %cause, "not sent")
            }
        }
    }
    Ok(())
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
    let database = web::Data::new(database);
    let mailer = web::Data::new(Mailer::new(&env)?);
    rt::spawn(deliver(database.clone(), mailer));
    let app = move || {
        App::new()
            .wrap(from_fn(report))
            .app_data(database.clone())
            .service(ping)
            .service(place)
            .service(board)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
