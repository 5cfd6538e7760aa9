//! The login of a shop.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::{ContentType, RETRY_AFTER};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder, get, post,
    web,
};
use deadpool_redis::redis::{Script, cmd};
use deadpool_redis::{Config, Pool, Runtime};
use tokio::time::timeout;
use tracing::warn;

use crate::{Env, LocalLimit, Login, PAGE, PER_ACCOUNT, PER_CLIENT};

/// A month, for which Redis knows where an account was logged in to.
const KNOWN_SECONDS: u64 = 30 * 24 * 60 * 60;

/// Takes an attempt from client and account, or from neither; gives the
/// milliseconds to wait. Each key holds the time at which all attempts
/// are back, and expires then.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local hour = 3600000
local last = 2
-- Where the owner was before, the account's limit holds nobody up.
if redis.call('EXISTS', KEYS[3]) == 1 then last = 1 end
local full, wait = {}, 0
for n = 1, last do
  local at = tonumber(redis.call('GET', KEYS[n]) or now)
  full[n] = math.max(at, now) + math.ceil(hour / ARGV[n])
  wait = math.max(wait, full[n] - hour - now)
end
if wait > 0 then return wait end
for n = 1, last do
  redis.call('SET', KEYS[n], full[n], 'PX', full[n] - now)
end
return 0";

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
    limits: web::Data<Limits>,
    form: web::Form<Login>,
) -> HttpResponse {
    // ANCHOR: half-fix
    // Nobody can forge the address of a connection.
    let client = request.connection_info().clone();
    let client = client.peer_addr().unwrap_or("unknown");
    if let Err(wait) = limits.take(client, &form.user).await {
        return too_many(wait);
    }
    if form.is_right() {
        limits.remember(client, &form.user).await;
    }
    answer(&form)
    // ANCHOR_END: half-fix
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

/// The limits that all instances share, while Redis answers.
struct Limits {
    redis: Pool,
    script: Script,
    patience: Duration,
    clients: LocalLimit,
    accounts: LocalLimit,
}

impl Limits {
    fn new(env: &Env) -> anyhow::Result<Self> {
        let redis = Config::from_url(env.redis_url()?);
        Ok(Self {
            redis: redis.create_pool(Some(Runtime::Tokio1))?,
            script: Script::new(TAKE),
            patience: env.timeout,
            clients: LocalLimit::per_hour(PER_CLIENT),
            accounts: LocalLimit::per_hour(PER_ACCOUNT),
        })
    }

    /// Takes an attempt, or says how long to wait for one.
    async fn take(
        &self,
        client: &str,
        account: &str,
    ) -> Result<(), Duration> {
        let mut take = self.script.prepare_invoke();
        take.key(format!("login:client:{client}"))
            .key(format!("login:account:{account}"))
            .key(known(client, account))
            .arg(PER_CLIENT)
            .arg(PER_ACCOUNT);
        let taken = self.ask(async {
            let mut redis = self.redis.get().await?;
            Ok(take.invoke_async(&mut redis).await?)
        });
        match taken.await {
            Some(0) => Ok(()),
            Some(wait) => Err(Duration::from_millis(wait)),
            // Neither everybody nor nobody gets in without Redis.
            None => {
                self.clients.check(client)?;
                self.accounts.check(account)
            }
        }
    }

    /// Remembers that the owner was here.
    async fn remember(&self, client: &str, account: &str) {
        let mut set = cmd("SET");
        set.arg(known(client, account)).arg(1);
        set.arg("EX").arg(KNOWN_SECONDS);
        let remembered = self.ask(async {
            let mut redis = self.redis.get().await?;
            Ok(set.query_async::<()>(&mut redis).await?)
        });
        remembered.await;
    }

    /// What Redis answers, if it does so in time.
    async fn ask<T>(
        &self,
        question: impl Future<Output = anyhow::Result<T>>,
    ) -> Option<T> {
        let answer = timeout(self.patience, question).await;
        let answer = answer.map_err(anyhow::Error::from).flatten();
        answer
            .inspect_err(|error| warn!("no Redis: {error:#}"))
            .ok()
    }
}

fn known(client: &str, account: &str) -> String {
    format!("login:known:{client}:{account}")
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // Another subscriber may be in place already.
    let _ = tracing_subscriber::fmt().try_init();
    let limits = web::Data::new(Limits::new(&env)?);
    let app = move || {
        App::new()
            .app_data(limits.clone())
            .app_data(web::FormConfig::default().limit(1024))
            .service(page)
            .service(ping)
            .service(login)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
