//! The pages of the shop that are the same in all versions.

use actix_session::Session;
use actix_web::error::{ErrorForbidden, ErrorUnauthorized};
use actix_web::http::header::{
    CacheControl, CacheDirective, ContentType, LOCATION,
};
use actix_web::{HttpResponse, Responder, get, post, web};
use serde::Deserialize;

use crate::Account;
use crate::page::{self, Item};

/// All of them.
pub fn pages(config: &mut web::ServiceConfig) {
    config
        .service(ping)
        .service(home)
        .service(me)
        .service(orders)
        .service(basket)
        .service(fill)
        .service(logout);
}

/// The answer to a form: back to the shop's page.
#[must_use]
pub fn to_the_shop() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/"))
        .finish()
}

/// What depends on who asks is kept by no cache.
fn personal(kind: ContentType, body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header(CacheControl(vec![CacheDirective::NoStore]))
        .body(body)
}

/// Who is logged in.
fn account(session: &Session) -> actix_web::Result<Account> {
    session
        .get("account")?
        .ok_or_else(|| ErrorUnauthorized("not logged in"))
}

/// What is in the basket.
fn items(session: &Session) -> actix_web::Result<Vec<Item>> {
    Ok(session.get("basket")?.unwrap_or_default())
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// The shop's page.
#[get("/")]
async fn home(session: Session) -> actix_web::Result<impl Responder> {
    let account = session.get("account")?;
    let page = page::home(account.as_ref(), &items(&session)?);
    Ok(personal(ContentType::html(), page))
}

/// The name of the user who is logged in.
#[get("/me")]
async fn me(session: Session) -> actix_web::Result<impl Responder> {
    Ok(personal(ContentType::plaintext(), account(&session)?.name))
}

/// Everybody's orders, for the staff.
#[get("/orders")]
async fn orders(session: Session) -> actix_web::Result<impl Responder> {
    if !account(&session)?.orders {
        return Err(ErrorForbidden("not unlocked"));
    }
    let orders = "1 bob tea\n2 mallory cocoa\n".to_owned();
    Ok(personal(ContentType::plaintext(), orders))
}

/// What is in the basket, one item a line.
#[get("/basket")]
async fn basket(session: Session) -> actix_web::Result<impl Responder> {
    let items = items(&session)?;
    let names: Vec<_> = items.into_iter().map(Item::name).collect();
    Ok(personal(ContentType::plaintext(), names.join("\n")))
}

/// What the form beside the basket sends.
#[derive(Deserialize)]
struct Fill {
    item: Item,
}

/// One more item. Nobody has to log in for that.
#[post("/basket")]
async fn fill(
    form: web::Form<Fill>,
    session: Session,
) -> actix_web::Result<impl Responder> {
    let mut items = items(&session)?;
    items.push(form.item);
    session.insert("basket", items)?;
    Ok(to_the_shop())
}

/// The end of the session.
#[post("/logout")]
async fn logout(session: Session) -> impl Responder {
    session.purge();
    to_the_shop()
}
