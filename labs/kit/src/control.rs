//! The one deadline for "no answer", measured with a control loop.
//!
//! The harness cannot know whether it drives a good version, so there is one
//! rule for all: a request has no answer once both 300 ms have passed and a
//! healthy one-worker service beside it, asked one request after another, has
//! given 50 answers, without the awaited answers making any progress. A
//! machine that slows down stretches the deadline with it, and so does a
//! harness that is kept waiting for a processor.
//!
//! A service that is still at work, or waits for a processor itself, gets up
//! to [`MOST`]: its silence may end. Held and blocked threads sleep.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::exchange;
use crate::process;
use crate::run;
use crate::subject::{self, Subject};

/// The least time that an answer gets.
pub const LEAST: Duration = Duration::from_millis(300);

/// The most that a service gets whose threads are at work.
pub const MOST: Duration = Duration::from_secs(3);

/// The answers that the control service gives meanwhile.
pub const ANSWERS: u64 = 50;

/// The version name under which this executable serves as the control.
pub const VERSION: &str = "labkit-control";

#[derive(Default)]
struct Control {
    answers: AtomicU64,
    waiting: AtomicUsize,
    wake: Notify,
}

fn control() -> &'static Control {
    static CONTROL: OnceLock<Control> = OnceLock::new();
    CONTROL.get_or_init(|| {
        // On the same runtime as the awaited requests: a harness that gets no
        // processor time must not find the service slow.
        run::runtime().spawn(ask());
        Control::default()
    })
}

async fn ask() {
    let control = control();
    let service = match Subject::start_control() {
        Ok(service) => service,
        Err(error) => {
            eprintln!("labkit: no control service: {error}");
            return;
        }
    };
    loop {
        while control.waiting.load(Ordering::SeqCst) == 0 {
            control.wake.notified().await;
        }
        let answer = exchange::exchange(service.addr(), exchange::get("/")).await;
        if answer.status().is_some() {
            control.answers.fetch_add(1, Ordering::SeqCst);
        } else if service.has_ended() {
            eprintln!("labkit: the control service ended");
            return;
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A deadline that is under way from its creation until it is dropped.
#[derive(Debug)]
pub struct Deadline {
    since: Instant,
    answers: u64,
    watch: Watch,
}

/// The processes that an answer may come from: the service, and the servers
/// that it depends on.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<[u32]>);

impl Watch {
    /// Watches these processes, and their children.
    #[must_use]
    pub fn new(processes: impl IntoIterator<Item = u32>) -> Self {
        Self(processes.into_iter().collect())
    }

    /// Whether one of them is at work.
    #[must_use]
    pub fn at_work(&self) -> bool {
        self.0.iter().copied().any(process::at_work)
    }
}

impl Deadline {
    /// Starts to count; `watch` names the processes that are to answer, when
    /// their threads can be looked at.
    #[must_use]
    pub fn start(watch: &Watch) -> Self {
        let control = control();
        control.waiting.fetch_add(1, Ordering::SeqCst);
        control.wake.notify_one();
        Self {
            since: Instant::now(),
            answers: control.answers.load(Ordering::SeqCst),
            watch: watch.clone(),
        }
    }

    /// Counts anew, because an awaited answer came.
    pub fn progress(&mut self) {
        self.since = Instant::now();
        self.answers = control().answers.load(Ordering::SeqCst);
    }

    /// Waits until the deadline has passed.
    pub async fn passed(&self) {
        let control = control();
        loop {
            let late = self.since.elapsed() >= LEAST;
            let answers = control.answers.load(Ordering::SeqCst) - self.answers;
            if late && answers >= ANSWERS {
                let patient = self.since.elapsed() < MOST;
                if !(patient && self.watch.at_work()) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        control().waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The control service: one worker, one route.
///
/// # Errors
/// When the server cannot be started.
pub async fn server(listener: std::net::TcpListener) -> anyhow::Result<actix_web::dev::Server> {
    use actix_web::{App, HttpResponse, HttpServer, web};
    let app = || {
        App::new().route(
            "/",
            web::get().to(|| async { HttpResponse::Ok().body("ok") }),
        )
    };
    Ok(HttpServer::new(app).workers(1).listen(listener)?.run())
}

/// Whether this process is to be the control service.
#[must_use]
pub fn is_control() -> bool {
    std::env::var(subject::SERVE).is_ok_and(|name| name == VERSION)
}
