//! No crate for metrics, no spans: maxima by hand, reset by each scrape, a
//! request's whole processor time, and the id as a field of the event.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::future::poll_fn;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::ContentType;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    App, Error, HttpRequest, HttpResponse, HttpServer, Responder, get,
    rt, web,
};
use rustix::time::{ClockId, clock_gettime};
use tracing::info;

use crate::{
    Catalogue, Env, NoAnswer, ReportEngine, Supplier, Unavailable,
};

const BOUNDS: [f64; 5] = [0.001, 0.01, 0.1, 1.0, f64::INFINITY];

#[derive(Default)]
struct Route {
    buckets: [u64; 5],
    sum: f64,
    busy: f64,
}

#[derive(Default)]
struct Figures {
    routes: BTreeMap<String, Route>,
    lag: f64,
}

#[derive(Default)]
struct Metrics(Mutex<Figures>);

impl Metrics {
    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, route: String, took: f64, busy: f64) {
        let mut figures = self.lock();
        let route = figures.routes.entry(route).or_default();
        for (bound, count) in BOUNDS.iter().zip(&mut route.buckets) {
            *count += u64::from(took <= *bound);
        }
        route.sum += took;
        route.busy = route.busy.max(busy);
    }

    fn text(&self) -> Result<String, std::fmt::Error> {
        let mut figures = self.lock();
        let mut text = String::new();
        for (name, route) in &figures.routes {
            for (bound, count) in BOUNDS.iter().zip(&route.buckets) {
                let bound = if bound.is_finite() {
                    bound.to_string()
                } else {
                    "+Inf".to_owned()
                };
                writeln!(
                    text,
                    "http_request_duration_seconds_bucket\
                     {{route=\"{name}\",le=\"{bound}\"}} {count}"
                )?;
            }
            let (count, sum) = (route.buckets[4], route.sum);
            writeln!(
                text,
                "http_request_duration_seconds_count\
                 {{route=\"{name}\"}} {count}\n\
                 http_request_duration_seconds_sum\
                 {{route=\"{name}\"}} {sum}\n\
                 http_request_busy_seconds_max\
                 {{route=\"{name}\"}} {}",
                route.busy
            )?;
        }
        writeln!(text, "worker_lag_seconds_max {}", figures.lag)?;
        figures.lag = 0.0;
        Ok(text)
    }
}

async fn heartbeat(metrics: web::Data<Metrics>) {
    loop {
        let last = Instant::now();
        rt::time::sleep(Duration::from_millis(5)).await;
        let gap = last.elapsed().as_secs_f64();
        let mut figures = metrics.lock();
        figures.lag = figures.lag.max(gap);
    }
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

async fn observe(
    metrics: web::Data<Metrics>,
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let route = req.match_pattern().unwrap_or_default();
    let begun = Instant::now();
    let mut call = pin!(next.call(req));
    let mut busy = Duration::ZERO;
    let answer = poll_fn(|context| {
        let before = processor_time();
        let poll = call.as_mut().poll(context);
        busy += processor_time() - before;
        poll
    })
    .await;
    let took = begun.elapsed().as_secs_f64();
    metrics.request(route, took, busy.as_secs_f64());
    answer
}

#[get("/metrics")]
async fn scrape(
    metrics: web::Data<Metrics>,
) -> actix_web::Result<impl Responder> {
    let text = metrics
        .text()
        .map_err(actix_web::error::ErrorInternalServerError)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text))
}

#[get("/ping")]
async fn ping() -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("pong")
}

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

#[get("/stock/{item}")]
async fn in_stock(
    req: HttpRequest,
    supplier: web::Data<Supplier>,
    item: web::Path<String>,
) -> Result<impl Responder, NoAnswer> {
    let id = req.headers().get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok());
    let stock = supplier.ask(&item).await?;
    info!(id, item = item.as_str(), stock.depot, "answered");
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(format!("{} in {}", stock.pieces, stock.depot)))
}

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
    let _ = tracing_subscriber::fmt().try_init();
    let catalogue = web::Data::new(Catalogue::open(&env)?);
    let supplier = web::Data::new(Supplier::new(&env)?);
    let engine = web::Data::new(ReportEngine::new(&env));
    let measured = web::Data::new(Metrics::default());
    let app = move || {
        rt::spawn(heartbeat(measured.clone()));
        App::new()
            .app_data(catalogue.clone())
            .app_data(supplier.clone())
            .app_data(engine.clone())
            .app_data(measured.clone())
            .service(scrape)
            .service(ping)
            .service(item_page)
            .service(in_stock)
            .service(report)
            .wrap(from_fn(observe))
    };
    let server = HttpServer::new(app)
        .workers(2)
        // Longer than the proxy in front keeps a connection idle.
        .keep_alive(Duration::from_secs(75))
        .listen(listener)?
        .run();
    Ok(server)
}
