//! The login of a shop.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::{ContentType, RETRY_AFTER};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder, get, post,
    web,
};

use crate::{Env, LocalLimit, Login, PAGE, PER_CLIENT};

/// The login form.
#[get("/")]
async fn page() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(PAGE)
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// The login form is sent here.
#[post("/login")]
async fn login(
    request: HttpRequest,
    limit: web::Data<LocalLimit>,
    form: web::Form<Login>,
) -> HttpResponse {
    let connection = request.connection_info();
    // Behind the load balancer, the real address is in a header.
    let client = connection.realip_remote_addr().unwrap_or("unknown");
    if let Err(wait) = limit.check(client) {
        return too_many(wait);
    }
    answer(&form)
}

/// What the password decides.
fn answer(form: &Login) -> HttpResponse {
    if !form.is_right() {
        return HttpResponse::Unauthorized()
            .content_type(ContentType::plaintext())
            .body("wrong name or password");
    }
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(format!("welcome, {}", form.user))
}

/// No attempt is left, and no password is looked at.
fn too_many(wait: Duration) -> HttpResponse {
    HttpResponse::TooManyRequests()
        .insert_header((RETRY_AFTER, wait.as_secs() + 1))
        .content_type(ContentType::plaintext())
        .body("too many attempts, try again later")
}

/// The service, on a listener that is bound already.
pub async fn server(
    _env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // Another subscriber may be in place already.
    let _ = tracing_subscriber::fmt().try_init();
    // ANCHOR: half-fix
    // One limiter for all workers.
    let limit = LocalLimit::per_hour(PER_CLIENT);
    let limit = web::Data::new(limit);
    let app = move || {
        App::new()
            .app_data(limit.clone())
            .app_data(web::FormConfig::default().limit(1024))
            .service(page)
            .service(ping)
            .service(login)
    };
    // ANCHOR_END: half-fix
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
