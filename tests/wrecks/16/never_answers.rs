//! A handler that never answers.

use std::net::TcpListener;

use actix_session::storage::RedisSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::dev::Server;
use actix_web::error::ErrorUnauthorized;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use deadpool_redis::{Config, Pool, Runtime, Timeouts};

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
    std::future::pending::<()>().await;
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

/// One pool for all workers. No wait for a connection takes longer than
/// the service may wait for Redis.
fn pool(env: &Env) -> anyhow::Result<Pool> {
    let most = Some(env.timeout);
    let pool = Config::from_url(env.redis_url()?)
        .builder()?
        .timeouts(Timeouts {
            wait: most,
            create: most,
            recycle: most,
        })
        .runtime(Runtime::Tokio1)
        .build()?;
    Ok(pool)
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let key = Key::from(&env.session_key()?);
    let store = RedisSessionStore::new_pooled(pool(&env)?).await?;
    let app = move || {
        App::new()
            .wrap(SessionMiddleware::new(store.clone(), key.clone()))
            .service(ping)
            .service(login)
            .service(me)
            .service(logout)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
