//! labkit against services of its own: what a subject does wrong becomes an
//! outcome with a named cause, and nothing is left running.
//!
//! `harness = false`, because the subjects run in this executable.

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::lab::ServerFuture;
use labkit::run::{self, Outcome};
use labkit::subject::{self, Target};
use labkit::transcript::Finding;
use labkit::{Claim, Deployment, Env, Kind, Lab, Version};
use libtest_mimic::{Arguments, Failed, Trial};

const ANSWERS: Claim = Claim {
    promise: "it answers",
    matters: "Nothing works.",
};

/// Routes that go wrong in every way that an experiment must survive.
fn serve(env: Env, listener: TcpListener) -> ServerFuture {
    Box::pin(async move {
        let app = move || {
            let gate = env.gate;
            App::new()
                .route(
                    "/ok",
                    web::get().to(|| async { HttpResponse::Ok().body("ok") }),
                )
                .route("/abort", web::get().to(|| async { abort() }))
                .route("/panic", web::get().to(|| async { panic() }))
                .route(
                    "/never",
                    web::get().to(std::future::pending::<HttpResponse>),
                )
                .route("/held", web::get().to(move || held(gate)))
        };
        Ok(HttpServer::new(app).workers(2).listen(listener)?.run())
    })
}

fn abort() -> HttpResponse {
    std::process::abort()
}

fn panic() -> HttpResponse {
    panic!("on purpose")
}

async fn held(gate: Option<std::net::SocketAddr>) -> actix_web::Result<HttpResponse> {
    web::block(move || gate.map(labkit::gate::enter)).await?;
    Ok(HttpResponse::Ok().body("released"))
}

const VERSIONS: &[Version] = &[Version {
    name: "odd",
    kind: Kind::Broken,
    source: "",
    serve,
    deployment: Deployment::DEFAULT,
}];

macro_rules! lab {
    ($experiment:expr) => {{
        static LAB: Lab = Lab {
            id: "00",
            title: "labkit itself",
            dir: env!("CARGO_MANIFEST_DIR"),
            claims: &[ANSWERS],
            versions: VERSIONS,
            ground: labkit::ground::none,
            experiment: |bench| Box::pin($experiment(bench)),
            load: || unreachable!("no load"),
        };
        &LAB
    }};
}

fn outcome(lab: &'static Lab, target: Target, bound: Duration) -> Outcome {
    run::runtime()
        .block_on(run::experiment_within(lab, target, bound))
        .expect("a harness that works")
}

fn odd(lab: &'static Lab) -> Outcome {
    outcome(lab, Target::Version(&VERSIONS[0]), Duration::from_secs(20))
}

fn check(holds: bool, outcome: &Outcome) -> Result<(), Failed> {
    if holds {
        Ok(())
    } else {
        Err(format!("{outcome:#?}").into())
    }
}

async fn answers(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let mut wave = bench.subject()?.get("/ok").each_of(200);
    let answers = wave.answers().await;
    let good = answers.iter().filter(|a| a.is_ok_with(b"ok")).count();
    bench.claim(ANSWERS, good == 200);
    Ok(())
}

fn every_answer_is_counted() -> Result<(), Failed> {
    let outcome = odd(lab!(answers));
    check(
        outcome.transcript.all_hold() && outcome.stopped.is_none(),
        &outcome,
    )
}

async fn asks_never(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let subject = bench.subject()?;
    let answer = subject.get("/never").send().answer().await;
    bench.claim(ANSWERS, answer != Answer::None);
    Ok(())
}

fn no_answer_is_a_fact_and_not_a_hang() -> Result<(), Failed> {
    let begun = Instant::now();
    let outcome = odd(lab!(asks_never));
    let text = outcome.transcript.text();
    check(
        text.contains("< no answer\n") && text.contains("✗ fails: it answers"),
        &outcome,
    )?;
    check(begun.elapsed() < Duration::from_secs(10), &outcome)
}

async fn asks_abort(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let subject = bench.subject()?;
    let request = subject.get("/abort").send();
    bench.gate().entered(&request, subject).await
}

fn a_service_that_ends_stops_the_experiment() -> Result<(), Failed> {
    let outcome = odd(lab!(asks_abort));
    let cause = "the service ended (SIGABRT) before the work for GET /abort began";
    let unreached = outcome.transcript.claims()[0].finding == Finding::NotReached;
    check(
        outcome.stopped.as_deref() == Some(cause) && unreached,
        &outcome,
    )
}

async fn asks_panic(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let answer = bench.subject()?.get("/panic").send().answer().await;
    bench.claim(ANSWERS, answer != Answer::Closed);
    Ok(())
}

fn a_panic_is_named() -> Result<(), Failed> {
    let outcome = odd(lab!(asks_panic));
    let named = outcome.panics.iter().any(|p| p.ends_with("on purpose"));
    let closed = outcome
        .transcript
        .text()
        .contains("< closed without an answer");
    check(named && closed, &outcome)
}

async fn waits_for_ever(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    bench.phase("a step that never ends");
    std::future::pending().await
}

fn the_bound_names_the_step() -> Result<(), Failed> {
    let bound = Duration::from_secs(1);
    let outcome = outcome(lab!(waits_for_ever), Target::Version(&VERSIONS[0]), bound);
    let cause = "no end after 1 s: a step that never ends";
    check(outcome.stopped.as_deref() == Some(cause), &outcome)
}

async fn holds(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let (subject, gate) = (bench.subject()?, bench.gate());
    let request = subject.get("/held").send();
    gate.entered(&request, subject).await?;
    let early = request.peek();
    gate.open();
    let answer = request.answer().await;
    bench.claim(ANSWERS, early.is_none() && answer.is_ok_with(b"released"));
    Ok(())
}

fn the_gate_holds_until_it_is_opened() -> Result<(), Failed> {
    let outcome = odd(lab!(holds));
    check(outcome.transcript.all_hold(), &outcome)
}

fn command(line: &str) -> Target {
    Target::Command(line.to_owned())
}

fn a_command_that_ends_is_an_error_with_its_words() -> Result<(), Failed> {
    let bound = Duration::from_secs(20);
    let outcome = outcome(lab!(answers), command("echo no luck; exit 3"), bound);
    let cause = outcome.stopped.clone().unwrap_or_default();
    let named = cause.contains("exit status 3") && cause.contains("no luck");
    check(named && !outcome.started, &outcome)
}

/// A command with children of its own, which all end with the experiment.
fn a_command_is_killed_with_its_children() -> Result<(), Failed> {
    let mark = format!("0.{}", std::process::id());
    let line = format!("sleep 6{mark} & sleep 7{mark} & wait");
    let outcome = outcome(lab!(answers), command(&line), Duration::from_secs(1));
    check(outcome.stopped.is_some(), &outcome)?;
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        let found = std::process::Command::new("pgrep")
            .args(["-f", &mark])
            .output()?;
        if found.stdout.is_empty() {
            return Ok(());
        }
        if Instant::now() > patience {
            return Err(String::from_utf8_lossy(&found.stdout).into_owned().into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn main() -> ExitCode {
    if let Some(code) = subject::dispatch(lab!(answers)) {
        return ExitCode::from(code);
    }
    type Check = fn() -> Result<(), Failed>;
    let checks: [(&str, Check); 8] = [
        ("every_answer_is_counted", every_answer_is_counted),
        (
            "no_answer_is_a_fact_and_not_a_hang",
            no_answer_is_a_fact_and_not_a_hang,
        ),
        (
            "a_service_that_ends_stops_the_experiment",
            a_service_that_ends_stops_the_experiment,
        ),
        ("a_panic_is_named", a_panic_is_named),
        ("the_bound_names_the_step", the_bound_names_the_step),
        (
            "the_gate_holds_until_it_is_opened",
            the_gate_holds_until_it_is_opened,
        ),
        (
            "a_command_that_ends_is_an_error_with_its_words",
            a_command_that_ends_is_an_error_with_its_words,
        ),
        (
            "a_command_is_killed_with_its_children",
            a_command_is_killed_with_its_children,
        ),
    ];
    let trials = checks.map(|(name, check)| Trial::test(name, check)).into();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
