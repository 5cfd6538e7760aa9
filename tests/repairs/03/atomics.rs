//! A repair with one atomic number, a bit for each seat that is free.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::dev::Server;
use actix_web::error::ErrorConflict;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use serde_json::json;

use crate::{Env, Payments, SEATS};

type Seats = AtomicU64;

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
    let free = seats.load(Ordering::SeqCst).count_ones();
    HttpResponse::Ok().json(json!({ "free": free }))
}

/// Sells a seat.
#[post("/buy")]
async fn buy(
    seats: web::Data<Seats>,
    payments: web::Data<Payments>,
) -> actix_web::Result<impl Responder> {
    let bit = take(&seats).ok_or_else(|| ErrorConflict("sold out"))?;
    let unpaid = Unpaid { seats: &seats, bit };
    let seat = bit.trailing_zeros();
    payments.pay(seat).await?;
    std::mem::forget(unpaid);
    Ok(HttpResponse::Created().json(json!({ "seat": seat })))
}

/// Clears the lowest bit that is set.
fn take(seats: &Seats) -> Option<u64> {
    let mut free = seats.load(Ordering::SeqCst);
    while free != 0 {
        let bit = free & free.wrapping_neg();
        match seats.compare_exchange(
            free,
            free & !bit,
            Ordering::SeqCst,
            Ordering::SeqCst,
        ) {
            Ok(_) => return Some(bit),
            Err(now) => free = now,
        }
    }
    None
}

struct Unpaid<'a> {
    seats: &'a Seats,
    bit: u64,
}

impl Drop for Unpaid<'_> {
    fn drop(&mut self) {
        self.seats.fetch_or(self.bit, Ordering::SeqCst);
    }
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let all = SEATS.fold(0_u64, |all, seat| all | (1_u64 << seat));
    let seats = web::Data::new(Seats::new(all));
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
