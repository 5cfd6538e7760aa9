//! labkit against services of its own: what a subject does wrong becomes an
//! outcome with a named cause, and nothing is left running.
//!
//! `harness = false`, because the subjects run in this executable.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::exchange;
use labkit::lab::ServerFuture;
use labkit::load::{self, LoadPlan};
use labkit::recording::{Load, Measure, Plan};
use labkit::run::{self, Outcome};
use labkit::subject::{self, Target};
use labkit::tap::TapProxy;
use labkit::transcript::Finding;
use labkit::upstream::{Reply, StubUpstream};
use labkit::{Claim, Deployment, Env, Kind, Lab, Version};
use libtest_mimic::{Arguments, Failed, Trial};
use rustix::process::Signal;

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
            exercise: None,
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

/// A stub of the service behind the service, asked as a service asks.
fn a_stub_holds_counts_and_answers() -> Result<(), Failed> {
    let outcome = odd(lab!(asks_a_stub));
    check(outcome.transcript.all_hold(), &outcome)
}

async fn asks_a_stub(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let subject = bench.subject()?;
    let stub = StubUpstream::bind().await.map_err(anyhow::Error::from)?;
    let addr = stub.url().trim_start_matches("http://").parse();
    let addr: SocketAddr = addr.map_err(anyhow::Error::from)?;
    let ask = |n: u32| {
        let request = exchange::request(hyper::Method::POST, "/pay?x=1");
        let request = request.with_json(&serde_json::json!({ "n": n }));
        tokio::spawn(exchange::exchange(addr, request))
    };
    let held = ask(1);
    stub.arrived(1, subject).await?;
    let holds = !held.is_finished();
    stub.answer(Reply::Json(201, serde_json::json!({ "ok": true })));
    let direct = ask(2).await.unwrap_or(Answer::None);
    stub.arrived(2, subject).await?;
    stub.release(Reply::Status(503));
    let released = held.await.unwrap_or(Answer::None);
    stub.answer(Reply::Cut);
    let cut = ask(3).await.unwrap_or(Answer::None);
    let arrivals = stub.arrivals();
    let second = &arrivals[1];
    let none = stub.arrived(9, subject).await;
    bench.claim(
        ANSWERS,
        holds
            && direct.status().is_some_and(|s| s == 201)
            && direct.text() == "{\"ok\":true}"
            && released.is_server_error()
            && cut == Answer::Closed
            && (second.method.as_str(), second.path.as_str()) == ("POST", "/pay?x=1")
            && second.json()["n"] == 2
            && none.is_err_and(|e| e.cause().starts_with("3 of 9 calls")),
    );
    Ok(())
}

fn a_tap_counts_pauses_cuts_refuses_and_loses() -> Result<(), Failed> {
    let outcome = odd(lab!(asks_through_a_tap));
    check(outcome.transcript.all_hold(), &outcome)
}

async fn asks_through_a_tap(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let tap = TapProxy::to(bench.subject()?.addr()).await;
    let tap = tap.map_err(anyhow::Error::from)?;
    let ask = || tokio::spawn(exchange::exchange(tap.addr(), exchange::get("/ok")));
    let through = ask().await.unwrap_or(Answer::None);
    tap.pause();
    let held = tap.holds();
    let stalled = ask();
    held.await;
    // A stalled one makes no progress, however long one looks.
    let control = bench.subject()?.get("/never").unlogged().await;
    let stands = !stalled.is_finished() && control == Answer::None;
    tap.resume();
    let resumed = stalled.await.unwrap_or(Answer::None);
    tap.pause();
    // One that is still being closed is open, too: the new one is awaited.
    let held = tap.holds();
    let cut = ask();
    held.await;
    tap.cut();
    let cut = cut.await.unwrap_or(Answer::None);
    tap.resume();
    tap.refuse(true);
    let refused = ask().await.unwrap_or(Answer::None);
    tap.refuse(false);
    let again = ask().await.unwrap_or(Answer::None);
    let lost = tap.lose_answer_to("GET /ok");
    let unheard = ask();
    lost.await;
    let other = ask().await.unwrap_or(Answer::None);
    let silent = !unheard.is_finished() && other.is_ok_with(b"ok");
    tap.cut();
    let unheard = unheard.await.unwrap_or(Answer::None);
    bench.claim(
        ANSWERS,
        [&through, &resumed, &again]
            .iter()
            .all(|answer| answer.is_ok_with(b"ok"))
            && stands
            && silent
            && [&cut, &refused, &unheard]
                .iter()
                .all(|&a| *a == Answer::Closed)
            && tap.opened() == 7,
    );
    Ok(())
}

fn instances_are_told_apart_signalled_and_restarted() -> Result<(), Failed> {
    let outcome = odd(lab!(restarts));
    let text = outcome.transcript.text();
    let named = text.contains("> GET /ok, instance A\n") && text.contains(", instance B\n");
    check(outcome.transcript.all_hold() && named, &outcome)?;
    // What the one wrote that was killed is not forgotten.
    check(!outcome.panics.is_empty(), &outcome)
}

async fn restarts(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start_instances(2).await?;
    let (a, b) = (bench.instance(0)?, bench.instance(1)?);
    let panicked = a.get("/panic").unlogged().await == Answer::Closed;
    let said = a.says(|line| line.contains("on purpose")).await;
    let silent = !b.says(|line| line.contains("on purpose")).await;
    let before = a.addr();
    bench.restart(0).await?;
    let (a, b) = (bench.instance(0)?, bench.instance(1)?);
    let moved = a.addr() != before;
    let ok = a.get("/ok").send().answer().await.is_ok_with(b"ok")
        && b.get("/ok").send().answer().await.is_ok_with(b"ok");
    b.signal(Signal::TERM);
    let ended = b.ended().await == "exit status 0";
    let gone = b.get("/ok").unlogged().await == Answer::Closed;
    bench.claim(
        ANSWERS,
        panicked && said && silent && moved && ok && ended && gone,
    );
    Ok(())
}

fn signals_reach_a_command_behind_its_shell() -> Result<(), Failed> {
    // A service that says what it got, and then ends.
    let line = "python3 -c 'import http.server,os,signal,sys
def stop(*_): print(\"asked to stop\",flush=True); os._exit(0)
signal.signal(signal.SIGTERM,stop)
http.server.HTTPServer((\"127.0.0.1\",int(os.environ[\"PORT\"])),http.server.BaseHTTPRequestHandler).serve_forever()'";
    let outcome = outcome(lab!(asks_to_stop), command(line), Duration::from_secs(20));
    check(outcome.transcript.all_hold(), &outcome)
}

async fn asks_to_stop(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let subject = bench.subject()?;
    subject.signal(Signal::TERM);
    let ended = subject.ended().await;
    let said = subject.says(|line| line == "asked to stop").await;
    bench.claim(ANSWERS, said && ended == "exit status 0");
    Ok(())
}

fn a_ground_that_cannot_be_made_is_an_error_with_its_cause() -> Result<(), Failed> {
    static LAB: Lab = Lab {
        id: "00",
        title: "labkit itself",
        dir: env!("CARGO_MANIFEST_DIR"),
        claims: &[ANSWERS],
        versions: VERSIONS,
        exercise: None,
        ground: || Box::pin(async { anyhow::bail!("Redis is not here") }),
        experiment: |bench| Box::pin(answers(bench)),
        load: || unreachable!("no load"),
    };
    let run = run::experiment(&LAB, Target::Version(&VERSIONS[0]));
    match run::runtime().block_on(run) {
        Err(error) if error.to_string() == "Redis is not here" => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// A closed loop on a route that answers, one that does not exist, and a
/// count.
fn a_closed_loop_counts_what_was_right() -> Result<(), Failed> {
    static COUNT: AtomicU64 = AtomicU64::new(5);
    let plan = Plan {
        title: String::new(),
        measure: Measure::LatencyMs,
        seconds: 0.5,
        probe: "GET /ok".into(),
        probes_per_second: 20.0,
        timeout_ms: 1000.0,
        budget_ms: 100.0,
        load: Load {
            label: String::new(),
            request: String::new(),
            per_second: 0.0,
            clients: Some(4),
            from: 0.1,
            to: 0.5,
        },
        counts: Some("of nothing".into()),
    };
    let load = LoadPlan::new(
        plan,
        &["odd"],
        |n| exchange::get(if n / 4 % 2 == 0 { "/ok" } else { "/not-here" }),
        |_, body| body == b"ok",
    );
    let load = load
        .instances(2)
        .begin(|addrs| {
            COUNT.fetch_add(addrs.len() as u64, Ordering::SeqCst);
            Box::pin(async { Ok(vec![("x-extra".to_owned(), "1".to_owned())]) })
        })
        .counting(|_| COUNT.fetch_add(3, Ordering::SeqCst));
    let target = Target::Version(&VERSIONS[0]);
    let run = load::run(lab!(answers), &load, &target, |_| ());
    let run = run::runtime().block_on(run)?;
    let work = run.work;
    let halves = work.sent.abs_diff(work.done * 2) <= 8;
    let good = run.summary.requests == 10 && run.summary.failed == 0;
    if good && work.sent > 20 && halves && run.counted == Some(3) {
        return Ok(());
    }
    Err(format!("{run:?}").into())
}

fn main() -> ExitCode {
    if let Some(code) = subject::dispatch(lab!(answers)) {
        return ExitCode::from(code);
    }
    type Check = fn() -> Result<(), Failed>;
    macro_rules! checks {
        ($($check:ident),* $(,)?) => {
            [$((stringify!($check), $check as Check)),*]
        };
    }
    let checks = checks![
        every_answer_is_counted,
        no_answer_is_a_fact_and_not_a_hang,
        a_service_that_ends_stops_the_experiment,
        a_panic_is_named,
        the_bound_names_the_step,
        the_gate_holds_until_it_is_opened,
        a_command_that_ends_is_an_error_with_its_words,
        a_command_is_killed_with_its_children,
        a_stub_holds_counts_and_answers,
        a_tap_counts_pauses_cuts_refuses_and_loses,
        instances_are_told_apart_signalled_and_restarted,
        signals_reach_a_command_behind_its_shell,
        a_ground_that_cannot_be_made_is_an_error_with_its_cause,
        a_closed_loop_counts_what_was_right,
    ];
    let trials = checks.map(|(name, check)| Trial::test(name, check)).into();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
