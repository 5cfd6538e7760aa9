//! How a service starts with a key that will not do.

use labkit::bench::{Bench, Stopped};
use labkit::control::Deadline;

/// What became of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The process ended, and said what it lacks.
    Refused,
    /// It ended, and left its operator to guess.
    Ended,
    /// It answers requests.
    Serves,
    /// It neither answers nor ends.
    Hangs,
}

impl Start {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Refused => "the process ends, and names SESSION_KEY",
            Self::Ended => "the process ends, and names no cause",
            Self::Serves => "the service starts",
            Self::Hangs => "nothing answers, and nothing ends",
        }
    }
}

/// Starts one more instance with that key, the n-th of all.
pub async fn with_key(
    bench: &mut Bench,
    key: Option<String>,
    n: &mut usize,
) -> Result<Start, Stopped> {
    bench.env().session_key = key;
    if let Err(stopped) = bench.start().await {
        // A command that ends before it listens.
        return match stopped.cause() {
            cause if !cause.contains("before it listened") => {
                Err(stopped)
            }
            cause if cause.contains("SESSION_KEY") => {
                Ok(Start::Refused)
            }
            _ => Ok(Start::Ended),
        };
    }
    let subject = bench.instance(*n)?;
    *n += 1;
    if subject.get("/ping").unlogged().await.status().is_some() {
        return Ok(Start::Serves);
    }
    let deadline = Deadline::start(subject.watch());
    let has_ended = tokio::select! {
        biased;
        _ = subject.ended() => true,
        () = deadline.passed() => false,
    };
    let names = |line: &String| line.contains("SESSION_KEY");
    Ok(match has_ended {
        false => Start::Hangs,
        true if subject.output().iter().any(names) => Start::Refused,
        true => Start::Ended,
    })
}
