//! A shop's reporting service.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, web};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::{Env, ReportEngine};

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

// ANCHOR: half-fix
/// The yearly report that customers open from their account page.
#[get("/report/{customer}")]
async fn report(
    engine: web::Data<ReportEngine>,
    cpu: web::Data<ThreadPool>,
    customer: web::Path<u32>,
) -> impl Responder {
    cpu.spawn(move || {
        engine.render(*customer);
    });
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .finish()
}
// ANCHOR_END: half-fix

/// One thread per core: more would only take turns on the same cores.
fn cpu_pool() -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new()
        // The panic hook has logged it by now. Without a handler, rayon
        // ends the whole process when a job panics.
        .panic_handler(|_| ())
        .build()
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let engine = web::Data::new(ReportEngine::new(&env));
    let cpu = web::Data::new(cpu_pool()?);
    let app = move || {
        App::new()
            .app_data(engine.clone())
            .app_data(cpu.clone())
            .service(ping)
            .service(report)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
