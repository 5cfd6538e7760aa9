//! Tokens alone, and a login does not change them: a session that another port
//! has planted keeps the token that the attacker knows.

use std::net::TcpListener;

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::dev::Server;
use actix_web::error::{
    ErrorBadRequest, ErrorForbidden, ErrorInternalServerError,
    ErrorUnauthorized,
};
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
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

/// What the button that logs out sends.
#[derive(Deserialize)]
struct Logout {
    token: String,
}

/// The form for whoever is not logged in.
fn login_form(token: &str) -> String {
    format!(
        r#"<form method="post" action="/login">
<input name="csrf" type="hidden" value="{token}">
<p><label>Name <input name="user"></label>
<p><label>Password <input name="password" type="password"></label>
<p><button>Log in</button>
</form>"#
    )
}

#[derive(Deserialize)]
struct LoginForm {
    user: String,
    password: String,
    csrf: String,
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

/// A secret that stands in this session's own pages.
fn new_token() -> actix_web::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ErrorInternalServerError)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Fails unless a form comes from a page of this session.
fn check(session: &Session, sent: &str) -> actix_web::Result<()> {
    let token = session.get::<String>("token")?;
    // It takes as long for a near miss as for any other.
    let is_same = |token: String| -> bool {
        token.as_bytes().ct_eq(sent.as_bytes()).into()
    };
    if !token.is_some_and(is_same) {
        return Err(ErrorForbidden("log in again"));
    }
    Ok(())
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
) -> actix_web::Result<impl Responder> {
    let token = match session.get::<String>("token")? {
        Some(token) => token,
        None => {
            let token = new_token()?;
            session.insert("token", &token)?;
            token
        }
    };
    let body = match session.get::<String>("user")? {
        Some(user) => account(&user, bank.balance(&user), &token),
        None => login_form(&token),
    };
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page(&body)))
}

#[post("/login")]
async fn login(
    form: web::Form<LoginForm>,
    session: Session,
) -> actix_web::Result<impl Responder> {
    check(&session, &form.csrf)?;
    let LoginForm { user, password, .. } = form.into_inner();
    let form = Login { user, password };
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
) -> actix_web::Result<impl Responder> {
    let user = user(&session)?;
    check(&session, &form.token)?;
    bank.transfer(&user, &form.to, form.amount)
        .map_err(|refused| ErrorBadRequest(refused.to_string()))?;
    Ok(back())
}

#[post("/logout")]
async fn logout(
    form: web::Form<Logout>,
    session: Session,
) -> actix_web::Result<impl Responder> {
    check(&session, &form.token)?;
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
