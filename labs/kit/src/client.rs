//! The client: one fresh connection per request, answers as facts.
//!
//! actix-server deals accepted connections out to its workers in turn, so a
//! fresh connection per request makes counts exact.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, HeaderMap};
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bench::Log;
use crate::control::Deadline;
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
    /// Nothing came within the [`Deadline`].
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
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A request aimed at a subject; sending it writes a line of the transcript.
#[derive(Debug)]
pub struct Call {
    addr: SocketAddr,
    log: Log,
    request: Request,
}

impl Call {
    pub(crate) fn new(addr: SocketAddr, log: Log, request: Request) -> Self {
        Self { addr, log, request }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request
            .headers
            .push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends it now, in a task of its own.
    #[must_use]
    pub fn send(self) -> Pending {
        self.log.line('>', &self.request.name());
        let name = self.request.name();
        let (done, answer) = watch::channel(None);
        let task = tokio::spawn(async move {
            let answer = exchange(self.addr, self.request).await;
            // The receiver may be gone: then nobody wants to know.
            let _ = done.send(Some(answer));
        });
        Pending {
            name,
            answer,
            log: self.log,
            task: Arc::new(Abort(task.abort_handle())),
        }
    }

    /// Sends it and waits for the answer, without a line of the transcript.
    pub async fn unlogged(self) -> Answer {
        let deadline = Deadline::start();
        tokio::select! {
            biased;
            answer = exchange(self.addr, self.request) => answer,
            () = deadline.passed() => Answer::None,
        }
    }

    /// Sends it `count` times at once, each on a connection of its own.
    #[must_use]
    pub fn each_of(self, count: usize) -> Wave {
        self.log
            .line('>', &format!("{count} × {}", self.request.name()));
        self.log
            .step(&format!("waiting for {count} × {}", self.request.name()));
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            tasks.spawn(exchange(self.addr, self.request.clone()));
        }
        Wave { tasks }
    }
}

struct Abort(tokio::task::AbortHandle);

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

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Pending {
    name: String,
    answer: watch::Receiver<Option<Answer>>,
    log: Log,
    task: Arc<Abort>,
}

impl Pending {
    /// `GET /report/1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The answer, if it is here already.
    #[must_use]
    pub fn peek(&self) -> Option<Answer> {
        self.answer.borrow().clone()
    }

    /// Waits for the answer, [`Answer::None`] once the deadline has passed,
    /// and writes it to the transcript.
    pub async fn answer(self) -> Answer {
        let log = self.log.clone();
        let answer = self.unlogged().await;
        log.line('<', &answer.to_string());
        answer
    }

    /// The same without a line, for an answer that races with the service's
    /// own end: only one of the two can be a fact.
    pub async fn unlogged(self) -> Answer {
        self.log
            .step(&format!("waiting for the answer to {}", self.name));
        let mut answer = self.answer.clone();
        let deadline = Deadline::start();
        let got = tokio::select! {
            biased;
            got = answer.wait_for(Option::is_some) => {
                got.ok().and_then(|got| got.clone()).unwrap_or(Answer::Closed)
            }
            () = deadline.passed() => Answer::None,
        };
        drop(self.task);
        got
    }
}

/// Several requests that were sent at once.
#[derive(Debug)]
pub struct Wave {
    tasks: JoinSet<Answer>,
}

impl Wave {
    /// Collects the answers that come before the deadline; every answer
    /// starts it anew, so a slow machine loses none. The rest stays under
    /// way in `self`.
    pub async fn answers(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut deadline = Deadline::start();
        loop {
            let next = tokio::select! {
                biased;
                next = self.tasks.join_next() => next,
                () = deadline.passed() => return answers,
            };
            match next {
                Some(answer) => answers.push(answer.unwrap_or(Answer::Closed)),
                None => return answers,
            }
            deadline.progress();
        }
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
