//! A repair without a lock: a task owns the seats and is asked for them by
//! messages. A purchase is a task too, so that it comes to its end when the
//! buyer hangs up.

use std::collections::BTreeSet;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::{ErrorConflict, ErrorInternalServerError};
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use crate::{Env, Payments, SEATS};

enum Message {
    Count(oneshot::Sender<usize>),
    Take(oneshot::Sender<Option<u32>>),
    GiveBack(u32),
}

type Office = mpsc::UnboundedSender<Message>;

async fn office(mut messages: mpsc::UnboundedReceiver<Message>) {
    let mut free: BTreeSet<u32> = SEATS.collect();
    while let Some(message) = messages.recv().await {
        match message {
            Message::Count(answer) => {
                let _ = answer.send(free.len());
            }
            Message::Take(answer) => {
                if let Err(Some(seat)) = answer.send(free.pop_first()) {
                    free.insert(seat);
                }
            }
            Message::GiveBack(seat) => {
                free.insert(seat);
            }
        }
    }
}

async fn ask<T>(
    office: &Office,
    message: impl FnOnce(oneshot::Sender<T>) -> Message,
) -> actix_web::Result<T> {
    let (tell, told) = oneshot::channel();
    let _ = office.send(message(tell));
    told.await
        .map_err(|_| ErrorInternalServerError("the office is closed"))
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
async fn on_sale(
    office: web::Data<Office>,
) -> actix_web::Result<impl Responder> {
    let free = ask(&office, Message::Count).await?;
    Ok(HttpResponse::Ok().json(json!({ "free": free })))
}

/// Sells a seat.
#[post("/buy")]
async fn buy(
    office: web::Data<Office>,
    payments: web::Data<Payments>,
) -> actix_web::Result<impl Responder> {
    let purchase = actix_web::rt::spawn(async move {
        let seat = ask(&office, Message::Take).await?;
        let seat = seat.ok_or_else(|| ErrorConflict("sold out"))?;
        if let Err(error) = payments.pay(seat).await {
            let _ = office.send(Message::GiveBack(seat));
            return Err(error.into());
        }
        Ok::<_, actix_web::Error>(seat)
    });
    let seat = purchase
        .await
        .map_err(|_| ErrorInternalServerError("no ticket today"))??;
    Ok(HttpResponse::Created().json(json!({ "seat": seat })))
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let (tell, messages) = mpsc::unbounded_channel();
    actix_web::rt::spawn(office(messages));
    let office = web::Data::new(tell);
    let payments = web::Data::new(Payments::new(&env)?);
    let app = move || {
        App::new()
            .app_data(office.clone())
            .app_data(payments.clone())
            .service(ping)
            .service(on_sale)
            .service(buy)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
