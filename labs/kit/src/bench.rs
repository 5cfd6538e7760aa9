//! The bench: what an experiment works with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::Answer;
use crate::control::Deadline;
use crate::deployment::Deployment;
use crate::env::Env;
use crate::gate::Gate;
use crate::ground::Ground;
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
    ground: Ground,
    instances: Vec<Subject>,
    /// What instances wrote that are gone.
    past_output: Vec<String>,
}

impl Bench {
    /// A bench for `target`, on a ground of its own.
    ///
    /// # Errors
    /// When no port can be bound for the gate, or the ground cannot be made.
    pub async fn new(lab: &Lab, target: Target) -> anyhow::Result<Self> {
        let gate = Gate::bind().await?;
        let mut ground = (lab.ground)().await?;
        ground.env.gate = Some(gate.addr());
        Ok(Self {
            target,
            log: Log::new(lab.claims),
            gate,
            ground,
            instances: Vec::new(),
            past_output: Vec::new(),
        })
    }

    /// What the service will read from its environment.
    pub fn env(&mut self) -> &mut Env {
        &mut self.ground.env
    }

    /// A part of the lab's ground: see [`Ground::keep`].
    ///
    /// # Errors
    /// When the ground has none of that type, a mistake of the lab.
    pub fn ground<T: std::any::Any>(&self) -> Result<&T, Stopped> {
        let name = std::any::type_name::<T>();
        let part = self.ground.get();
        part.ok_or_else(|| Stopped::new(format!("the lab's ground has no {name}")))
    }

    /// How the version is deployed.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        self.target.deployment()
    }

    /// Starts the service.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start(&mut self) -> Result<(), Stopped> {
        let subject = Subject::start(&self.target, &self.ground, self.log.clone()).await?;
        self.instances.push(subject);
        Ok(())
    }

    /// Starts several instances of the service, in the same environment.
    ///
    /// # Errors
    /// When one cannot be started.
    pub async fn start_instances(&mut self, count: usize) -> Result<(), Stopped> {
        for n in 0..count {
            let subject = Subject::start(&self.target, &self.ground, self.log.clone()).await?;
            self.instances.push(subject.labelled(letter(n)));
        }
        Ok(())
    }

    /// Kills the n-th instance, and starts it anew at another port.
    ///
    /// # Errors
    /// When there is none, or it cannot be started again.
    pub async fn restart(&mut self, n: usize) -> Result<(), Stopped> {
        self.instance(n)?;
        let several = self.instances.len() > 1;
        let old = self.instances.remove(n);
        self.past_output.extend(old.stop().await);
        let mut new = Subject::start(&self.target, &self.ground, self.log.clone()).await?;
        if several {
            new = new.labelled(letter(n));
        }
        self.instances.insert(n, new);
        Ok(())
    }

    /// The service that [`Bench::start`] started.
    ///
    /// # Errors
    /// When it was not started, which is a mistake of the experiment.
    pub fn subject(&self) -> Result<&Subject, Stopped> {
        self.instance(0)
    }

    /// The n-th instance.
    ///
    /// # Errors
    /// When it was not started, which is a mistake of the experiment.
    pub fn instance(&self, n: usize) -> Result<&Subject, Stopped> {
        self.instances
            .get(n)
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
        let subject = self.instances.first()?;
        let deadline = Deadline::start(subject.watch());
        tokio::select! {
            biased;
            ending = subject.ended() => Some(ending),
            () = deadline.passed() => None,
        }
    }

    pub(crate) fn log(&self) -> Log {
        self.log.clone()
    }

    /// Waits until a server of the ground is in trouble.
    pub(crate) fn trouble(&self) -> impl Future<Output = String> + Send + use<> {
        self.ground.trouble()
    }

    /// What is wrong with a server of the ground.
    pub(crate) async fn wrong(&self) -> Option<String> {
        self.ground.wrong().await
    }

    /// Ends every instance; gives what all of them wrote, or nothing when
    /// none was started.
    pub(crate) async fn end(&mut self) -> Option<Vec<String>> {
        if self.instances.is_empty() {
            return None;
        }
        let mut output = std::mem::take(&mut self.past_output);
        for subject in self.instances.drain(..) {
            output.extend(subject.stop().await);
        }
        Some(output)
    }
}

/// `A` for the first instance.
fn letter(n: usize) -> char {
    u8::try_from(n).map_or('?', |n| char::from(b'A'.saturating_add(n)))
}
