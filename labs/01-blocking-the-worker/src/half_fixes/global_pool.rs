//! A shop's reporting service.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, web};
use tokio::sync::oneshot;

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
) -> actix_web::Result<impl Responder> {
    let html = render(engine, *customer).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(html))
}

// ANCHOR: half-fix
/// Renders on rayon's pool. This worker only waits for the result, and
/// serves its other connections meanwhile.
async fn render(
    engine: web::Data<ReportEngine>,
    customer: u32,
) -> actix_web::Result<String> {
    let (done, html) = oneshot::channel();
    rayon::spawn(move || {
        // The client may have gone; then nobody takes the report.
        let _ = done.send(engine.render(customer));
    });
    // A job that panics drops its sender; the wait ends in an error.
    html.await
        .map_err(|_| ErrorInternalServerError("no report today"))
}
// ANCHOR_END: half-fix

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
