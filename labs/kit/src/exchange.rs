//! One exchange: a request on a connection of its own, and what became of it.

use std::fmt;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderMap};
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::mask;

/// The largest body that the client takes, in bytes.
const BODY_LIMIT: usize = 16 << 20;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A whole response.
    Response {
        /// Its status.
        status: StatusCode,
        /// Its headers.
        headers: HeaderMap,
        /// Its body.
        body: Bytes,
    },
    /// The connection was refused, reset or closed before a whole response.
    Closed,
    /// Nothing came within the [deadline](crate::control::Deadline).
    None,
}

impl Answer {
    /// The status, when there is a whole response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Response { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The body; empty when there is no whole response.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Response { body, .. } => body,
            _ => &[],
        }
    }

    /// The body as text, what is no UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    /// A header's value, the first of several, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        match self {
            Self::Response { headers, .. } => headers.get(name)?.to_str().ok(),
            _ => None,
        }
    }

    /// Whether it is a 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status().is_some_and(|s| s.is_success())
    }

    /// Whether it is a 2xx with exactly this body.
    #[must_use]
    pub fn is_ok_with(&self, body: &[u8]) -> bool {
        self.is_success() && self.body() == body
    }

    /// Whether the service answered that the client is at fault: 4xx.
    #[must_use]
    pub fn is_client_error(&self) -> bool {
        self.status().is_some_and(|s| s.is_client_error())
    }

    /// Whether the service answered that it failed: 5xx.
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|s| s.is_server_error())
    }

    /// The canonical lines for a transcript, without the body: see [`mask`].
    #[must_use]
    pub fn headers(&self) -> Vec<String> {
        match self {
            Self::Response { headers, .. } => mask::headers(headers),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response {
                status, headers, ..
            } => {
                write!(f, "{}", status.as_u16())?;
                match headers.get(hyper::header::CONTENT_TYPE) {
                    Some(kind) => write!(f, " {}", String::from_utf8_lossy(kind.as_bytes())),
                    None => write!(f, " without a content type"),
                }
            }
            Self::Closed => f.write_str("closed without an answer"),
            Self::None => f.write_str("no answer"),
        }
    }
}

/// A request under construction.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// A bare `GET`.
#[must_use]
pub fn get(path: &str) -> Request {
    Request {
        method: Method::GET,
        path: path.to_owned(),
        headers: Vec::new(),
        body: Bytes::new(),
    }
}

/// A bare request.
#[must_use]
pub fn request(method: Method, path: &str) -> Request {
    Request {
        method,
        ..get(path)
    }
}

impl Request {
    /// The same with another header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with_header("content-type", content_type)
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn with_json(self, value: &serde_json::Value) -> Self {
        self.with_body("application/json", value.to_string())
    }

    /// The same with a form, encoded as a browser does.
    #[must_use]
    pub fn with_form(self, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        self.with_body("application/x-www-form-urlencoded", pairs.join("&"))
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// `application/x-www-form-urlencoded`, as the URL standard has it.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Sends one request on a connection of its own and reads the whole answer.
pub async fn exchange(addr: SocketAddr, request: Request) -> Answer {
    try_exchange(addr, request).await.unwrap_or(Answer::Closed)
}

/// Any error on the way means the same to a caller: no whole answer came.
async fn try_exchange(addr: SocketAddr, request: Request) -> Option<Answer> {
    let (mut sender, _end) = connect(addr).await?;
    send(
        &mut sender,
        addr,
        request.with_header("connection", "close"),
    )
    .await
}

type Sender = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

async fn connect(addr: SocketAddr) -> Option<(Sender, Abort)> {
    let stream = TcpStream::connect(addr).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    let connection = tokio::spawn(connection);
    Some((sender, Abort(connection.abort_handle())))
}

async fn send(sender: &mut Sender, addr: SocketAddr, request: Request) -> Option<Answer> {
    let mut message = hyper::Request::builder()
        .method(request.method)
        .uri(&request.path);
    let own_host = |(name, _): &(String, String)| name.eq_ignore_ascii_case("host");
    if !request.headers.iter().any(own_host) {
        message = message.header(HOST, addr.to_string());
    }
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let message = message.body(Full::new(request.body)).ok()?;
    let response = sender.send_request(message).await.ok()?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .ok()?
        .to_bytes();
    Some(Answer::Response {
        status: head.status,
        headers: head.headers,
        body,
    })
}

/// A connection that is kept for the next request, for load runs.
#[derive(Debug)]
pub(crate) struct Line {
    addr: SocketAddr,
    open: Option<(Sender, Abort)>,
}

impl Line {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { addr, open: None }
    }

    /// Sends a request, on a new connection when the last one has ended.
    pub(crate) async fn exchange(&mut self, request: Request) -> Answer {
        if let Some((sender, _)) = &mut self.open
            && sender.ready().await.is_err()
        {
            self.open = None;
        }
        if self.open.is_none() {
            self.open = connect(self.addr).await;
        }
        let answer = match &mut self.open {
            Some((sender, _)) => send(sender, self.addr, request).await,
            None => None,
        };
        if answer.is_none() {
            self.open = None;
        }
        answer.unwrap_or(Answer::Closed)
    }
}

/// A task that ends when this is dropped.
pub(crate) struct Abort(pub(crate) tokio::task::AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Abort")
    }
}
