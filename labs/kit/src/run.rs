//! One run of an experiment: bounded, in whatever way it ends.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::lab::Lab;
use crate::subject::Target;
use crate::transcript::Transcript;

/// The most that a run may take: every silence in it ends by its own deadline
/// long before, also on a machine that has much else to do.
pub const BOUND: Duration = Duration::from_secs(90);

/// What a run gave.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The record; it holds the cause when the run ended early.
    pub transcript: Transcript,
    /// Whether the service could be started at all.
    pub started: bool,
    /// Why the run ended early.
    pub stopped: Option<String>,
    /// The panics that the service reported, each as `place: message`.
    pub panics: Vec<String>,
}

/// The runtime that all runs of this process share.
///
/// # Panics
/// When the operating system gives no threads.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap_or_else(|e| panic!("cannot start a runtime: {e}"))
    })
}

/// Runs the lab's experiment against `target`, within [`BOUND`].
///
/// # Errors
/// When the harness itself cannot work, for want of a port or of a service
/// say. Whatever the service under test does is an outcome, not an error.
pub async fn experiment(lab: &'static Lab, target: Target) -> anyhow::Result<Outcome> {
    experiment_within(lab, target, BOUND).await
}

/// The same within another bound.
///
/// # Errors
/// As [`experiment`].
pub async fn experiment_within(
    lab: &'static Lab,
    target: Target,
    bound: Duration,
) -> anyhow::Result<Outcome> {
    let mut bench = Bench::new(lab, target).await?;
    let log = bench.log();
    let trouble = bench.trouble();
    let run = tokio::time::timeout(bound, (lab.experiment)(&mut bench));
    let mut stopped = tokio::select! {
        run = run => match run {
            Ok(Ok(())) => None,
            Ok(Err(stopped)) => Some(stopped.cause().to_owned()),
            Err(_) => Some(format!(
                "no end after {} s: {}",
                bound.as_secs(),
                log.current_step()
            )),
        },
        trouble = trouble => Some(trouble),
    };
    // A service whose database is gone looks like one that is wrong.
    if !log.transcript(lab.claims).all_hold()
        && let Some(wrong) = bench.wrong().await
    {
        stopped = Some(wrong);
    }
    if let Some(cause) = &stopped {
        log.line('!', cause);
    }
    let output = bench.end().await;
    let started = output.is_some();
    let panics = panics_in(&output.unwrap_or_default());
    Ok(Outcome {
        transcript: log.transcript(lab.claims),
        started,
        stopped,
        panics,
    })
}

/// Finds `thread 'x' panicked at src/a.rs:1:2:` and the message after it.
fn panics_in(output: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = output.iter().peekable();
    while let Some(line) = lines.next() {
        let Some((_, place)) = line.split_once("panicked at ") else {
            continue;
        };
        let message = lines.peek().map_or("", |l| l.as_str());
        found.push(format!("{} {message}", place.trim_end()));
    }
    found.dedup();
    found
}
