//! The accounts of a shop.

use std::net::TcpListener;

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::dev::Server;
use actix_web::error::ErrorUnauthorized;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};

use crate::{Env, Login};

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
    form: web::Form<Login>,
    session: Session,
) -> actix_web::Result<impl Responder> {
    if !form.is_right() {
        return Err(ErrorUnauthorized("wrong name or password"));
    }
    // A new id, so that whoever planted the old one gains nothing.
    session.renew();
    session.insert("user", &form.user)?;
    Ok(HttpResponse::NoContent())
}

/// Every page asks who is there, for the greeting in its corner.
#[get("/me")]
async fn me(session: Session) -> actix_web::Result<impl Responder> {
    let user = session
        .get::<String>("user")?
        .ok_or_else(|| ErrorUnauthorized("not logged in"))?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(user))
}

/// The end of the session.
#[post("/logout")]
async fn logout(session: Session) -> impl Responder {
    session.purge();
    HttpResponse::NoContent()
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let key = Key::from(&env.session_key()?);
    // ANCHOR: half-fix
    let app = move || {
        // The session travels in the cookie, encrypted.
        let store = CookieSessionStore::default();
        App::new()
            .wrap(SessionMiddleware::new(store, key.clone()))
            .service(ping)
            .service(login)
            .service(me)
            .service(logout)
    };
    // ANCHOR_END: half-fix
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
