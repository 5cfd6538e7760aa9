//! A shop's service, with metrics and a log.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::ContentType;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    App, Error, HttpResponse, HttpServer, Responder, get, web,
};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tracing::{Instrument, Span, info, info_span};
use tracing_actix_web::{RootSpanBuilder, TracingLogger};

use crate::{
    Catalogue, Env, NoAnswer, ReportEngine, Stock, Supplier,
    Unavailable,
};

/// One histogram for each route.
type ByRoute = Family<[(&'static str, String); 1], Histogram>;

/// What the service measures.
#[derive(Clone)]
struct Metrics {
    duration: ByRoute,
}

impl Metrics {
    fn register(registry: &mut Registry) -> Self {
        let duration = ByRoute::new_with_constructor(seconds);
        registry.register_with_unit(
            "http_request_duration",
            "From the first layer to the head of the answer",
            Unit::Seconds,
            duration.clone(),
        );
        Self { duration }
    }
}

/// From a millisecond to what nobody waits for.
fn seconds() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
        2.5, 5.0,
    ])
}

/// Measures every request.
async fn observe(
    metrics: web::Data<Metrics>,
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let route = route(&req);
    let begun = Instant::now();
    let answer = next.call(req).await;
    metrics
        .duration
        .get_or_create(&route)
        .observe(begun.elapsed().as_secs_f64());
    answer
}

// ANCHOR: half-fix
/// Gives every request's id to its lines of the log.
struct WithId;

impl RootSpanBuilder for WithId {
    fn on_request_start(req: &ServiceRequest) -> Span {
        info_span!("request", id = request_id(req))
    }

    fn on_request_end<B: MessageBody>(
        _: Span,
        _: &Result<ServiceResponse<B>, Error>,
    ) {
        // The place for an access log.
    }
}
// ANCHOR_END: half-fix

/// The route's pattern: a series for each route, not for each address.
fn route(req: &ServiceRequest) -> [(&'static str, String); 1] {
    [("route", req.match_pattern().unwrap_or_default())]
}

/// The proxy in front gives each request an id.
fn request_id(req: &ServiceRequest) -> &str {
    let id = req.headers().get("x-request-id");
    id.and_then(|id| id.to_str().ok()).unwrap_or("none")
}

/// OpenMetrics, which Prometheus reads.
const TEXT_FORMAT: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Prometheus asks this every fifteen seconds.
#[get("/metrics")]
async fn scrape(
    registry: web::Data<Registry>,
) -> actix_web::Result<impl Responder> {
    let mut text = String::new();
    encode(&mut text, &registry).map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().content_type(TEXT_FORMAT).body(text))
}

/// The load balancer asks this once a second.
#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

/// An item's page.
#[get("/items/{item}")]
async fn item_page(
    catalogue: web::Data<Catalogue>,
    item: web::Path<String>,
) -> Result<impl Responder, Unavailable> {
    let page = catalogue.item(&item).await?.page()?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page))
}

/// How many of an item the supplier has.
#[get("/stock/{item}")]
async fn in_stock(
    supplier: web::Data<Supplier>,
    item: web::Path<String>,
) -> Result<impl Responder, NoAnswer> {
    let span = info_span!("stock", %item);
    let stock = ask(&supplier, &item).instrument(span).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(format!("{} in {}", stock.pieces, stock.depot)))
}

async fn ask(
    supplier: &Supplier,
    item: &str,
) -> Result<Stock, NoAnswer> {
    let stock = supplier.ask(item).await?;
    info!(stock.pieces, stock.depot, "the supplier has answered");
    Ok(stock)
}

/// The yearly report that customers open from their account page.
#[get("/report/{customer}")]
async fn report(
    engine: web::Data<ReportEngine>,
    customer: web::Path<u32>,
) -> impl Responder {
    let html = engine.render(*customer);
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(html)
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // Somebody else may have set one up, which is as good.
    let _ = tracing_subscriber::fmt().try_init();
    let catalogue = web::Data::new(Catalogue::open(&env)?);
    let supplier = web::Data::new(Supplier::new(&env)?);
    let engine = web::Data::new(ReportEngine::new(&env));
    // Made once, so that all workers count together.
    let mut registry = Registry::default();
    let measured = web::Data::new(Metrics::register(&mut registry));
    let registry = web::Data::new(registry);
    let app = move || {
        App::new()
            .app_data(catalogue.clone())
            .app_data(supplier.clone())
            .app_data(engine.clone())
            .app_data(registry.clone())
            .app_data(measured.clone())
            .service(scrape)
            .service(ping)
            .service(item_page)
            .service(in_stock)
            .service(report)
            .wrap(from_fn(observe))
            .wrap(TracingLogger::<WithId>::new())
    };
    let server = HttpServer::new(app)
        .workers(2)
        // Longer than the proxy in front keeps a connection idle.
        .keep_alive(Duration::from_secs(75))
        .listen(listener)?
        .run();
    Ok(server)
}
