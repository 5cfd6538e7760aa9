//! The cookie holds the user's name, for everybody to write.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Server;
use actix_web::error::{ErrorServiceUnavailable, ErrorUnauthorized};
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder, get, post,
    web,
};
use deadpool_redis::redis::{Cmd, FromRedisValue, cmd};
use deadpool_redis::{Config, Pool, Runtime};

use crate::{Env, Login};

const COOKIE: &str = "sid";

struct Sessions {
    pool: Pool,
    limit: Duration,
}

impl Sessions {
    /// One limit for the whole way: connection, command and answer.
    async fn ask<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> actix_web::Result<T> {
        let asked = async {
            let mut connection = self.pool.get().await?;
            Ok::<T, anyhow::Error>(
                command.query_async(&mut connection).await?,
            )
        };
        match tokio::time::timeout(self.limit, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            _ => Err(ErrorServiceUnavailable("try again later")),
        }
    }
}

fn key(request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(COOKIE)?;
    Some(format!("login/{}", cookie.value()))
}

fn cookie(id: String) -> Cookie<'static> {
    Cookie::build(COOKIE, id)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

#[post("/login")]
async fn login(
    form: web::Form<Login>,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    if !form.is_right() {
        return Err(ErrorUnauthorized("wrong name or password"));
    }
    let id = form.user.clone();
    sessions.ask::<()>(&cmd("PING")).await?;
    Ok(HttpResponse::Ok().cookie(cookie(id)).finish())
}

#[get("/me")]
async fn me(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let unknown = || ErrorUnauthorized("not logged in");
    let key = key(&request).ok_or_else(unknown)?;
    sessions.ask::<()>(&cmd("PING")).await?;
    let user = key.strip_prefix("login/").map(str::to_owned);
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(user.ok_or_else(unknown)?))
}

#[post("/logout")]
async fn logout(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    if let Some(key) = key(&request) {
        sessions.ask::<()>(cmd("DEL").arg(key)).await?;
    }
    let mut gone = cookie(String::new());
    gone.make_removal();
    Ok(HttpResponse::Ok().cookie(gone).finish())
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let pool = Config::from_url(env.redis_url()?)
        .create_pool(Some(Runtime::Tokio1))?;
    let limit = env.timeout;
    let sessions = web::Data::new(Sessions { pool, limit });
    let app = move || {
        App::new()
            .app_data(sessions.clone())
            .service(ping)
            .service(login)
            .service(me)
            .service(logout)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
