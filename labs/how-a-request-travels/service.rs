//! A page that greets its visitors by name, in actix-web. The book's page
//! "How a request travels" shows it beside `service.mjs`.

use std::cell::Cell;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::Key;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::{App, HttpResponse, HttpServer, Responder, web};
use actix_web::{ResponseError, get, post};
use askama::Template;
use serde::Deserialize;

// ANCHOR: error
#[derive(Debug, thiserror::Error)]
#[error("a visitor has a name")]
struct NoName;

impl ResponseError for NoName {
    fn status_code(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}
// ANCHOR_END: error

// ANCHOR: extractors
#[derive(Deserialize)]
struct Visitor {
    name: String,
}

#[post("/name")]
async fn introduce(
    session: Session,
    visitor: web::Json<Visitor>,
) -> actix_web::Result<impl Responder> {
    if visitor.name.is_empty() {
        return Err(NoName.into());
    }
    session.insert("name", &visitor.name)?;
    Ok(HttpResponse::NoContent())
}
// ANCHOR_END: extractors

// ANCHOR: home
#[derive(Template)]
#[template(
    ext = "html",
    source = "<h1>Hello, {{ name }}</h1>
<p>Page {{ pages }} of worker {{ worker }}, {{ all }} in all.</p>"
)]
struct Home {
    name: String,
    pages: usize,
    worker: usize,
    all: usize,
}

#[get("/")]
async fn home(
    all: web::Data<AtomicUsize>,
    worker: web::Data<Worker>,
    session: Session,
) -> actix_web::Result<web::Html> {
    worker.pages.set(worker.pages.get() + 1);
    let name: Option<String> = session.get("name")?;
    let home = Home {
        name: name.unwrap_or("stranger".to_owned()),
        pages: worker.pages.get(),
        worker: worker.number,
        all: all.fetch_add(1, Relaxed) + 1,
    };
    let html = home.render().map_err(ErrorInternalServerError)?;
    Ok(web::Html::new(html))
}
// ANCHOR_END: home

// ANCHOR: layers
const NO_SNIFFING: (&str, &str) = ("x-content-type-options", "nosniff");

async fn no_robots(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let agent = request.headers().get(USER_AGENT);
    if agent.is_some_and(|name| name == "robot") {
        let refusal = HttpResponse::Forbidden().finish();
        let refusal = request.into_response(refusal);
        return Ok(refusal.map_into_right_body());
    }
    let response = next.call(request).await?;
    Ok(response.map_into_left_body())
}
// ANCHOR_END: layers

// ANCHOR: sessions
/// The session travels in the cookie, sealed with the key.
fn sessions(key: Key) -> SessionMiddleware<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key)
        // For a trial without TLS. Behind it, drop this line.
        .cookie_secure(false)
        .build()
}
// ANCHOR_END: sessions

// ANCHOR: main
/// What a worker has for itself.
struct Worker {
    number: usize,
    pages: Cell<usize>,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let key = Key::try_from(env::var("SESSION_KEY")?.as_bytes())?;
    let all = web::Data::new(AtomicUsize::new(0));
    let workers = Arc::new(AtomicUsize::new(0));
    let app = move || {
        let number = workers.fetch_add(1, Relaxed) + 1;
        let pages = Cell::new(0);
        App::new()
            .app_data(all.clone())
            .app_data(web::Data::new(Worker { number, pages }))
            .service(home)
            .service(introduce)
            .wrap(from_fn(no_robots))
            .wrap(sessions(key.clone()))
            .wrap(DefaultHeaders::new().add(NO_SNIFFING))
    };
    let port = env::var("PORT")?.parse()?;
    let server =
        HttpServer::new(app).workers(2).bind(("127.0.0.1", port))?;
    println!("listening on {}", server.addrs()[0]);
    Ok(server.run().await?)
}
// ANCHOR_END: main
