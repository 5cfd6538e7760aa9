//! The bench: what an experiment works with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::Answer;
use crate::control::Deadline;
use crate::env::Env;
use crate::gate::Gate;
use crate::lab::{Claim, Lab};
use crate::subject::{Subject, Target};
use crate::transcript::Transcript;

/// Why an experiment could not go on. Claims that it did not reach stay so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    cause: String,
}

impl Stopped {
    /// `cause` is a sentence without a full stop that names what was awaited.
    #[must_use]
    pub fn new(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
        }
    }

    /// The cause.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Self {
        Self::new(format!("{error:#}"))
    }
}

/// The transcript under way, shared by the bench and its clients.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    transcript: Option<Transcript>,
    /// What is awaited now: the named cause when the bound is hit.
    step: String,
}

impl Log {
    pub(crate) fn new(claims: &[Claim]) -> Self {
        let entries = Entries {
            transcript: Some(Transcript::new(claims)),
            step: "starting the service".to_owned(),
        };
        Self(Arc::new(Mutex::new(entries)))
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn line(&self, mark: char, text: &str) {
        if let Some(transcript) = &mut self.lock().transcript {
            transcript.line(mark, text);
        }
    }

    pub(crate) fn step(&self, step: &str) {
        step.clone_into(&mut self.lock().step);
    }

    pub(crate) fn current_step(&self) -> String {
        self.lock().step.clone()
    }

    pub(crate) fn claim(&self, claim: Claim, holds: bool) {
        if let Some(transcript) = &mut self.lock().transcript {
            transcript.claim(claim, holds);
        }
    }

    /// The transcript so far.
    pub(crate) fn transcript(&self, claims: &[Claim]) -> Transcript {
        self.lock()
            .transcript
            .clone()
            .unwrap_or_else(|| Transcript::new(claims))
    }
}

/// One run of an experiment against one target.
#[derive(Debug)]
pub struct Bench {
    target: Target,
    log: Log,
    gate: Gate,
    subject: Option<Subject>,
}

impl Bench {
    /// A bench for `target`.
    ///
    /// # Errors
    /// When no port can be bound for the gate.
    pub async fn new(lab: &Lab, target: Target) -> std::io::Result<Self> {
        Ok(Self {
            target,
            log: Log::new(lab.claims),
            gate: Gate::bind().await?,
            subject: None,
        })
    }

    /// Starts the service.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start(&mut self) -> Result<(), Stopped> {
        let env = Env {
            gate: Some(self.gate.addr()),
        };
        let subject = Subject::start(&self.target, &env, self.log.clone()).await?;
        self.subject = Some(subject);
        Ok(())
    }

    /// The service that [`Bench::start`] started.
    ///
    /// # Errors
    /// When it was not started, which is a mistake of the experiment.
    pub fn subject(&self) -> Result<&Subject, Stopped> {
        self.subject
            .as_ref()
            .ok_or_else(|| Stopped::new("the experiment did not start the service"))
    }

    /// The gate at which the service's dependency is held.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Begins a phase: `# title`.
    pub fn phase(&self, title: &str) {
        self.log.line('#', title);
        self.log.step(title);
    }

    /// Notes a fact: `= text`.
    pub fn fact(&self, text: impl AsRef<str>) {
        self.log.line('=', text.as_ref());
    }

    /// Notes an answer that was awaited without a line: `< 200 text/html`.
    pub fn answer(&self, answer: &Answer) {
        self.log.line('<', &answer.to_string());
    }

    /// Judges a claim; see [`Transcript::claim`].
    pub fn claim(&self, claim: Claim, holds: bool) {
        self.log.claim(claim, holds);
    }

    /// How the service has ended, if it ends before the deadline.
    pub async fn ending(&self) -> Option<String> {
        let subject = self.subject.as_ref()?;
        let deadline = Deadline::start(subject.process());
        tokio::select! {
            biased;
            ending = subject.ended() => Some(ending),
            () = deadline.passed() => None,
        }
    }

    pub(crate) fn log(&self) -> Log {
        self.log.clone()
    }

    pub(crate) fn take_subject(&mut self) -> Option<Subject> {
        self.subject.take()
    }
}
