//! A new id for each login; the old one goes on for a minute, for requests
//! that are under way.

use std::net::TcpListener;

use actix_web::cookie::{Cookie, Key, SameSite};
use actix_web::dev::Server;
use actix_web::error::{
    ErrorForbidden, ErrorServiceUnavailable, ErrorUnauthorized,
};
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder, get, post,
    web,
};
use deadpool_redis::redis::{Cmd, FromRedisValue, cmd};
use deadpool_redis::{Config, Pool, Runtime};
use serde::{Deserialize, Serialize};

use crate::page::{self, Item};
use crate::{Account, Env, Login, Pin};

const COOKIE: &str = "__Host-id";
const DAY: u32 = 24 * 60 * 60;

#[derive(Default, Clone, Serialize, Deserialize)]
struct State {
    account: Option<Account>,
    basket: Vec<Item>,
}

impl State {
    fn account(&self) -> actix_web::Result<Account> {
        let account = self.account.clone();
        account.ok_or_else(|| ErrorUnauthorized("not logged in"))
    }
}

struct Sessions(Pool);

impl Sessions {
    async fn ask<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> actix_web::Result<T> {
        let later = || ErrorServiceUnavailable("try again later");
        let mut connection = self.0.get().await.map_err(|_| later())?;
        let answer = command.query_async(&mut connection).await;
        answer.map_err(|_| later())
    }

    async fn load(
        &self,
        request: &HttpRequest,
    ) -> actix_web::Result<State> {
        let Some(key) = key(request) else {
            return Ok(State::default());
        };
        let text: Option<String> =
            self.ask(cmd("GET").arg(key)).await?;
        let state = text.map(|text| serde_json::from_str(&text));
        Ok(state.transpose()?.unwrap_or_default())
    }

    /// Under a new id; the old one ends.
    async fn renew(
        &self,
        request: &HttpRequest,
        state: &State,
    ) -> actix_web::Result<HttpResponse> {
        if let Some(key) = key(request) {
            let text = serde_json::to_string(state)?;
            let mut set = cmd("SET");
            set.arg(key).arg(text).arg("EX").arg(60);
            self.ask::<()>(&set).await?;
        }
        let random = Key::generate();
        let id: String = random.encryption()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let text = serde_json::to_string(state)?;
        let mut set = cmd("SET");
        set.arg(format!("shop/{id}")).arg(text).arg("EX").arg(DAY);
        self.ask::<()>(&set).await?;
        Ok(HttpResponse::SeeOther()
            .insert_header((LOCATION, "/"))
            .cookie(cookie(id))
            .finish())
    }
}

fn key(request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(COOKIE)?;
    Some(format!("shop/{}", cookie.value()))
}

fn cookie(id: String) -> Cookie<'static> {
    Cookie::build(COOKIE, id)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

fn text(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(body)
}

#[get("/ping")]
async fn ping() -> impl Responder {
    text("pong".to_owned())
}

#[get("/")]
async fn home(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let state = sessions.load(&request).await?;
    let page = page::home(state.account.as_ref(), &state.basket);
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page))
}

#[get("/me")]
async fn me(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let state = sessions.load(&request).await?;
    Ok(text(state.account()?.name))
}

#[get("/orders")]
async fn orders(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let account = sessions.load(&request).await?.account()?;
    match account.orders {
        true => Ok(text("1 bob tea\n".to_owned())),
        false => Err(ErrorForbidden("not unlocked")),
    }
}

#[get("/basket")]
async fn basket(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let items = sessions.load(&request).await?.basket;
    let names: Vec<_> = items.into_iter().map(Item::name).collect();
    Ok(text(names.join("\n")))
}

#[derive(Deserialize)]
struct Fill {
    item: Item,
}

#[post("/basket")]
async fn fill(
    form: web::Form<Fill>,
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let mut state = sessions.load(&request).await?;
    state.basket.push(form.item);
    sessions.renew(&request, &state).await
}

#[post("/login")]
async fn login(
    form: web::Form<Login>,
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let account = form
        .account()
        .ok_or_else(|| ErrorUnauthorized("wrong name or password"))?;
    let mut state = sessions.load(&request).await?;
    state.account = Some(account);
    sessions.renew(&request, &state).await
}

#[post("/unlock")]
async fn unlock(
    form: web::Form<Pin>,
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    let mut state = sessions.load(&request).await?;
    let account = state
        .account()?
        .unlocked(&form)
        .ok_or_else(|| ErrorForbidden("wrong PIN"))?;
    state.account = Some(account);
    sessions.renew(&request, &state).await
}

#[post("/logout")]
async fn logout(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
) -> actix_web::Result<impl Responder> {
    sessions.renew(&request, &State::default()).await
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // The ids need no seal; a deployment without its secret is wrong.
    env.session_key()?;
    let pool = Config::from_url(env.redis_url()?)
        .create_pool(Some(Runtime::Tokio1))?;
    let sessions = web::Data::new(Sessions(pool));
    let app = move || {
        App::new()
            .app_data(sessions.clone())
            .service(ping)
            .service(home)
            .service(me)
            .service(orders)
            .service(basket)
            .service(fill)
            .service(login)
            .service(unlock)
            .service(logout)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
