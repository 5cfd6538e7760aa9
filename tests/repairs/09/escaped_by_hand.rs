//! A repair without templates, that shows a bad address as text.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::ErrorNotFound;
use actix_web::http::header::{
    ContentType, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::DefaultHeaders;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::{Env, Ticket, Tickets, page};

const FORM: &str = r#"<form method="post" action="/tickets">
<p><label>Name <input name="name"></label>
<p><label>Label <input name="label"></label>
<p><label>Where <input name="site"></label>
<p><label>What <textarea name="text"></textarea></label>
<p><button>Send</button>
</form>"#;

/// Text, in an element or between quotes.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// An address that a link may have: of the web, or a path of ours. The link
/// has what was looked at, not what was typed.
fn web_address(typed: &str) -> Option<String> {
    match Url::parse(typed) {
        Ok(url) => ["http", "https"]
            .contains(&url.scheme())
            .then(|| url.into()),
        Err(ParseError::RelativeUrlWithoutBase) => {
            Some(typed.to_owned())
        }
        Err(_) => None,
    }
}

/// Nothing in a string ends the element that the JSON stands in.
fn for_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn render(ticket: &Ticket) -> actix_web::Result<String> {
    let name = escape(&ticket.name);
    let label = escape(&ticket.label);
    let text = ammonia::clean(&ticket.text);
    let data = json!({ "name": ticket.name, "label": ticket.label });
    let data = for_script(&data);
    let site = match web_address(&ticket.site) {
        Some(site) => {
            let site = escape(&site);
            format!(r#"<a id="site" href="{site}">{site}</a>"#)
        }
        None => format!(r#"<i id="site">{}</i>"#, escape(&ticket.site)),
    };
    Ok(page(&format!(
        r#"<p>From <b id="name" title="{name}">{name}</b>
<p id="label" data-label="{label}">{label}
<p>{site}
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

#[post("/tickets")]
async fn add(
    form: web::Form<Ticket>,
    tickets: web::Data<Tickets>,
) -> impl Responder {
    let number = tickets.add(form.into_inner());
    HttpResponse::SeeOther()
        .insert_header((LOCATION, format!("/tickets/{number}")))
        .finish()
}

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
        // Browsers take the type that is stated, and guess none.
        let nosniff = (X_CONTENT_TYPE_OPTIONS, "nosniff");
        App::new()
            .app_data(tickets.clone())
            .wrap(DefaultHeaders::new().add(nosniff))
            .service(home)
            .service(add)
            .service(show)
            .service(search)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
