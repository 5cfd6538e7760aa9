//! A list of bad schemes, looked for without spaces and tabs.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, ContentType, LOCATION,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::DefaultHeaders;
use actix_web::{
    App, HttpResponse, HttpServer, Responder, get, post, web,
};
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Env, Ticket, Tickets, page};

const FORM: &str = r#"<form method="post" action="/tickets">
<p><label>Name <input name="name"></label>
<p><label>Label <input name="label"></label>
<p><label>Where <input name="site"></label>
<p><label>What <textarea name="text"></textarea></label>
<p><button>Send</button>
</form>"#;

/// A ticket's page, for the help desk. Askama escapes what stands in
/// HTML; every attribute has its quotes.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>From <b id="name" title="{{ name }}">{{ name }}</b>
<p id="label" data-label="{{ label }}">{{ label }}
{% if let Some(site) = site %}
<p><a id="site" href="{{ site.0 }}">{{ site.0 }}</a>
{% else %}
<p>{{ typed }}
{% endif %}
<div id="text">{{ text|safe }}</div>
<script id="data" type="application/json">{{ data|safe }}</script>"#
)]
struct TicketPage<'a> {
    name: &'a str,
    label: &'a str,
    site: Option<WebAddress<'a>>,
    /// What was typed in its place.
    typed: &'a str,
    /// HTML without scripts.
    text: String,
    /// JSON without `<`.
    data: String,
}

/// An address that a link may have: of the web, or a path of ours.
struct WebAddress<'a>(&'a str);

impl<'a> WebAddress<'a> {
    /// Browsers forgive spaces, tabs and capitals.
    fn new(typed: &'a str) -> Option<Self> {
        let scheme = typed.to_lowercase().replace([' ', '\t'], "");
        let bad = ["javascript:", "data:", "vbscript:"];
        let is_ours = !bad.iter().any(|bad| scheme.contains(bad));
        is_ours.then_some(Self(typed))
    }
}

/// Nothing in a string ends the element that the JSON stands in.
fn for_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn render(ticket: &Ticket) -> actix_web::Result<String> {
    let Ticket { name, label, .. } = ticket;
    // For the scripts of the page.
    let data = json!({ "name": name, "label": label });
    let body = TicketPage {
        name,
        label,
        site: WebAddress::new(&ticket.site),
        typed: &ticket.site,
        text: ammonia::clean(&ticket.text),
        data: for_script(&data),
    };
    let body = body.render().map_err(ErrorInternalServerError)?;
    Ok(page(&body))
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

/// Browsers take the type that is stated, and guess none. They run no
/// script, should one get into a page all the same, and show no page in
/// a frame of others.
fn protection() -> DefaultHeaders {
    let policy = "default-src 'none'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    DefaultHeaders::new()
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((CONTENT_SECURITY_POLICY, policy))
        .add((X_FRAME_OPTIONS, "DENY"))
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
            .wrap(protection())
            .service(home)
            .service(add)
            .service(show)
            .service(search)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
