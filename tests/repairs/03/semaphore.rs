//! A repair with permits: whoever pays holds one, and it is dropped with
//! the handler. The seat is chosen once it is paid for.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::Server;
use actix_web::error::{ErrorConflict, ErrorInternalServerError};
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{Env, Payments, SEATS};

struct Hall {
    permits: Semaphore,
    unsold: Mutex<BTreeSet<u32>>,
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// The website shows this number beside the button.
#[get("/seats")]
async fn on_sale(hall: web::Data<Hall>) -> impl Responder {
    let free = hall.permits.available_permits();
    HttpResponse::Ok().json(json!({ "free": free }))
}

/// Sells a seat.
#[post("/buy")]
async fn buy(
    hall: web::Data<Hall>,
    payments: web::Data<Payments>,
) -> actix_web::Result<impl Responder> {
    let permit = hall
        .permits
        .try_acquire()
        .map_err(|_| ErrorConflict("sold out"))?;
    payments.pay(0).await?;
    permit.forget();
    let mut unsold =
        hall.unsold.lock().unwrap_or_else(PoisonError::into_inner);
    let seat = unsold
        .pop_first()
        .ok_or_else(|| ErrorInternalServerError("no seat"))?;
    Ok(HttpResponse::Created().json(json!({ "seat": seat })))
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let unsold: BTreeSet<u32> = SEATS.collect();
    let hall = web::Data::new(Hall {
        permits: Semaphore::new(unsold.len()),
        unsold: Mutex::new(unsold),
    });
    let payments = web::Data::new(Payments::new(&env)?);
    let app = move || {
        App::new()
            .app_data(hall.clone())
            .app_data(payments.clone())
            .service(ping)
            .service(on_sale)
            .service(buy)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
