//! A repair with a session store of its own on the pool.

use std::collections::HashMap;
use std::net::TcpListener;
use std::time::Duration;

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError,
    generate_session_key,
};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Key, time};
use actix_web::dev::Server;
use actix_web::error::ErrorUnauthorized;
use actix_web::http::header::ContentType;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use deadpool_redis::redis::{self, FromRedisValue, Pipeline};
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

/// Sessions as hashes, with a time limit on every command.
#[derive(Clone)]
struct HashStore {
    pool: Pool,
    limit: Duration,
}

type State = HashMap<String, String>;

impl HashStore {
    async fn ask<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
    ) -> anyhow::Result<T> {
        let mut connection = self.pool.get().await?;
        let answer = commands.query_async(&mut connection);
        Ok(tokio::time::timeout(self.limit, answer).await??)
    }

    async fn put(
        &self,
        key: &SessionKey,
        state: State,
        ttl: &time::Duration,
    ) -> anyhow::Result<()> {
        let mut commands = redis::pipe();
        commands.atomic();
        commands.cmd("DEL").arg(name(key)).ignore();
        for (field, value) in state {
            let set = commands.cmd("HSET").arg(name(key));
            set.arg(field).arg(value).ignore();
        }
        let expire = commands.cmd("EXPIRE").arg(name(key));
        expire.arg(ttl.whole_seconds()).ignore();
        self.ask(&commands).await
    }
}

fn name(key: &SessionKey) -> String {
    format!("shop:session:{}", key.as_ref())
}

impl SessionStore for HashStore {
    async fn load(
        &self,
        key: &SessionKey,
    ) -> Result<Option<State>, LoadError> {
        let mut commands = redis::pipe();
        commands.cmd("HGETALL").arg(name(key));
        let (state,): (State,) =
            self.ask(&commands).await.map_err(LoadError::Other)?;
        Ok(Some(state).filter(|state| !state.is_empty()))
    }

    async fn save(
        &self,
        state: State,
        ttl: &time::Duration,
    ) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        let put = self.put(&key, state, ttl).await;
        put.map_err(SaveError::Other)?;
        Ok(key)
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        ttl: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let put = self.put(&key, state, ttl).await;
        put.map_err(UpdateError::Other)?;
        Ok(key)
    }

    async fn update_ttl(
        &self,
        key: &SessionKey,
        ttl: &time::Duration,
    ) -> anyhow::Result<()> {
        let mut commands = redis::pipe();
        let expire = commands.cmd("EXPIRE").arg(name(key));
        expire.arg(ttl.whole_seconds()).ignore();
        self.ask(&commands).await
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        let mut commands = redis::pipe();
        commands.cmd("DEL").arg(name(key)).ignore();
        self.ask(&commands).await
    }
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
    let store = HashStore {
        pool: pool(&env)?,
        limit: env.timeout,
    };
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
