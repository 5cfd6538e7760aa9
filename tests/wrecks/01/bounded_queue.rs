//! Renders on a thread of its own, fed by a queue of one. The worker blocks
//! as soon as the queue is full.

use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{SyncSender, sync_channel};

use actix_web::dev::Server;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, web};

use tokio::sync::oneshot;

use crate::{Env, ReportEngine};

type Job = (u32, oneshot::Sender<String>);

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// The yearly report that customers open from their account page.
#[get("/report/{customer}")]
async fn report(
    jobs: web::Data<SyncSender<Job>>,
    customer: web::Path<u32>,
) -> actix_web::Result<impl Responder> {
    let (done, html) = oneshot::channel();
    jobs.send((*customer, done))
        .map_err(|_| ErrorInternalServerError("no report today"))?;
    let html = html
        .await
        .map_err(|_| ErrorInternalServerError("no report today"))?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(html))
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let engine = ReportEngine::new(&env);
    let (jobs, queue) = sync_channel::<Job>(1);
    std::thread::spawn(move || {
        for (customer, done) in queue {
            let render = AssertUnwindSafe(|| engine.render(customer));
            if let Ok(html) = catch_unwind(render) {
                let _ = done.send(html);
            }
        }
    });
    let jobs = web::Data::new(jobs);
    let app = move || {
        App::new()
            .app_data(jobs.clone())
            .service(ping)
            .service(report)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
