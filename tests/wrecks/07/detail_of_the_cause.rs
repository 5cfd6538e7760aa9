//! The client reads the cause as well.

use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, ContentType, HeaderName, HeaderValue,
};
use actix_web::middleware::{
    DefaultHeaders, ErrorHandlerResponse, ErrorHandlers, Next, from_fn,
};
use actix_web::{
    App, Error, HttpResponse, HttpServer, Responder, ResponseError, web,
};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::{DatabaseError, NotFound};
use serde::Serialize;
use tracing::{error, info};

use crate::schema::{customers, orders};
use crate::{
    Customer, Database, Env, Failure, Order, RequestId, Unauthorized,
    may_enter,
};

/// The one path that needs no token.
const HEALTH_CHECK: &str = "/ping";

/// The load balancer asks this once a second.
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// What goes wrong here, in the client's words.
#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("an address has an @ in it")]
    NoAddress,
    #[error("there is no such customer")]
    NoCustomer,
    #[error("this number or this address is taken")]
    Taken,
    #[error("too many requests at once, try again later")]
    Busy(#[source] Failure),
    #[error("this is not your fault")]
    Internal(#[source] Failure),
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Query(NotFound) => Self::NoCustomer,
            Failure::Query(DatabaseError(UniqueViolation, _)) => {
                Self::Taken
            }
            Failure::NoConnection(_) => Self::Busy(failure),
            _ => Self::Internal(failure),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoAddress => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoCustomer => StatusCode::NOT_FOUND,
            Self::Taken => StatusCode::CONFLICT,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A new customer, from the form at the till.
async fn register(
    database: web::Data<Database>,
    customer: web::Json<Customer>,
) -> Result<impl Responder, ApiError> {
    let customer = customer.into_inner();
    if !customer.email.contains('@') {
        return Err(ApiError::NoAddress);
    }
    let new = customer.clone();
    database
        .run(|connection| {
            diesel::insert_into(customers::table)
                .values(new)
                .execute(connection)
        })
        .await?;
    Ok(HttpResponse::Created().json(customer))
}

/// The customer whose card was read.
async fn customer(
    database: web::Data<Database>,
    number: web::Path<i32>,
) -> Result<impl Responder, ApiError> {
    let customer: Customer = database
        .run(move |connection| {
            customers::table.find(*number).first(connection)
        })
        .await?;
    Ok(HttpResponse::Ok().json(customer))
}

/// What this customer has bought.
async fn purchases(
    database: web::Data<Database>,
    number: web::Path<i32>,
) -> Result<impl Responder, ApiError> {
    let purchases: Vec<Order> = database
        .run(move |connection| {
            orders::table
                .filter(orders::customer.eq(*number))
                .load(connection)
        })
        .await?;
    Ok(HttpResponse::Ok().json(purchases))
}

/// Lets in whoever has the tills' token.
async fn auth(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let known = bearer(&req).is_some_and(may_enter);
    if !known && req.path() != HEALTH_CHECK {
        // As `Err` it would be handed out past all layers.
        let refusal = req.error_response(Unauthorized);
        return Ok(refusal.map_into_right_body());
    }
    Ok(next.call(req).await?.map_into_left_body())
}

fn bearer(req: &ServiceRequest) -> Option<&str> {
    let value = req.headers().get(header::AUTHORIZATION)?;
    value.to_str().ok()?.strip_prefix("Bearer ")
}

/// An error as the client gets it, by RFC 9457.
#[derive(Serialize)]
struct Problem {
    status: u16,
    title: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    request_id: String,
}

/// One form for every error, whoever made it. What the error says of
/// itself is for the log, unless it was written for the client.
fn problem<B>(
    res: ServiceResponse<B>,
) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let id = RequestId::of(res.request());
    let (status, error) = (res.status(), res.response().error());
    if status.is_server_error() {
        let cause = error.map(cause);
        error!(%id, cause, "a request failed");
    }
    let body = serde_json::to_string(&Problem {
        status: status.as_u16(),
        title: status.canonical_reason(),
        detail: error.map(cause),
        request_id: id.to_string(),
    })?;
    let kind = HeaderValue::from_static("application/problem+json");
    let res = res.map_body(|head, _| {
        head.headers_mut().insert(header::CONTENT_TYPE, kind);
        body
    });
    Ok(ErrorHandlerResponse::Response(
        res.map_into_boxed_body().map_into_right_body(),
    ))
}

/// Why it happened, for us.
fn cause(error: &Error) -> String {
    let known = error.as_error::<ApiError>();
    match known.and_then(std::error::Error::source) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

/// What every answer tells the browser.
fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
        .add((header::REFERRER_POLICY, "no-referrer"))
}

/// One line for each request, with the id that its answer carries.
async fn access_log(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = RequestId::of(&req);
    let (method, path) = (req.method().clone(), req.path().to_owned());
    let mut res = next.call(req).await?;
    let status = res.status().as_u16();
    info!(%id, %method, path, status);
    let name = HeaderName::from_static(RequestId::HEADER);
    res.headers_mut().insert(name, id.into());
    Ok(res)
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // Whoever has set a subscriber before keeps it.
    let _ = tracing_subscriber::fmt().try_init();
    let database = web::Data::new(Database::open(&env)?);
    let app = move || {
        App::new()
            .app_data(database.clone())
            .service(web::resource("/ping").get(ping))
            .service(web::resource("/customers").post(register))
            .service(web::resource("/customers/{number}").get(customer))
            .service(
                web::resource("/customers/{number}/orders")
                    .get(purchases),
            )
            // A request meets the last layer first.
            .wrap(from_fn(auth))
            .wrap(ErrorHandlers::new().default_handler(problem))
            .wrap(security_headers())
            .wrap(from_fn(access_log))
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
