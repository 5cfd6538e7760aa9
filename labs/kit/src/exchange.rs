//! One exchange: a request on a connection of its own, and what became of it.

use std::fmt;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, HeaderMap};
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

impl Request {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Sends one request on a connection of its own and reads the whole answer.
pub async fn exchange(addr: SocketAddr, request: Request) -> Answer {
    try_exchange(addr, request).await.unwrap_or(Answer::Closed)
}

/// Any error on the way means the same to a caller: no whole answer came.
async fn try_exchange(addr: SocketAddr, request: Request) -> Option<Answer> {
    let stream = TcpStream::connect(addr).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    let connection = tokio::spawn(connection);
    let _end = Abort(connection.abort_handle());
    let mut message = hyper::Request::builder()
        .method(request.method)
        .uri(&request.path)
        .header(HOST, addr.to_string())
        .header(CONNECTION, "close");
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
