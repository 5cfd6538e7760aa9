//! A repair whose limit is one for the whole request, around the sessions.

use std::net::TcpListener;
use std::time::Duration;

use actix_session::storage::RedisSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::Key;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorServiceUnavailable, ErrorUnauthorized};
use actix_web::http::header::ContentType;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use deadpool_redis::{Config, Runtime};

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

/// Gives up on a request after a while.
async fn within(
    limit: web::Data<Duration>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let answer = next.call(request);
    let late = |_| ErrorServiceUnavailable("try again later");
    tokio::time::timeout(**limit, answer).await.map_err(late)?
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let key = Key::from(&env.session_key()?);
    let pool = Config::from_url(env.redis_url()?)
        .create_pool(Some(Runtime::Tokio1))?;
    let store = RedisSessionStore::new_pooled(pool).await?;
    let limit = web::Data::new(env.timeout);
    let app = move || {
        App::new()
            .app_data(limit.clone())
            .wrap(SessionMiddleware::new(store.clone(), key.clone()))
            .wrap(from_fn(within))
            .service(ping)
            .service(login)
            .service(me)
            .service(logout)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
