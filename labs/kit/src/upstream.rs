//! A stub of the service behind the service: a payment provider, a mail
//! server. It counts what arrives, and answers as it is told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::bench::Stopped;
use crate::control::Deadline;
use crate::run;
use crate::subject::Subject;

/// The largest body that is taken, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// What a stub does with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Keeps it until [`StubUpstream::release`].
    Hold,
    /// This status, without a body.
    Status(u16),
    /// This status, and JSON.
    Json(u16, Value),
    /// This status after a time: for load runs, never for experiments.
    After(Duration, u16),
    /// Closes the connection without an answer.
    Cut,
}

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Its method.
    pub method: String,
    /// Its path, with the query.
    pub path: String,
    /// Its body.
    pub body: Bytes,
}

impl Arrival {
    /// The body as JSON, `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// A running stub. It ends, with its connections, when it is dropped.
#[derive(Debug)]
pub struct StubUpstream {
    addr: SocketAddr,
    state: Arc<State>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct State {
    arrivals: Mutex<Vec<Arrival>>,
    count: watch::Sender<usize>,
    /// What the next request gets.
    reply: Mutex<Reply>,
    /// What held ones get: the number of releases, and the last one's reply.
    released: watch::Sender<(u64, Reply)>,
    gone: watch::Sender<bool>,
}

impl StubUpstream {
    /// Listens on a free port of loopback, and holds whatever arrives.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn bind() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(State {
            arrivals: Mutex::default(),
            count: watch::Sender::new(0),
            reply: Mutex::new(Reply::Hold),
            released: watch::Sender::new((0, Reply::Hold)),
            gone: watch::Sender::new(false),
        });
        let accepting = run::runtime().spawn(accept(listener, state.clone()));
        Ok(Self {
            addr,
            state,
            accepting: accepting.abort_handle(),
        })
    }

    /// Its address, `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// From here on, requests get this reply.
    pub fn answer(&self, reply: Reply) {
        *lock(&self.state.reply) = reply;
    }

    /// Gives this reply to every request that is held now.
    pub fn release(&self, reply: Reply) {
        self.state
            .released
            .send_modify(|(releases, last)| (*releases, *last) = (*releases + 1, reply));
    }

    /// What has arrived so far, in this order.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        lock(&self.state.arrivals).clone()
    }

    /// Waits until `count` requests have arrived in all.
    ///
    /// # Errors
    /// When the service ends, or they do not arrive within the deadline.
    pub async fn arrived(&self, count: usize, subject: &Subject) -> Result<(), Stopped> {
        self.arrive(count, subject, Deadline::passed).await
    }

    /// The same, but no longer than until the service rests. So what comes next
    /// need not wait for a deadline that decides nothing.
    ///
    /// # Errors
    /// When the service ends, or rests before they have arrived.
    pub async fn arrived_or_rests(&self, count: usize, subject: &Subject) -> Result<(), Stopped> {
        self.arrive(count, subject, Deadline::rests).await
    }

    async fn arrive(
        &self,
        count: usize,
        subject: &Subject,
        over: impl AsyncFn(&Deadline),
    ) -> Result<(), Stopped> {
        let mut counted = self.state.count.subscribe();
        let mut deadline = Deadline::start(subject.watch());
        loop {
            let now = *counted.borrow_and_update();
            if now >= count {
                return Ok(());
            }
            tokio::select! {
                biased;
                Ok(()) = counted.changed() => deadline.progress(),
                ended = subject.ended() => return Err(Stopped::new(format!(
                    "the service ended ({ended}) after {now} of {count} calls to the service behind it"
                ))),
                () = over(&deadline) => return Err(Stopped::new(format!(
                    "{now} of {count} calls came to the service behind it"
                ))),
            }
        }
    }
}

impl Drop for StubUpstream {
    fn drop(&mut self) {
        self.accepting.abort();
        self.state.gone.send_replace(true);
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            let mut gone = state.gone.subscribe();
            tokio::select! {
                () = serve(stream, state) => {}
                _ = gone.changed() => {}
            }
        });
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let answer = service_fn(|request| {
        let state = state.clone();
        async move { answer(request, &state).await }
    });
    // A connection that breaks is the client's affair.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

async fn answer(
    request: hyper::Request<Incoming>,
    state: &State,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await;
    let body = body.map_err(|_| Cut)?.to_bytes();
    // Chosen before the arrival is told: what a test sets afterwards is for
    // the next one.
    let mut reply = lock(&state.reply).clone();
    let mut released = state.released.subscribe();
    let before = released.borrow().0;
    lock(&state.arrivals).push(Arrival {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        body,
    });
    state.count.send_modify(|count| *count += 1);
    if reply == Reply::Hold {
        let release = released.wait_for(|(releases, _)| *releases > before).await;
        reply = release.map_err(|_| Cut)?.1.clone();
    }
    let (status, body) = match reply {
        Reply::Status(status) => (status, None),
        Reply::Json(status, value) => (status, Some(value)),
        Reply::After(time, status) => {
            tokio::time::sleep(time).await;
            (status, None)
        }
        Reply::Cut | Reply::Hold => return Err(Cut),
    };
    let status = StatusCode::from_u16(status).map_err(|_| Cut)?;
    let mut response = Response::new(Full::new(
        body.as_ref()
            .map_or_else(Bytes::new, |b| b.to_string().into()),
    ));
    *response.status_mut() = status;
    if body.is_some() {
        let json = hyper::header::HeaderValue::from_static("application/json");
        response
            .headers_mut()
            .insert(hyper::header::CONTENT_TYPE, json);
    }
    Ok(response)
}

/// The connection ends without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on purpose")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
