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

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::exchange;
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
    service: Option<u32>,
}

impl Deadline {
    /// Starts to count; `service` is the process that is to answer, when its
    /// threads can be looked at.
    #[must_use]
    pub fn start(service: Option<u32>) -> Self {
        let control = control();
        control.waiting.fetch_add(1, Ordering::SeqCst);
        control.wake.notify_one();
        Self {
            since: Instant::now(),
            answers: control.answers.load(Ordering::SeqCst),
            service,
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
                if !(patient && self.service.is_some_and(at_work)) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Whether a thread of the process runs or waits for a processor. Elsewhere
/// than on Linux nobody knows, and the control loop decides alone.
fn at_work(process: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return false;
    };
    threads.flatten().any(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // `12 (name) R …`: the name may hold anything but is the last in brackets.
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('R'))
    })
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
