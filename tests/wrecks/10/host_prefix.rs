//! A double-submit cookie with a prefix, which keeps out other hosts, and no other
//! port of this one.

use std::net::TcpListener;

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Cookie, Key, SameSite};
use actix_web::dev::Server;
use actix_web::error::{
    ErrorBadRequest, ErrorForbidden, ErrorInternalServerError,
    ErrorUnauthorized,
};
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder, get, post,
    web,
};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::{Bank, Env, Login, page};

/// What the form on the customer's page sends.
#[derive(Deserialize)]
struct Transfer {
    to: String,
    amount: u32,
    token: String,
}

/// What the login form sends.
#[derive(Deserialize)]
struct LoginForm {
    user: String,
    password: String,
    token: String,
}

/// What the button that logs out sends.
#[derive(Deserialize)]
struct Logout {
    token: String,
}

/// The form for whoever is not logged in.
fn login_form(token: &str) -> String {
    format!(
        r#"<form method="post" action="/login">
<input name="token" type="hidden" value="{token}">
<p><label>Name <input name="user"></label>
<p><label>Password <input name="password" type="password"></label>
<p><button>Log in</button>
</form>"#
    )
}

/// The customer's page. No name of a customer needs escaping.
fn account(user: &str, balance: u32, token: &str) -> String {
    format!(
        r#"<p>Customer: <b id="user">{user}</b>
<p>Balance: <b id="balance">{balance}</b>
<form method="post" action="/transfer">
<input name="token" type="hidden" value="{token}">
<p><label>To <input name="to"></label>
<p><label>Amount <input name="amount"></label>
<p><button>Send</button>
</form>
<form method="post" action="/logout">
<input name="token" type="hidden" value="{token}">
<p><button>Log out</button>
</form>"#
    )
}

/// Who is logged in.
fn user(session: &Session) -> actix_web::Result<String> {
    session
        .get::<String>("user")?
        .ok_or_else(|| ErrorUnauthorized("not logged in"))
}

/// A secret for this browser, in a cookie and in our pages.
fn new_token() -> actix_web::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ErrorInternalServerError)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

const COOKIE: &str = "__Host-csrf";

/// Fails unless a form sends what the cookie says: other sites can
/// neither read nor write our cookies.
fn check(request: &HttpRequest, sent: &str) -> actix_web::Result<()> {
    let cookie = request.cookie(COOKIE);
    let token = cookie.as_ref().map_or("", |cookie| cookie.value());
    let same = token.as_bytes().ct_eq(sent.as_bytes());
    if !token.is_empty() && same.into() {
        return Ok(());
    }
    Err(ErrorForbidden("the page is out of date: load it again"))
}

fn back() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/"))
        .finish()
}

#[get("/")]
async fn home(
    session: Session,
    bank: web::Data<Bank>,
    request: HttpRequest,
) -> actix_web::Result<impl Responder> {
    let token = match request.cookie(COOKIE) {
        Some(cookie) => cookie.value().to_owned(),
        None => new_token()?,
    };
    let body = match session.get::<String>("user")? {
        Some(user) => account(&user, bank.balance(&user), &token),
        None => login_form(&token),
    };
    let cookie = Cookie::build(COOKIE, token)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish();
    Ok(HttpResponse::Ok()
        .cookie(cookie)
        .content_type(ContentType::html())
        .body(page(&body)))
}

#[post("/login")]
async fn login(
    form: web::Form<LoginForm>,
    session: Session,
    request: HttpRequest,
) -> actix_web::Result<impl Responder> {
    check(&request, &form.token)?;
    let form = Login {
        user: form.user.clone(),
        password: form.password.clone(),
    };
    if !form.is_right() {
        return Err(ErrorUnauthorized("wrong name or password"));
    }
    session.renew();
    session.insert("user", &form.user)?;
    Ok(back())
}

#[post("/transfer")]
async fn transfer(
    form: web::Form<Transfer>,
    session: Session,
    bank: web::Data<Bank>,
    request: HttpRequest,
) -> actix_web::Result<impl Responder> {
    let user = user(&session)?;
    check(&request, &form.token)?;
    bank.transfer(&user, &form.to, form.amount)
        .map_err(|refused| ErrorBadRequest(refused.to_string()))?;
    Ok(back())
}

#[post("/logout")]
async fn logout(
    form: web::Form<Logout>,
    session: Session,
    request: HttpRequest,
) -> actix_web::Result<impl Responder> {
    check(&request, &form.token)?;
    session.purge();
    Ok(back())
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let key = Key::from(&env.session_key()?);
    let bank = web::Data::new(Bank::open());
    let app = move || {
        // The cookie is HttpOnly, Secure and SameSite=Lax by default.
        let store = CookieSessionStore::default();
        App::new()
            .app_data(bank.clone())
            .wrap(SessionMiddleware::new(store, key.clone()))
            .service(home)
            .service(login)
            .service(transfer)
            .service(logout)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
