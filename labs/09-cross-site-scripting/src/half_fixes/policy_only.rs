//! A shop's help desk.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::error::ErrorNotFound;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, ContentType, LOCATION,
};
use actix_web::middleware::DefaultHeaders;
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
    // ANCHOR: half-fix
    let app = move || {
        // No scripts of other sites; our own pages have some inline.
        let policy = "default-src 'self'; \
                      script-src 'self' 'unsafe-inline'";
        let policy = (CONTENT_SECURITY_POLICY, policy);
        App::new()
            .app_data(tickets.clone())
            .wrap(DefaultHeaders::new().add(policy))
            .service(home)
            .service(add)
            .service(show)
            .service(search)
    };
    // ANCHOR_END: half-fix
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
