//! The recording of a load run, as `recording.json` holds it and the book
//! draws it.
//!
//! A recording is one file per lab: what machine it was made on, what was
//! asked of the service, and one [`Run`] per version.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The schema number that this build writes and reads.
pub const SCHEMA: u32 = 1;

/// The status that a [`Sample`] carries when no answer came in time.
pub const TIMED_OUT: u16 = 0;

/// A recorded load run of several versions of one lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Schema number; a reader refuses any but [`SCHEMA`].
    pub schema: u32,
    /// The lab's number, two digits.
    pub lab: String,
    /// Where and when the runs were made.
    pub made: Provenance,
    /// What was asked of every version.
    pub plan: Plan,
    /// One run per version, in the order in which they were made.
    pub runs: Vec<Run>,
}

/// Where, when and from what a recording was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Processor model as the system names it.
    pub cpu: String,
    /// Cores that the run could use.
    pub cores: usize,
    /// Memory in GiB, rounded.
    pub memory_gib: u64,
    /// Operating system and kernel.
    pub os: String,
    /// Compiler version, as `rustc --version` prints it.
    pub rustc: String,
    /// actix-web's version.
    pub actix_web: String,
    /// Build profile of the service: always `dev`, which is what a reader runs.
    pub profile: String,
    /// Day of the run, `YYYY-MM-DD`.
    pub date: String,
    /// Commit of the sources, short, with `+` when they had uncommitted changes.
    pub commit: String,
}

/// What a load run asks of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the samples are, for the figure's caption:
    /// "GET /ping while reports are rendered".
    pub title: String,
    /// What a sample's value means.
    pub measure: Measure,
    /// Length of the run in seconds; every sample was sent before it.
    pub seconds: f64,
    /// The request that is sampled, `GET /ping`.
    pub probe: String,
    /// Sampled requests per second, open loop: sent when due, whatever
    /// became of the ones before.
    pub probes_per_second: f64,
    /// A sampled request without an answer after this many milliseconds
    /// counts as timed out.
    pub timeout_ms: f64,
    /// What the service promises to a caller, in milliseconds.
    pub budget_ms: f64,
    /// The load that comes on top, from `from` to `to`.
    pub load: Load,
    /// What [`Run::counted`] counts, for the figure's table: "connections
    /// opened".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<String>,
}

/// What the value of a [`Sample`] is, and so which axis a figure has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Milliseconds from the intended send time to the last byte of the
    /// answer, on a logarithmic axis.
    LatencyMs,
    /// A count at that moment, on a linear axis.
    Count,
}

/// The load on top of the probes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// What it is, for the band in the figure: "12 reports/s".
    pub label: String,
    /// The request, `GET /report/{n}`.
    pub request: String,
    /// Requests per second, open loop; 0 for a closed loop.
    pub per_second: f64,
    /// For a closed loop, how many clients there are: each has a connection
    /// of its own and sends the next request once the last one is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u32>,
    /// Start in seconds.
    pub from: f64,
    /// End in seconds.
    pub to: f64,
}

/// One version under the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// `broken`, `fixed`, `exercise` or a half-fix's name.
    pub version: String,
    /// Every sampled request, in the order of intended send times.
    pub samples: Vec<Sample>,
    /// The samples in a few numbers.
    pub summary: Summary,
    /// What became of the load's own requests.
    pub work: Work,
    /// How many of [`Plan::counts`] there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<u64>,
    /// How late the generator itself sent, 99th percentile in milliseconds.
    /// It is part of every latency here, so a large value voids the run.
    pub generator_late_p99_ms: f64,
}

/// One sampled request: `[sent, value, status]` in the file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64, u16)", into = "(f64, f64, u16)")]
pub struct Sample {
    /// Intended send time in seconds since the run began.
    pub t: f64,
    /// See [`Measure`]; for a timed-out request, the timeout.
    pub value: f64,
    /// HTTP status, or [`TIMED_OUT`].
    pub status: u16,
}

impl From<(f64, f64, u16)> for Sample {
    fn from((t, value, status): (f64, f64, u16)) -> Self {
        Self { t, value, status }
    }
}

impl From<Sample> for (f64, f64, u16) {
    fn from(s: Sample) -> Self {
        // Three decimals of a second and two of a millisecond are more than
        // the clock is good for, and halve the file.
        let round = |v: f64, by: f64| (v * by).round() / by;
        (round(s.t, 1e3), round(s.value, 1e2), s.status)
    }
}

/// A run's samples in a few numbers; latencies in milliseconds, from an
/// HdrHistogram, timed-out requests counted with the timeout.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Sampled requests.
    pub requests: usize,
    /// Of these, answered with another status than 2xx or cut off.
    pub failed: usize,
    /// Of these, without an answer in time.
    pub timed_out: usize,
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Worst.
    pub max: f64,
}

/// What became of the load's own requests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Sent.
    pub sent: usize,
    /// Answered 2xx, with the right body.
    pub done: usize,
    /// Finished per second, from the first one sent to the last one done.
    pub per_second: f64,
}

impl Sample {
    /// Whether the request was answered 2xx.
    #[must_use]
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Summary {
    /// Sums up `samples`.
    #[must_use]
    pub fn of(samples: &[Sample]) -> Self {
        let histogram = histogram(samples.iter().map(|s| s.value));
        let at = |q| histogram.value_at_quantile(q) as f64 / 1e3;
        Self {
            requests: samples.len(),
            failed: samples
                .iter()
                .filter(|s| !s.ok() && s.status != TIMED_OUT)
                .count(),
            timed_out: samples.iter().filter(|s| s.status == TIMED_OUT).count(),
            p50: at(0.5),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

/// A histogram in microseconds of `values` in milliseconds, three digits.
#[must_use]
pub fn histogram(values: impl IntoIterator<Item = f64>) -> Histogram<u64> {
    let mut histogram = Histogram::new_with_max(600_000_000, 3)
        .unwrap_or_else(|e| unreachable!("the bounds are constants: {e}"));
    for value in values {
        histogram.saturating_record((value * 1e3).max(0.0) as u64);
    }
    histogram
}

impl Recording {
    /// Reads a recording from the text of its file.
    ///
    /// # Errors
    /// When the text is no recording, or one of another schema.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let head: Head = serde_json::from_str(text)?;
        anyhow::ensure!(
            head.schema == SCHEMA,
            "this recording has schema {}, this build reads {SCHEMA}: \
             make it anew with `cargo lab load NN --record`",
            head.schema
        );
        Ok(serde_json::from_str(text)?)
    }

    /// The run of `version`.
    #[must_use]
    pub fn run(&self, version: &str) -> Option<&Run> {
        self.runs.iter().find(|r| r.version == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_late_and_lost_requests() {
        let sample = |value, status| Sample {
            t: 0.0,
            value,
            status,
        };
        let mut samples = vec![sample(2.0, 200); 98];
        samples.push(sample(40.0, 500));
        samples.push(sample(1000.0, TIMED_OUT));
        let sum = Summary::of(&samples);
        assert_eq!((sum.requests, sum.failed, sum.timed_out), (100, 1, 1));
        assert!((sum.p50 - 2.0).abs() < 0.01, "{sum:?}");
        assert!((sum.p99 - 40.0).abs() < 0.1, "{sum:?}");
        assert!((sum.max - 1000.0).abs() < 1.0, "{sum:?}");
    }

    #[test]
    fn another_schema_is_refused_with_the_command_that_mends_it() {
        let error = Recording::parse(r#"{"schema": 99}"#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("cargo lab load"), "{error}");
    }
}
