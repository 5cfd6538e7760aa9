//! The box office of a theatre.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::dev::Server;
use actix_web::error::ErrorConflict;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use serde_json::json;

use crate::{Env, Payments, SEATS};

/// The seats of tonight's show that are for sale.
type Seats = Mutex<BTreeSet<u32>>;

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// The website shows this number beside the button.
#[get("/seats")]
async fn on_sale(seats: web::Data<Seats>) -> impl Responder {
    let free = lock(&seats).len();
    HttpResponse::Ok().json(json!({ "free": free }))
}

// ANCHOR: half-fix
/// Sells a seat. It is off the list while the payment is under way, and
/// back on it when the payment fails.
#[post("/buy")]
async fn buy(
    seats: web::Data<Seats>,
    payments: web::Data<Payments>,
) -> actix_web::Result<impl Responder> {
    let seat = lock(&seats).pop_first();
    let seat = seat.ok_or_else(|| ErrorConflict("sold out"))?;
    if let Err(error) = payments.pay(seat).await {
        lock(&seats).insert(seat);
        return Err(error.into());
    }
    Ok(HttpResponse::Created().json(json!({ "seat": seat })))
}
// ANCHOR_END: half-fix

/// A panic leaves the set whole, so a poisoned lock is as good.
fn lock(seats: &Seats) -> MutexGuard<'_, BTreeSet<u32>> {
    seats.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let seats = web::Data::new(Seats::new(SEATS.collect()));
    let payments = web::Data::new(Payments::new(&env)?);
    let app = move || {
        App::new()
            .app_data(seats.clone())
            .app_data(payments.clone())
            .service(ping)
            .service(on_sale)
            .service(buy)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
