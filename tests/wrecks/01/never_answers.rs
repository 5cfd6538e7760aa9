//! A handler that never answers.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, web};

use crate::{Env, ReportEngine};

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
    engine: web::Data<ReportEngine>,
    customer: web::Path<u32>,
) -> impl Responder {
    let html = engine.render(*customer);
    if !html.is_empty() {
        std::future::pending::<()>().await;
    }
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(html)
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let engine = web::Data::new(ReportEngine::new(&env));
    let app = move || {
        App::new()
            .app_data(engine.clone())
            .service(ping)
            .service(report)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
