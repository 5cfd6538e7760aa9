//! A repair that leaves `auth` as it is. The outermost layer takes `Err` as
//! well, and adds to it what the response will need.

use std::net::TcpListener;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{
    ResponseHead, Server, ServiceRequest, ServiceResponse,
};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, ContentType, HeaderMap, HeaderName, HeaderValue,
};
use actix_web::middleware::{Next, from_fn};
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
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let known = bearer(&req).is_some_and(may_enter);
    if !known && req.path() != HEALTH_CHECK {
        return Err(Unauthorized.into());
    }
    next.call(req).await
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

/// Why it happened, for us.
fn cause(error: &Error) -> String {
    let known = error.as_error::<ApiError>();
    match known.and_then(std::error::Error::source) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

/// The outermost layer: log, headers and one form for every error, whether
/// it comes as a response or as `Err`.
async fn edge(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::of(&req);
    let (method, path) = (req.method().clone(), req.path().to_owned());
    let answer = next.call(req).await;
    let (status, error) = match &answer {
        Ok(res) => (res.status(), res.response().error()),
        Err(error) => {
            (error.as_response_error().status_code(), Some(error))
        }
    };
    let detail = error
        .and_then(Error::as_error::<ApiError>)
        .map(ToString::to_string);
    if status.is_server_error() {
        let cause = error.map(cause);
        error!(%id, cause, "a request failed");
    }
    info!(%id, %method, path, status = status.as_u16());
    match answer {
        Ok(res) if res.status().as_u16() < 400 => {
            let mut res = res.map_into_boxed_body();
            dress(res.headers_mut(), id);
            Ok(res)
        }
        Ok(res) => {
            Ok(res.map_body(|head, _| problem(head, id, detail)))
        }
        Err(mut error) => {
            error.add_response_mapper(move |res| {
                let detail = detail.clone();
                res.map_body(|head, _| problem(head, id, detail))
            });
            Err(error)
        }
    }
}

fn dress(headers: &mut HeaderMap, id: RequestId) {
    let name = HeaderName::from_static(RequestId::HEADER);
    headers.insert(name, id.into());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn problem(
    head: &mut ResponseHead,
    id: RequestId,
    detail: Option<String>,
) -> BoxBody {
    dress(head.headers_mut(), id);
    let kind = HeaderValue::from_static("application/problem+json");
    head.headers_mut().insert(header::CONTENT_TYPE, kind);
    let body = serde_json::to_string(&Problem {
        status: head.status.as_u16(),
        title: head.status.canonical_reason(),
        detail,
        request_id: id.to_string(),
    });
    BoxBody::new(body.unwrap_or_default())
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
            .wrap(from_fn(edge))
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
