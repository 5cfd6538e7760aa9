//! Open-loop load: requests are sent when they are due, whatever became of
//! the ones before, and latency counts from the moment they were due. So a
//! stalled service cannot slow down its own measurement.

mod login;
mod plan;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::bench::Log;
use crate::exchange::{self, Answer, Request};
use crate::lab::Lab;
use crate::recording::{Measure, Plan, Run, Sample, Summary, TIMED_OUT, Work, histogram};
use crate::subject::{Subject, Target};

pub use login::log_in;
use plan::Aim;
pub use plan::{Begin, Event, Headers, LoadPlan};

/// How long the load's own requests may take after the run's end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the load against `target` and calls `seen` with every sample as it
/// comes in.
///
/// # Errors
/// When the service cannot be started, or ends during the run.
pub async fn run(
    lab: &Lab,
    load: &LoadPlan,
    target: &Target,
    mut seen: impl FnMut(Sample),
) -> anyhow::Result<Run> {
    anyhow::ensure!(
        load.plan.measure == Measure::LatencyMs,
        "this load counts something other than latency: it needs a generator of its own"
    );
    // For real: nothing is held, the work computes.
    let ground = (lab.ground)().await?;
    let mut subjects = Vec::new();
    for _ in 0..load.instances.max(1) {
        subjects.push(Subject::start(target, &ground, Log::default()).await?);
    }
    let addrs: Vec<SocketAddr> = subjects.iter().map(Subject::addr).collect();
    let headers = match load.begin {
        Some(begin) => begin(addrs.clone()).await?,
        None => Headers::new(),
    };
    let aim = Aim {
        addrs: addrs.into(),
        balancer: target.deployment().balancer,
        headers: Arc::new(headers),
    };
    let probe_request = load.sampled()?;
    warm_up(&aim, &subjects, &probe_request).await?;
    let before = load.count.map(|count| count(&ground));
    let start = Instant::now() + Duration::from_millis(50);
    let work = tokio::spawn(work(aim.clone(), load.clone(), start));

    let (tell, mut told) = mpsc::unbounded_channel();
    let probing = tokio::spawn(probe(aim, probe_request, load.plan.clone(), start, tell));
    let (mut samples, mut late) = (Vec::new(), Vec::new());
    let mut event = load.event;
    loop {
        let due = event.map_or(start, |(at, _)| start + Duration::from_secs_f64(at));
        tokio::select! {
            sampled = told.recv() => {
                let Some((sample, lateness)) = sampled else { break };
                seen(sample);
                samples.push(sample);
                late.push(lateness);
            }
            () = tokio::time::sleep_until(due), if event.is_some() => {
                if let Some((_, happen)) = event.take() {
                    happen(&ground);
                }
            }
        }
    }
    probing.await?;
    let work = work.await?;
    let counted = load.count.zip(before);
    let counted = counted.map(|(count, before)| count(&ground).saturating_sub(before));
    for subject in subjects {
        if subject.has_ended() {
            let said = subject.output().join("\n");
            anyhow::bail!(
                "the service ended ({}) during the run\n{said}",
                subject.ended().await
            );
        }
        subject.stop().await;
    }

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
        counted,
        generator_late_p99_ms: histogram(late).value_at_quantile(0.99) as f64 / 1e3,
    })
}

/// The first answer of a fresh process is not what the run is about.
async fn warm_up(aim: &Aim, subjects: &[Subject], probe: &Request) -> anyhow::Result<()> {
    for n in 0..20 {
        let request = aim.dress(probe.clone());
        let answer = exchange::exchange(aim.addr(n), request).await;
        let said = || subjects.iter().flat_map(Subject::output);
        anyhow::ensure!(
            answer.status().is_some(),
            "the service does not answer {}: {}",
            probe.name(),
            said().collect::<Vec<_>>().join("\n")
        );
    }
    Ok(())
}

/// Sends the sampled requests. Every one is a task of its own, so that a
/// late answer delays no other request.
async fn probe(
    aim: Aim,
    request: Request,
    plan: Plan,
    start: Instant,
    tell: mpsc::UnboundedSender<(Sample, f64)>,
) {
    let timeout = Duration::from_secs_f64(plan.timeout_ms / 1e3);
    let count = (plan.seconds * plan.probes_per_second) as u32;
    let mut under_way = JoinSet::new();
    for n in 0..count {
        let t = f64::from(n) / plan.probes_per_second;
        let due = start + Duration::from_secs_f64(t);
        tokio::time::sleep_until(due).await;
        let request = aim.dress(request.clone());
        let (addr, tell) = (aim.addr(n), tell.clone());
        under_way.spawn(async move {
            let lateness = due.elapsed().as_secs_f64() * 1e3;
            let exchange = exchange::exchange(addr, request);
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
async fn work(aim: Aim, load: LoadPlan, start: Instant) -> Work {
    let what = &load.plan.load;
    let first = start + Duration::from_secs_f64(what.from);
    let end = start + Duration::from_secs_f64(what.to);
    match what.clients {
        Some(clients) => closed_loop(clients, &aim, &load, first, end).await,
        None => open_loop(&aim, &load, first, end + PATIENCE).await,
    }
}

async fn open_loop(aim: &Aim, load: &LoadPlan, first: Instant, end: Instant) -> Work {
    let what = &load.plan.load;
    let count = ((what.to - what.from) * what.per_second) as u32;
    let mut under_way = JoinSet::new();
    for n in 0..count {
        let due = first + Duration::from_secs_f64(f64::from(n) / what.per_second);
        tokio::time::sleep_until(due).await;
        let (addr, request) = (aim.addr(n), aim.dress((load.request)(n)));
        let right = load.right;
        under_way.spawn(async move {
            let exchange = exchange::exchange(addr, request);
            let answer = tokio::time::timeout_at(end, exchange).await.ok()?;
            (is_done(&answer) && right(n, answer.body())).then(Instant::now)
        });
    }
    let (mut done, mut last) = (0, first);
    while let Some(finished) = under_way.join_next().await {
        if let Ok(Some(at)) = finished {
            done += 1;
            last = last.max(at);
        }
    }
    worked(count, done, last.duration_since(first))
}

/// Clients that send the next request once the last one is answered, each on
/// a connection that it keeps.
async fn closed_loop(
    clients: u32,
    aim: &Aim,
    load: &LoadPlan,
    first: Instant,
    end: Instant,
) -> Work {
    tokio::time::sleep_until(first).await;
    let mut under_way = JoinSet::new();
    for client in 0..clients {
        let (aim, load) = (aim.clone(), load.clone());
        under_way.spawn(async move {
            let mut line = exchange::Line::new(aim.addr(client));
            let (mut sent, mut done) = (0, 0);
            while Instant::now() < end {
                let n = client + sent * clients;
                let exchange = line.exchange(aim.dress((load.request)(n)));
                let Ok(answer) = tokio::time::timeout_at(end + PATIENCE, exchange).await else {
                    break;
                };
                sent += 1;
                done += u32::from(is_done(&answer) && (load.right)(n, answer.body()));
            }
            (sent, done)
        });
    }
    let (mut sent, mut done) = (0, 0);
    while let Some(finished) = under_way.join_next().await {
        let (its_sent, its_done) = finished.unwrap_or_default();
        (sent, done) = (sent + its_sent, done + its_done);
    }
    worked(sent, done, first.elapsed())
}

fn worked(sent: u32, done: u32, time: Duration) -> Work {
    let per_second = if done == 0 {
        0.0
    } else {
        f64::from(done) / time.as_secs_f64()
    };
    Work {
        sent: sent as usize,
        done: done as usize,
        per_second: (per_second * 100.0).round() / 100.0,
    }
}

/// Whether the work was done: a success, or 303, with which a form is
/// answered that was taken.
fn is_done(answer: &Answer) -> bool {
    answer.is_success() || answer.status().is_some_and(|status| status == 303)
}
