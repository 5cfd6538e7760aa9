//! A shop's register of customers, used by its tills.

use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::{
    ErrorInternalServerError, ErrorUnprocessableEntity,
};
use actix_web::http::header::{self, ContentType, HeaderName};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::{App, Error, HttpResponse, HttpServer, Responder, web};
use diesel::prelude::*;
use tracing::info;

use crate::schema::{customers, orders};
use crate::{
    Customer, Database, Env, Order, RequestId, Unauthorized, may_enter,
};

/// The one path that needs no token.
const HEALTH_CHECK: &str = "/ping";

/// The load balancer asks this once a second.
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// A new customer, from the form at the till.
async fn register(
    database: web::Data<Database>,
    customer: web::Json<Customer>,
) -> actix_web::Result<impl Responder> {
    let customer = customer.into_inner();
    if !customer.email.contains('@') {
        return Err(ErrorUnprocessableEntity(
            "an address has an @ in it",
        ));
    }
    let new = customer.clone();
    database
        .run(|connection| {
            diesel::insert_into(customers::table)
                .values(new)
                .execute(connection)
        })
        .await
        .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Created().json(customer))
}

/// The customer whose card was read.
async fn customer(
    database: web::Data<Database>,
    number: web::Path<i32>,
) -> actix_web::Result<impl Responder> {
    let customer: Customer = database
        .run(move |connection| {
            customers::table.find(*number).first(connection)
        })
        .await
        .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(customer))
}

/// What this customer has bought.
async fn purchases(
    database: web::Data<Database>,
    number: web::Path<i32>,
) -> actix_web::Result<impl Responder> {
    let purchases: Vec<Order> = database
        .run(move |connection| {
            orders::table
                .filter(orders::customer.eq(*number))
                .load(connection)
        })
        .await
        .map_err(ErrorInternalServerError)?;
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
            .wrap(security_headers())
            .wrap(from_fn(access_log))
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
