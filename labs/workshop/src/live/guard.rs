//! Who may speak to `/_lab/`: pages of this server, and nobody else.
//!
//! Any page in the reader's browser can send requests to this address. It
//! cannot choose `Origin` and `Sec-Fetch-Site`, which the browser writes; so
//! these two decide. A service on another port of this machine is *same-site*,
//! and the labs run such services, so same-site is refused as cross-site is.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

/// Refuses what no page of this server has sent.
///
/// # Errors
/// Those of the services behind it.
pub async fn same_origin(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, Error> {
    match refusal(req.method(), req.headers()) {
        None => Ok(next.call(req).await?.map_into_left_body()),
        Some(reason) => {
            let answer = HttpResponse::build(StatusCode::FORBIDDEN)
                .content_type("text/plain; charset=utf-8")
                .body(format!("{reason}\n"));
            Ok(req.into_response(answer).map_into_right_body())
        }
    }
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
    };
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin") {
        return Some("Only pages of this server may use this address.");
    }
    if [Method::GET, Method::HEAD].contains(method) {
        // Reading changes nothing, and a run is known by its random id only.
        return None;
    }
    let host = text(header::HOST).unwrap_or_default();
    let own = |origin: &str| {
        let name = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        name == Some(host)
    };
    if !text(header::ORIGIN).is_some_and(own) {
        return Some("Runs are started by pages of this server: the Origin is another.");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: Method, pairs: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                header::HeaderName::from_static(name),
                value.parse().unwrap(),
            );
        }
        refusal(&method, &map).is_some()
    }

    #[test]
    fn a_post_needs_the_exact_origin() {
        let host = ("host", "127.0.0.1:3000");
        let from = |origin| refused(Method::POST, &[host, ("origin", origin)]);
        assert!(!from("http://127.0.0.1:3000"));
        for origin in [
            "http://127.0.0.1:8080",
            "http://localhost:3000",
            "null",
            "http://evil.example",
        ] {
            assert!(from(origin), "{origin}");
        }
        assert!(refused(Method::POST, &[host]));
    }

    #[test]
    fn other_sites_and_other_ports_are_refused_whatever_they_ask() {
        for site in ["cross-site", "same-site", "none"] {
            assert!(refused(Method::GET, &[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!refused(Method::GET, &[("sec-fetch-site", "same-origin")]));
        assert!(!refused(Method::GET, &[]));
    }
}
