//! The client: requests to a subject, each on a fresh connection.
//!
//! actix-server deals accepted connections out to its workers in turn, so a
//! fresh connection per request makes counts exact.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bench::Log;
use crate::control::{Deadline, Watch};
use crate::exchange::{Abort, exchange};

pub use crate::exchange::{Answer, Request, get};
pub use crate::jar::Jar;
pub use hyper::Method;

/// A request aimed at a subject; sending it writes a line of the transcript.
#[derive(Debug)]
pub struct Call {
    addr: SocketAddr,
    watch: Watch,
    label: Option<char>,
    log: Log,
    request: Request,
}

impl Call {
    pub(crate) fn new(
        addr: SocketAddr,
        watch: Watch,
        label: Option<char>,
        log: Log,
        request: Request,
    ) -> Self {
        Self {
            addr,
            watch,
            label,
            log,
            request,
        }
    }

    /// `GET /me`, and to which instance when there are several.
    fn name(&self) -> String {
        let name = self.request.name();
        match self.label {
            Some(label) => format!("{name}, instance {label}"),
            None => name,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request
            .headers
            .push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a body of that content type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.request = self.request.with_body(content_type, body);
        self
    }

    /// Sends `value` as JSON.
    #[must_use]
    pub fn json(mut self, value: &serde_json::Value) -> Self {
        self.request = self.request.with_json(value);
        self
    }

    /// Sends a form as a browser does.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.request = self.request.with_form(fields);
        self
    }

    /// Sends the cookies of `jar`, if it has any.
    #[must_use]
    pub fn cookies(self, jar: &Jar) -> Self {
        match jar.header() {
            Some(cookies) => self.header("cookie", &cookies),
            None => self,
        }
    }

    /// Sends it now, in a task of its own.
    #[must_use]
    pub fn send(self) -> Pending {
        let name = self.name();
        self.log.line('>', &name);
        let (done, answer) = watch::channel(None);
        let task = tokio::spawn(async move {
            let answer = exchange(self.addr, self.request).await;
            // The receiver may be gone: then nobody wants to know.
            let _ = done.send(Some(answer));
        });
        Pending {
            name,
            watch: self.watch,
            answer,
            log: self.log,
            task: Arc::new(Abort(task.abort_handle())),
        }
    }

    /// Sends it and waits for the answer, without a line of the transcript.
    pub async fn unlogged(self) -> Answer {
        let deadline = Deadline::start(&self.watch);
        tokio::select! {
            biased;
            answer = exchange(self.addr, self.request) => answer,
            () = deadline.passed() => Answer::None,
        }
    }

    /// Sends it `count` times at once, each on a connection of its own.
    #[must_use]
    pub fn each_of(self, count: usize) -> Wave {
        let wave = format!("{count} × {}", self.name());
        self.log.line('>', &wave);
        self.log.step(&format!("waiting for {wave}"));
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            tasks.spawn(exchange(self.addr, self.request.clone()));
        }
        Wave {
            watch: self.watch,
            tasks,
        }
    }
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Pending {
    name: String,
    watch: Watch,
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
        let deadline = Deadline::start(&self.watch);
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
    watch: Watch,
    tasks: JoinSet<Answer>,
}

impl Wave {
    /// Collects the answers that come before the deadline; every answer
    /// starts it anew, so a slow machine loses none. The rest stays under
    /// way in `self`.
    pub async fn answers(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut deadline = Deadline::start(&self.watch);
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
