//! The page may not read how long to wait.

use std::net::TcpListener;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, ContentType};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::{
    App, Error, HttpMessage, HttpResponse, HttpServer, Responder, get,
    web,
};
use tracing::info;

use crate::{Customer, Env, Limiter, Shop};

/// The one path that needs no token and is not limited.
const HEALTH_CHECK: &str = "/ping";

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// The customer's orders, for the account page.
#[get("/api/orders")]
async fn orders(
    shop: web::Data<Shop>,
    customer: web::ReqData<Customer>,
) -> impl Responder {
    HttpResponse::Ok().json(shop.orders(*customer))
}

/// One line for each request, whatever becomes of it.
async fn access_log(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (method, path) = (req.method().clone(), req.path().to_owned());
    let answer = next.call(req).await;
    let status = match &answer {
        Ok(answer) => answer.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    info!(%method, path, status = status.as_u16());
    answer
}

/// What every answer tells the browser.
fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
        .add((header::REFERRER_POLICY, "no-referrer"))
}

/// Which pages may ask, and what.
fn cors() -> Cors {
    Cors::default()
        .allowed_origin("https://shop.example")
        .allowed_methods(["GET"])
        .allowed_header(header::AUTHORIZATION)
        .max_age(600)
}

/// Refuses a client that asks too often.
async fn limit(
    limiter: web::Data<Limiter>,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let client = req.peer_addr().map(|addr| addr.ip());
    if req.path() != HEALTH_CHECK
        && let Err(wait) = limiter.count(client)
    {
        let refusal = HttpResponse::TooManyRequests()
            .content_type(ContentType::plaintext())
            .insert_header((header::RETRY_AFTER, wait.as_secs() + 1))
            .body("too many requests");
        return Ok(req.into_response(refusal).map_into_right_body());
    }
    Ok(next.call(req).await?.map_into_left_body())
}

/// Refuses whoever has no token, and says whose token it is.
async fn auth(
    shop: web::Data<Shop>,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if req.path() != HEALTH_CHECK {
        let customer = bearer(&req).and_then(|t| shop.customer(t));
        let Some(customer) = customer else {
            let refusal = req.into_response(unauthorized());
            return Ok(refusal.map_into_right_body());
        };
        req.extensions_mut().insert(customer);
    }
    Ok(next.call(req).await?.map_into_left_body())
}

fn unauthorized() -> HttpResponse {
    HttpResponse::Unauthorized()
        .content_type(ContentType::plaintext())
        .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
        .body("no valid token")
}

fn bearer(req: &ServiceRequest) -> Option<&str> {
    let value = req.headers().get(header::AUTHORIZATION)?;
    value.to_str().ok()?.strip_prefix("Bearer ")
}

/// The service, on a listener that is bound already.
pub async fn server(
    _env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // Somebody else may have set one up, which is as good.
    let _ = tracing_subscriber::fmt().try_init();
    let shop = web::Data::new(Shop::open());
    // Made once, so that all workers count together.
    let limiter = web::Data::new(Limiter::hourly());
    let app = move || {
        App::new()
            .app_data(shop.clone())
            .app_data(limiter.clone())
            // A request meets the last layer first. Read upwards:
            .service(ping)
            .service(orders)
            .wrap(from_fn(auth)) // 5 who asks
            .wrap(from_fn(limit)) // 4 how often, refused or not
            .wrap(cors()) // 3 answers preflights
            .wrap(security_headers()) // 2 on every answer
            .wrap(from_fn(access_log)) // 1 sees every request
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
