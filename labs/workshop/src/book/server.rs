//! The server of the book, for this machine only.
//!
//! It will start processes on a reader's behalf, so it trusts nothing that a
//! page on another site could send: it listens on loopback, answers only to
//! names of loopback, and hands out only files that the build has listed.

use std::net::TcpListener;
use std::sync::Arc;

use actix_files::NamedFile;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    self, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Compress, DefaultHeaders, Next, from_fn};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Result;

use super::shelf::Shelf;
use crate::live::{self, Runs};

/// Names under which a browser on this machine finds the server.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The policy of whatever is no page: it may do nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Hosts that a request may name.
#[derive(Debug, Clone)]
struct Hosts(Arc<Vec<String>>);

impl Hosts {
    fn new(extra: &[String]) -> Self {
        let all = LOOPBACK.iter().map(|h| (*h).to_owned());
        Self(Arc::new(
            all.chain(extra.iter().map(|h| h.to_lowercase())).collect(),
        ))
    }

    /// Whether `host`, with or without a port, is one of them.
    fn allow(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        let name = match host.rsplit_once(':') {
            // An IPv6 address has colons of its own, and ends in a bracket.
            Some((name, port))
                if !port.contains(']') && port.bytes().all(|b| b.is_ascii_digit()) =>
            {
                name
            }
            _ => host.as_str(),
        };
        self.0.iter().any(|known| known == name || *known == host)
    }
}

/// Serves what is on `shelf` on `listener`, to requests that name this
/// machine or one of `hosts`.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    shelf: Arc<Shelf>,
    runs: Runs,
    listener: TcpListener,
    hosts: &[String],
) -> Result<Server> {
    let shelf = web::Data::from(shelf);
    // One for all workers: a run that one of them starts, another may end.
    let runs = web::Data::new(runs);
    let hosts = Hosts::new(hosts);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shelf.clone())
            .app_data(runs.clone())
            .app_data(web::Data::new(hosts.clone()))
            .configure(routes)
            .wrap(headers())
            .wrap(from_fn(known_host))
            .wrap(headers())
    })
    .workers(2)
    .listen(listener)?
    .shutdown_timeout(1)
    .run();
    Ok(server)
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::scope("/_lab")
                .wrap(from_fn(live::same_origin))
                .route("/build", web::get().to(build))
                .configure(live::routes),
        )
        .service(
            web::resource("/{path:.*}")
                // Pages only: a live run's events must not wait for a block.
                .wrap(Compress::default())
                .route(web::get().to(page))
                .route(web::head().to(page))
                .default_service(web::to(refused)),
        );
}

/// Headers of every answer.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-cache"))
        .add((header::X_FRAME_OPTIONS, "SAMEORIGIN"))
        .add((
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ))
        .add((
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
        .add((CONTENT_SECURITY_POLICY, NOTHING))
}

/// Refuses a request that names another host: a page elsewhere whose name
/// was pointed at this machine must not read, or start, anything here.
async fn known_host(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let allowed = req
        .app_data::<web::Data<Hosts>>()
        .is_some_and(|hosts| named_host(&req).is_some_and(|host| hosts.allow(&host)));
    if allowed {
        return Ok(next.call(req).await?.map_into_left_body());
    }
    let name = named_host(&req).unwrap_or_default();
    let shown: String = name
        .chars()
        .filter(|c| c.is_ascii_graphic())
        .take(80)
        .collect();
    let text = format!(
        "This server answers to 127.0.0.1 and localhost, not to `{shown}`.\n\
         Behind a forwarded port, start it with: cargo lab serve --allow-host {shown}\n"
    );
    let answer = HttpResponse::build(StatusCode::MISDIRECTED_REQUEST)
        .content_type("text/plain; charset=utf-8")
        .body(text);
    Ok(req.into_response(answer).map_into_right_body())
}

/// The host that a request is meant for; one that names two is meant for none.
fn named_host(req: &ServiceRequest) -> Option<String> {
    let mut values = req.headers().get_all(header::HOST);
    let host = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    match req.uri().authority() {
        Some(authority) if authority.as_str() != host => None,
        _ => Some(host.to_owned()),
    }
}

/// Which build of the book is served now; a page that shows an older one
/// loads itself again.
async fn build(shelf: web::Data<Shelf>) -> HttpResponse {
    let site = shelf.site();
    let name = site.as_ref().and_then(|site| site.dir.file_stem());
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(name.unwrap_or_default().to_string_lossy().into_owned())
}

async fn page(req: HttpRequest, path: web::Path<String>, shelf: web::Data<Shelf>) -> HttpResponse {
    let Some(site) = shelf.site() else {
        return HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body("The book does not build: the terminal says why.\n");
    };
    let name = match path.as_str() {
        "" => "index.html",
        path => path,
    };
    // Only files that the build has listed: a path that climbs is not among
    // them, whatever way it is written in.
    let (name, status) = match site.files.get_key_value(name) {
        Some((name, _)) => (name.as_str(), StatusCode::OK),
        None => ("404.html", StatusCode::NOT_FOUND),
    };
    let Ok(file) = NamedFile::open_async(site.dir.join(name)).await else {
        return HttpResponse::NotFound().body("No such page.\n");
    };
    let file = file.prefer_utf8(true).disable_content_disposition();
    let mut answer = if status == StatusCode::OK {
        file.into_response(&req)
    } else {
        let file = file.use_etag(false).use_last_modified(false);
        let mut answer = file.into_response(&req);
        *answer.status_mut() = status;
        answer
    };
    if let Some(Some(policy)) = site.files.get(name) {
        set(answer.headers_mut(), CONTENT_SECURITY_POLICY, policy);
        if name != "toc.html" {
            set(answer.headers_mut(), header::X_FRAME_OPTIONS, "DENY");
        }
    }
    answer
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

async fn refused() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header(header::Allow(vec![Method::GET, Method::HEAD]))
        .content_type("text/plain; charset=utf-8")
        .body("This server answers GET and HEAD.\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_matched_whole() {
        let hosts = Hosts::new(&["Book.Example".into()]);
        for host in [
            "127.0.0.1:3000",
            "localhost",
            "[::1]:3000",
            "book.example:80",
        ] {
            assert!(hosts.allow(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil",
            "",
            "[::2]:3000",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
    }
}
