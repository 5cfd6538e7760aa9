//! The policy names a host of scripts where anybody can publish one.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CROSS_ORIGIN_OPENER_POLICY, ContentType,
    HeaderMap, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    X_XSS_PROTECTION,
};
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    App, HttpMessage, HttpResponse, HttpServer, Responder, get, post,
    web,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ipnet::IpNet;
use serde_json::json;

use crate::accounts::{Accounts, Forgotten, Reset};
use crate::{Env, page, staff, tls};

/// Where users find the shop, and the proxies that speak for them.
struct Edge {
    url: String,
    proxies: Vec<IpNet>,
}

/// Who asks, and whether by HTTPS.
#[derive(Clone)]
struct Client {
    address: IpAddr,
    https: bool,
}

/// What scripts and styles of one answer carry. Nobody can guess it.
#[derive(Clone)]
struct Nonce(String);

impl Edge {
    fn new(env: &Env) -> anyhow::Result<Self> {
        let networks = env.trusted_proxies()?.split(',');
        Ok(Self {
            url: env.public_url()?.to_owned(),
            proxies: networks
                .map(str::parse)
                .collect::<Result<_, _>>()?,
        })
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies
            .iter()
            .any(|proxies| proxies.contains(&address))
    }

    /// What a proxy says of its client counts. What anybody else says
    /// does not.
    fn client(&self, request: &ServiceRequest) -> Client {
        let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let peer = request.peer_addr().map_or(nobody, |peer| peer.ip());
        let schemes = appended(request.headers(), "x-forwarded-proto");
        Client {
            address: self.address(peer, request.headers()),
            https: match schemes.last() {
                Some(scheme) if self.is_proxy(peer) => {
                    *scheme == "https"
                }
                _ => request.app_config().secure(),
            },
        }
    }

    /// Every proxy appends whom it has heard. So the list is read from
    /// its end, as far as proxies of ours have written it.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer;
        for before in appended(headers, "x-forwarded-for").iter().rev()
        {
            match before.parse() {
                Ok(before) if self.is_proxy(address) => {
                    address = before
                }
                _ => break,
            }
        }
        address
    }
}

/// The items of a list that proxies append to, the latest last.
fn appended<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let lines = headers.get_all(name);
    // A line that is no text stands for an item that is no address.
    let lines = lines.map(|line| line.to_str().unwrap_or_default());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect()
}

impl Nonce {
    fn new() -> actix_web::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(ErrorInternalServerError)?;
        Ok(Self(BASE64_STANDARD.encode(bytes)))
    }
}

/// The page for customers who have forgotten their password.
#[get("/")]
async fn index(nonce: web::ReqData<Nonce>) -> impl Responder {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page::html_with_nonce(&nonce.0))
}

/// Its form is sent here.
#[post("/reset")]
async fn reset(
    accounts: web::Data<Accounts>,
    edge: web::Data<Edge>,
    client: web::ReqData<Client>,
    form: web::Form<Forgotten>,
) -> actix_web::Result<impl Responder> {
    let mail = Reset {
        email: form.into_inner().email,
        page: format!("{}/reset", edge.url),
        asked_from: client.address.to_string(),
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

/// What protects the user in the browser, on every answer.
const PROTECTION: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    // For browsers that know no policy. Their filters did more harm.
    (X_FRAME_OPTIONS, "DENY"),
    (X_XSS_PROTECTION, "0"),
];

/// A year, which browsers count from the last answer on.
const STAY: HeaderValue =
    HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Nothing but what the page has, and nothing that somebody writes into
/// it.
fn policy(nonce: &Nonce) -> actix_web::Result<HeaderValue> {
    let Nonce(nonce) = nonce;
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' \
         https://cdn.jsdelivr.net; \
         style-src 'nonce-{nonce}'; form-action 'self'; \
         object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    policy.try_into().map_err(ErrorInternalServerError)
}

/// The outermost layer: no answer leaves without its headers, be it a
/// response or still an error.
async fn protect(
    edge: web::Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let client = edge.client(&request);
    let nonce = Nonce::new()?;
    let (https, policy) = (client.https, policy(&nonce)?);
    let protect = move |headers: &mut HeaderMap| {
        for (name, value) in PROTECTION {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        if https {
            headers.insert(STRICT_TRANSPORT_SECURITY, STAY);
        }
    };
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(nonce);
    match next.call(request).await {
        Ok(mut response) => {
            protect(response.headers_mut());
            Ok(response)
        }
        Err(mut error) => {
            error.add_response_mapper(move |mut response| {
                protect(response.headers_mut());
                response
            });
            Err(error)
        }
    }
}

/// Sends whoever comes by HTTP to HTTPS.
async fn https_only(
    edge: web::Data<Edge>,
    client: web::ReqData<Client>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    if client.https {
        let response = next.call(request).await?;
        return Ok(response.map_into_boxed_body());
    }
    let path = request.uri().path_and_query();
    let path = path.map_or("/", PathAndQuery::as_str);
    let moved = HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, format!("{}{path}", edge.url)))
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
    let edge = web::Data::new(Edge::new(&env)?);
    let app = move || {
        App::new()
            .wrap(from_fn(https_only))
            .wrap(from_fn(protect))
            .app_data(accounts.clone())
            .app_data(edge.clone())
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
