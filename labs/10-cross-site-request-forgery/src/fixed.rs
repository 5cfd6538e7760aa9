//! A bank.

use std::net::TcpListener;

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::Key;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::{
    ErrorBadRequest, ErrorForbidden, ErrorInternalServerError,
    ErrorUnauthorized,
};
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, ContentType, HOST, LOCATION, ORIGIN,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
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

/// What the form that logs in sends.
#[derive(Deserialize)]
struct LoginForm {
    #[serde(flatten)]
    login: Login,
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

/// A secret that stands in this session's own pages. Its first page
/// makes it, also for somebody who has yet to log in.
fn token(session: &Session) -> actix_web::Result<String> {
    if let Some(token) = session.get("token")? {
        return Ok(token);
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ErrorInternalServerError)?;
    let token: String =
        bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    session.insert("token", &token)?;
    Ok(token)
}

/// Fails unless a form comes from a page of this session.
fn check(session: &Session, sent: &str) -> actix_web::Result<()> {
    let token = session.get::<String>("token")?;
    // It takes as long for a near miss as for any other.
    let is_same = |token: String| -> bool {
        token.as_bytes().ct_eq(sent.as_bytes()).into()
    };
    if !token.is_some_and(is_same) {
        return Err(ErrorForbidden("load the page again"));
    }
    Ok(())
}

/// Where the browser is, by its own account. HTTP/2 has it in the
/// address.
fn host(request: &ServiceRequest) -> Option<&str> {
    let address = request.uri().authority();
    let address = address.map(|authority| authority.as_str());
    address.or_else(|| request.headers().get(HOST)?.to_str().ok())
}

/// Whether a page of this very origin sent the request. Scripts cannot
/// write these headers. Another port of this host is `same-site`, and
/// no page of ours.
fn is_own(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    // Browsers without that header, and plain HTTP.
    let Some(origin) = headers.get(ORIGIN) else {
        // No browser, so no cookies of an unsuspecting user.
        return true;
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = host(request);
    host.is_some() && host == origin.split("://").nth(1)
}

/// Lets other pages look, and not act. It stands outside of the
/// session, so that a refusal cannot change one.
async fn own_pages_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    if !request.method().is_safe() && !is_own(&request) {
        let refusal = ErrorForbidden("sent by a page of another site");
        return Ok(request
            .error_response(refusal)
            .map_into_left_body());
    }
    Ok(next.call(request).await?.map_into_right_body())
}

/// Other pages may not show ours in a frame either: what a customer
/// clicks there comes from this origin, with the right token.
fn protection() -> DefaultHeaders {
    let policy = "default-src 'none'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    DefaultHeaders::new()
        .add((CONTENT_SECURITY_POLICY, policy))
        .add((X_FRAME_OPTIONS, "DENY"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
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
    let token = token(&session)?;
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
    check(&session, &form.token)?;
    if !form.login.is_right() {
        return Err(ErrorUnauthorized("wrong name or password"));
    }
    // Others may know the token of a session that nobody has logged in
    // to: pages on other ports can plant one of theirs.
    session.clear();
    session.renew();
    session.insert("user", &form.login.user)?;
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
            .wrap(from_fn(own_pages_only))
            .wrap(protection())
            .service(home)
            .service(login)
            .service(transfer)
            .service(logout)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
