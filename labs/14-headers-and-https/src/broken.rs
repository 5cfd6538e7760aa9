//! A shop's account pages.

use std::net::TcpListener;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ContentType, LOCATION, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder, get, post,
    web,
};
use serde_json::json;

use crate::accounts::{Accounts, Forgotten, Reset};
use crate::{Env, page, staff, tls};

/// The page for customers who have forgotten their password.
#[get("/")]
async fn index() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page::html())
}

/// Its form is sent here.
#[post("/reset")]
async fn reset(
    accounts: web::Data<Accounts>,
    form: web::Form<Forgotten>,
    request: HttpRequest,
) -> actix_web::Result<impl Responder> {
    let connection = request.connection_info().clone();
    let from = connection.realip_remote_addr().unwrap_or("unknown");
    let mail = Reset {
        email: form.into_inner().email,
        page: format!(
            "{}://{}/reset",
            connection.scheme(),
            connection.host()
        ),
        asked_from: from.to_owned(),
    };
    accounts.send(&mail).await?;
    Ok(HttpResponse::Accepted()
        .content_type(ContentType::plaintext())
        .body("a mail is on its way"))
}

/// What is to be packed.
async fn orders() -> impl Responder {
    HttpResponse::Ok().json(json!([{ "number": "A-1001" }]))
}

/// Staff only.
async fn staff_only(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    staff::admit(request.headers())?;
    next.call(request).await
}

/// What the security scan asks for.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((X_FRAME_OPTIONS, "DENY"))
        .add((X_XSS_PROTECTION, "1; mode=block"))
        .add((REFERRER_POLICY, "no-referrer"))
        .add((STRICT_TRANSPORT_SECURITY, "max-age=31536000"))
}

/// Sends whoever comes by HTTP to HTTPS.
async fn https_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    let connection = request.connection_info().clone();
    if connection.scheme() == "https" {
        let response = next.call(request).await?;
        return Ok(response.map_into_boxed_body());
    }
    let (host, path) = (connection.host(), request.path());
    let moved = HttpResponse::MovedPermanently()
        .insert_header((LOCATION, format!("https://{host}{path}")))
        .finish();
    Ok(request.into_response(moved))
}

/// The service, on a listener that is bound already, and on one for
/// HTTPS.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let accounts = web::Data::new(Accounts::new(&env)?);
    let app = move || {
        App::new()
            .wrap(headers())
            .wrap(from_fn(https_only))
            .app_data(accounts.clone())
            .service(index)
            .service(reset)
            .service(
                web::resource("/orders")
                    .wrap(from_fn(staff_only))
                    .get(orders),
            )
    };
    let server = HttpServer::new(app)
        .workers(2)
        .listen(listener)?
        .bind_rustls_0_23(env.tls()?.addr, tls::config(&env)?)?
        .run();
    Ok(server)
}
