//! Pages below this host's name count as its own: users write some of them.

use std::net::TcpListener;

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::Key;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::{
    ErrorBadRequest, ErrorForbidden, ErrorUnauthorized,
};
use actix_web::http::header::{
    ContentType, HOST, HeaderMap, LOCATION, ORIGIN,
};
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use serde::Deserialize;

use crate::{Bank, Env, Login, page};

/// What the form on the customer's page sends.
#[derive(Deserialize)]
struct Transfer {
    to: String,
    amount: u32,
}

const LOGIN: &str = r#"<form method="post" action="/login">
<p><label>Name <input name="user"></label>
<p><label>Password <input name="password" type="password"></label>
<p><button>Log in</button>
</form>"#;

/// The customer's page. No name of a customer needs escaping.
fn account(user: &str, balance: u32) -> String {
    format!(
        r#"<p>Customer: <b id="user">{user}</b>
<p>Balance: <b id="balance">{balance}</b>
<form method="post" action="/transfer">
<p><label>To <input name="to"></label>
<p><label>Amount <input name="amount"></label>
<p><button>Send</button>
</form>
<form method="post" action="/logout">
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

/// Every browser says with a form which origin it comes from.
fn is_own(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let (Some(host), Some(from)) = (host, origin.split("://").nth(1))
    else {
        return false;
    };
    from == host || from.ends_with(&format!(".{host}"))
}

/// Lets other pages look, and not act. It stands outside of the
/// session, so that a refusal cannot change one.
async fn own_pages_only(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    if !request.method().is_safe() && !is_own(request.headers()) {
        return Err(ErrorForbidden("sent by a page of another site"));
    }
    next.call(request).await
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
    let body = match session.get::<String>("user")? {
        Some(user) => account(&user, bank.balance(&user)),
        None => LOGIN.to_owned(),
    };
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page(&body)))
}

#[post("/login")]
async fn login(
    form: web::Form<Login>,
    session: Session,
) -> actix_web::Result<impl Responder> {
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
    bank.transfer(&user, &form.to, form.amount)
        .map_err(|refused| ErrorBadRequest(refused.to_string()))?;
    Ok(back())
}

#[post("/logout")]
async fn logout(session: Session) -> impl Responder {
    session.purge();
    back()
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
            .service(home)
            .service(login)
            .service(transfer)
            .service(logout)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
