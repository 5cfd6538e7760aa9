//! Open-loop load: requests are sent when they are due, whatever became of
//! the ones before, and latency counts from the moment they were due. So a
//! stalled service cannot slow down its own measurement.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::bench::Log;
use crate::env::Env;
use crate::exchange;
use crate::recording::{Measure, Plan, Run, Sample, Summary, TIMED_OUT, Work, histogram};
use crate::subject::{Subject, Target};

/// How long the load's own requests may take after the run's end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A lab's load.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// What the recording says of it.
    pub plan: Plan,
    /// The versions that the chapter's figure shows, broken first.
    pub versions: &'static [&'static str],
    /// The path of the n-th request of the load.
    pub path: fn(u32) -> String,
    /// Whether that request got the body that it should.
    pub right: fn(u32, &[u8]) -> bool,
}

/// Runs the load against `target` and calls `seen` with every sample as it
/// comes in.
///
/// # Errors
/// When the service cannot be started, or ends during the run.
pub async fn run(
    load: &LoadPlan,
    target: &Target,
    mut seen: impl FnMut(Sample),
) -> anyhow::Result<Run> {
    anyhow::ensure!(
        load.plan.measure == Measure::LatencyMs,
        "this load counts something other than latency: it needs a generator of its own"
    );
    // For real: nothing is held, the work computes.
    let subject = Subject::start(target, &Env::default(), Log::default()).await?;
    warm_up(&subject, &load.plan).await?;
    let start = Instant::now() + Duration::from_millis(50);
    let work = tokio::spawn(work(subject.addr(), load.clone(), start));

    let (tell, mut told) = mpsc::unbounded_channel();
    let probing = tokio::spawn(probe(subject.addr(), load.plan.clone(), start, tell));
    let (mut samples, mut late) = (Vec::new(), Vec::new());
    while let Some((sample, lateness)) = told.recv().await {
        seen(sample);
        samples.push(sample);
        late.push(lateness);
    }
    probing.await?;
    let work = work.await?;
    if subject.has_ended() {
        let said = subject.output().join("\n");
        anyhow::bail!(
            "the service ended ({}) during the run\n{said}",
            subject.ended().await
        );
    }
    subject.stop().await;

    samples.sort_by(|a, b| a.t.total_cmp(&b.t));
    let version = match target {
        Target::Version(version) => version.name.to_owned(),
        Target::Command(command) => command.clone(),
    };
    Ok(Run {
        version,
        summary: Summary::of(&samples),
        samples,
        work,
        generator_late_p99_ms: histogram(late).value_at_quantile(0.99) as f64 / 1e3,
    })
}

/// The first answer of a fresh process is not what the run is about.
async fn warm_up(subject: &Subject, plan: &Plan) -> anyhow::Result<()> {
    let path = probe_path(plan)?;
    for _ in 0..20 {
        let answer = exchange::exchange(subject.addr(), exchange::get(path)).await;
        anyhow::ensure!(
            answer.status().is_some(),
            "the service does not answer {}: {}",
            plan.probe,
            subject.output().join("\n")
        );
    }
    Ok(())
}

fn probe_path(plan: &Plan) -> anyhow::Result<&str> {
    let path = plan.probe.strip_prefix("GET ");
    path.with_context(|| format!("a probe is a GET request, not `{}`", plan.probe))
}

/// Sends the sampled requests. Every one is a task of its own, so that a
/// late answer delays no other request.
async fn probe(
    addr: SocketAddr,
    plan: Plan,
    start: Instant,
    tell: mpsc::UnboundedSender<(Sample, f64)>,
) {
    let Ok(path) = probe_path(&plan).map(str::to_owned) else {
        return;
    };
    let timeout = Duration::from_secs_f64(plan.timeout_ms / 1e3);
    let count = (plan.seconds * plan.probes_per_second) as u32;
    let mut under_way = JoinSet::new();
    for n in 0..count {
        let t = f64::from(n) / plan.probes_per_second;
        let due = start + Duration::from_secs_f64(t);
        tokio::time::sleep_until(due).await;
        let (path, tell) = (path.clone(), tell.clone());
        under_way.spawn(async move {
            let lateness = due.elapsed().as_secs_f64() * 1e3;
            let exchange = exchange::exchange(addr, exchange::get(&path));
            let answer = tokio::time::timeout_at(due + timeout, exchange).await;
            let (value, status) = match answer {
                // A cut connection has no status of its own; 599 is nobody's.
                Ok(answer) => (
                    due.elapsed().as_secs_f64() * 1e3,
                    answer.status().map_or(599, |s| s.as_u16()),
                ),
                Err(_) => (plan.timeout_ms, TIMED_OUT),
            };
            // The receiver lives until every sender is gone.
            let _ = tell.send((Sample { t, value, status }, lateness));
        });
    }
    while under_way.join_next().await.is_some() {}
}

/// Sends the load's own requests, and waits for their answers.
async fn work(addr: SocketAddr, load: LoadPlan, start: Instant) -> Work {
    let what = &load.plan.load;
    let count = ((what.to - what.from) * what.per_second) as u32;
    let first = start + Duration::from_secs_f64(what.from);
    let end = start + Duration::from_secs_f64(what.to) + PATIENCE;
    let load = Arc::new(load.clone());
    let mut under_way = JoinSet::new();
    for n in 0..count {
        let due = first + Duration::from_secs_f64(f64::from(n) / what.per_second);
        tokio::time::sleep_until(due).await;
        let load = load.clone();
        under_way.spawn(async move {
            let exchange = exchange::exchange(addr, exchange::get(&(load.path)(n)));
            let answer = tokio::time::timeout_at(end, exchange).await.ok()?;
            let ok = answer.status().is_some_and(|s| s.is_success());
            (ok && (load.right)(n, answer.body())).then(Instant::now)
        });
    }
    let (mut done, mut last) = (0, first);
    while let Some(finished) = under_way.join_next().await {
        if let Ok(Some(at)) = finished {
            done += 1;
            last = last.max(at);
        }
    }
    let seconds = last.duration_since(first).as_secs_f64();
    let per_second = if done == 0 {
        0.0
    } else {
        f64::from(done) / seconds
    };
    Work {
        sent: count as usize,
        done: done as usize,
        per_second: (per_second * 100.0).round() / 100.0,
    }
}
