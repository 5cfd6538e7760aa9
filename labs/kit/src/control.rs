//! The one deadline for "no answer", measured with a control loop.
//!
//! The harness cannot know whether it drives a good version, so there is one
//! rule for all: a request has no answer once both 300 ms have passed and a
//! healthy one-worker service beside it, asked one request after another, has
//! given 50 answers, without the awaited answers making any progress. A
//! machine that slows down stretches the deadline with it, and so does a
//! harness that is kept waiting for a processor.
//!
//! A service that is still at work, waits for a processor itself or for a
//! disk, gets up to [`MOST`]: its silence may end. Held and blocked threads
//! sleep.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::exchange;
use crate::run;
use crate::subject::{self, Subject};
use crate::table;

/// The least time that an answer gets.
pub const LEAST: Duration = Duration::from_millis(300);

/// The most that a service gets whose threads are at work.
pub const MOST: Duration = Duration::from_secs(3);

/// So long a service must have been at rest. Work that goes from thread to
/// thread, to a disk and to another server, rests for moments on the way.
pub const REST: Duration = Duration::from_millis(60);

/// How often one looks.
const LOOK: Duration = Duration::from_millis(10);

/// The control's rest between two of its requests: without one it would keep a
/// processor busy, and hold up what it is there to measure.
const BREATH: Duration = Duration::from_millis(2);

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
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// A deadline that is under way from its creation until it is dropped.
#[derive(Debug)]
pub struct Deadline {
    since: Instant,
    answers: u64,
    watch: Watch,
    /// When they were last seen at work.
    worked: Mutex<Option<Instant>>,
}

/// The processes that an answer may come from: the service, and the servers
/// that it depends on.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Watching>);

#[derive(Debug, Default)]
struct Watching {
    watched: Vec<Watched>,
    /// What was seen last, and when: a wave of requests looks once.
    seen: Mutex<Option<(Instant, bool)>>,
}

/// A process, and the mark of those of its children that count.
pub(crate) type Watched = (u32, Option<String>);

impl Watch {
    /// Watches these processes.
    pub(crate) fn new(processes: impl IntoIterator<Item = Watched>) -> Self {
        Self(Arc::new(Watching {
            watched: processes.into_iter().collect(),
            seen: Mutex::default(),
        }))
    }

    /// Whether one of them is at work, or was 10 ms ago.
    #[must_use]
    pub fn at_work(&self) -> bool {
        let mut seen = lock(&self.0.seen);
        if let Some((at, works)) = *seen
            && at.elapsed() < LOOK
        {
            return works;
        }
        let mut watched = self.0.watched.iter();
        let works = watched.any(|(process, mark)| table::at_work(*process, mark.as_deref()));
        *seen = Some((Instant::now(), works));
        works
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
            worked: Mutex::default(),
        }
    }

    /// Counts anew, because an awaited answer came.
    pub fn progress(&mut self) {
        self.since = Instant::now();
        self.answers = control().answers.load(Ordering::SeqCst);
    }

    /// Waits until the deadline has passed. To be dropped and called again is
    /// no loss.
    pub async fn passed(&self) {
        self.passed_after(LEAST).await;
    }

    /// Waits until the service rests, after which nothing comes of what it was
    /// asked unless it waits for a time of its own. It is no verdict: an answer
    /// gets [`LEAST`].
    pub async fn rests(&self) {
        self.passed_after(REST).await;
    }

    async fn passed_after(&self, least: Duration) {
        let control = control();
        // Nobody is late before, and looking costs a processor, too.
        let soon = least.saturating_sub(REST);
        tokio::time::sleep(soon.saturating_sub(self.since.elapsed())).await;
        loop {
            let late = self.since.elapsed() >= least;
            let answers = control.answers.load(Ordering::SeqCst) - self.answers;
            let patient = self.since.elapsed() < MOST;
            let busy = self.is_busy();
            if late && answers >= ANSWERS && !(patient && busy) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether the watched processes have worked within [`REST`].
    fn is_busy(&self) -> bool {
        let mut worked = lock(&self.worked);
        if self.watch.at_work() {
            *worked = Some(Instant::now());
        }
        worked.is_some_and(|at| at.elapsed() < REST)
    }
}

/// What these guard is whole at any moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
