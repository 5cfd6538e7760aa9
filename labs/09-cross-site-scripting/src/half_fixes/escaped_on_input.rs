//! A shop's help desk.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::ErrorNotFound;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use serde::Deserialize;
use serde_json::json;

use crate::{Env, Ticket, Tickets, page};

const FORM: &str = r#"<form method="post" action="/tickets">
<p><label>Name <input name="name"></label>
<p><label>Label <input name="label"></label>
<p><label>Where <input name="site"></label>
<p><label>What <textarea name="text"></textarea></label>
<p><button>Send</button>
</form>"#;

/// A ticket's page, for the help desk.
fn render(ticket: &Ticket) -> actix_web::Result<String> {
    let Ticket {
        name,
        label,
        site,
        text,
    } = ticket;
    // For the scripts of the page.
    let data = json!({ "name": name, "label": label });
    Ok(page(&format!(
        r#"<p>From <b id="name" title="{name}">{name}</b>
<p id="label" data-label={label}>{label}
<p><a id="site" href="{site}">{site}</a>
<div id="text">{text}</div>
<script id="data" type="application/json">{data}</script>"#
    )))
}

#[get("/")]
async fn home() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page(FORM))
}

// ANCHOR: half-fix
/// What is stored is harmless everywhere.
fn escape(typed: &str) -> String {
    typed
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[post("/tickets")]
async fn add(
    form: web::Form<Ticket>,
    tickets: web::Data<Tickets>,
) -> impl Responder {
    let number = tickets.add(Ticket {
        name: escape(&form.name),
        label: escape(&form.label),
        site: escape(&form.site),
        text: ammonia::clean(&form.text),
    });
    HttpResponse::SeeOther()
        .insert_header((LOCATION, format!("/tickets/{number}")))
        .finish()
}
// ANCHOR_END: half-fix

#[get("/tickets/{number}")]
async fn show(
    number: web::Path<usize>,
    tickets: web::Data<Tickets>,
) -> actix_web::Result<impl Responder> {
    let ticket = tickets
        .get(*number)
        .ok_or_else(|| ErrorNotFound("no such ticket"))?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(render(&ticket)?))
}

#[derive(Deserialize)]
struct Search {
    q: String,
}

/// The index is not built yet, so nothing is ever found.
#[get("/search")]
async fn search(query: web::Query<Search>) -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(format!("{}: no ticket has this", query.q))
}

/// The service, on a listener that is bound already.
pub async fn server(
    _env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let tickets = web::Data::new(Tickets::default());
    let app = move || {
        App::new()
            .app_data(tickets.clone())
            .service(home)
            .service(add)
            .service(show)
            .service(search)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
