//! A private Redis ends with its process; a given one is left as it was.
//!
//! `harness = false`, because servers are started by way of this executable.

#[path = "../../tests/shared/ending.rs"]
mod ending;

use std::net::TcpListener;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ending::{END, child};
use labkit::bench::{Bench, Stopped};
use labkit::run;
use labkit::subject::{self, Target};
use labkit::{Claim, Deployment, Env, Ground, GroundFuture, Kind, Lab, Version};
use labkit_redis::Redis;
use libtest_mimic::{Arguments, Trial};
use redis::AsyncCommands as _;

const ANSWERS: Claim = Claim {
    promise: "it answers",
    matters: "Nothing works.",
};

fn serve(_: Env, listener: TcpListener) -> labkit::lab::ServerFuture {
    Box::pin(labkit::control::server(listener))
}

static VERSIONS: [Version; 1] = [Version {
    name: "plain",
    kind: Kind::Broken,
    source: "",
    serve,
    deployment: Deployment::DEFAULT,
}];

static LAB: Lab = Lab {
    id: "00",
    title: "labkit-redis itself",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: &[ANSWERS],
    versions: &VERSIONS,
    exercise: None,
    ground,
    experiment: |bench| Box::pin(loses_its_redis(bench)),
    load: || unreachable!("no load"),
};

fn ground() -> GroundFuture {
    Box::pin(async {
        let mut ground = Ground::new();
        Redis::private().await?.lay(&mut ground);
        Ok(ground)
    })
}

async fn loses_its_redis(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let process = bench.ground::<Redis>()?.server().process();
    // From outside, as an accident would.
    ending::kill(process.unwrap_or(0));
    bench.phase("a step that never ends");
    std::future::pending().await
}

fn a_redis_killed_from_outside_ends_the_run_and_is_named() -> Result<()> {
    let begun = Instant::now();
    let run = run::experiment(&LAB, Target::Version(&VERSIONS[0]));
    let outcome = run::runtime().block_on(run)?;
    let cause = outcome.stopped.unwrap_or_default();
    ensure!(cause == "Redis has ended (SIGKILL)", "{cause}");
    ensure!(begun.elapsed() < Duration::from_secs(10));
    Ok(())
}

async fn keys(redis: &Redis) -> Result<u64> {
    let mut connection = redis.admin().await?;
    Ok(redis::cmd("DBSIZE").query_async(&mut connection).await?)
}

async fn put(redis: &Redis, key: &str) -> Result<()> {
    let mut connection = redis.admin().await?;
    Ok(connection.set(key, "data").await?)
}

fn runs_share_a_server_and_no_keys() -> Result<()> {
    run::runtime().block_on(async {
        let (one, two) = (Redis::shared().await?, Redis::shared().await?);
        ensure!(one.server().process() == two.server().process());
        put(&one, "key").await?;
        ensure!((keys(&one).await?, keys(&two).await?) == (1, 0));
        Ok(())
    })
}

fn a_private_one_can_be_paused_and_killed() -> Result<()> {
    run::runtime().block_on(async {
        let redis = Redis::private().await?;
        redis.pause()?;
        let silent = tokio::time::timeout(Duration::from_millis(300), keys(&redis)).await;
        ensure!(silent.is_err(), "a stopped Redis answers");
        redis.resume()?;
        ensure!(keys(&redis).await? == 0);
        redis.kill()?;
        let until = Instant::now() + Duration::from_secs(5);
        while keys(&redis).await.is_ok() {
            ensure!(Instant::now() < until, "a killed Redis answers");
        }
        Ok(())
    })
}

/// Without anything that the shell may have exported.
fn alone(command: &mut Command) {
    command.env_remove("LAB_REDIS_URL");
}

fn nothing_is_left_however_it_ends() -> Result<()> {
    ending::nothing_is_left(&ending::WAYS, alone)
}

fn an_ordinary_user_can_do_the_same() -> Result<()> {
    ending::nothing_is_left(&["wait"], |command| {
        alone(command);
        ending::as_nobody(command);
    })
}

/// Which databases of a server hold how many keys.
async fn contents(redis: &Redis) -> Result<String> {
    let mut connection = redis.admin().await?;
    let info: String = redis::cmd("INFO")
        .arg("keyspace")
        .query_async(&mut connection)
        .await?;
    Ok(info)
}

fn a_given_one_is_left_as_it_was() -> Result<()> {
    run::runtime().block_on(async {
        let given = Redis::private().await?;
        put(&given, "theirs").await?;
        // The first database that a lab would take is in use.
        let client = redis::Client::open(given.url().replace("/0", "/1"))?;
        let mut busy = client.get_multiplexed_async_connection().await?;
        let () = busy.set("theirs", "too").await?;
        let before = contents(&given).await?;
        let uses = |way: &str| {
            child(way, |command| {
                command.env("LAB_REDIS_URL", given.url());
            })
        };
        let mut said = uses("return")?;
        ensure!(said.child.wait()?.success());
        ensure!(said.process == 0, "a server was started");
        ensure!(contents(&given).await? == before);
        // One that is killed leaves its keys to the next one's sweep.
        let mut said = uses("wait")?;
        said.child.kill()?;
        said.child.wait()?;
        ensure!(contents(&given).await? != before, "the child wrote nothing");
        uses("return")?.child.wait()?;
        let after = contents(&given).await?;
        ensure!(after == before, "{after}");
        Ok(())
    })
}

fn the_shells_own_redis_url_is_never_used() -> Result<()> {
    let trap = TcpListener::bind(("127.0.0.1", 0))?;
    trap.set_nonblocking(true)?;
    let url = format!("redis://{}", trap.local_addr()?);
    let mut said = child("return", |command| {
        alone(command);
        command.env("REDIS_URL", url);
    })?;
    ensure!(said.child.wait()?.success());
    let came = trap.accept().map_err(|error| error.kind());
    ensure!(
        matches!(came, Err(std::io::ErrorKind::WouldBlock)),
        "{came:?}"
    );
    Ok(())
}

/// Uses a Redis as a lab does, and ends in a given way.
fn as_child(way: &str) -> Result<()> {
    let redis = run::runtime().block_on(async {
        let redis = Redis::shared().await?;
        put(&redis, "ours").await?;
        anyhow::Ok(redis)
    })?;
    let server = redis.server().clone();
    if way == "return" {
        drop(redis);
    }
    ending::end(way, &server)
}

fn main() -> ExitCode {
    if let Some(code) = subject::dispatch(&LAB) {
        return ExitCode::from(code);
    }
    if let Ok(way) = std::env::var(END) {
        let error = as_child(&way);
        eprintln!("{error:?}");
        return ExitCode::FAILURE;
    }
    macro_rules! trials {
        ($($check:ident),* $(,)?) => {
            vec![$(Trial::test(stringify!($check), || $check().map_err(|e| format!("{e:?}").into()))),*]
        };
    }
    let trials = trials![
        a_given_one_is_left_as_it_was,
        a_private_one_can_be_paused_and_killed,
        a_redis_killed_from_outside_ends_the_run_and_is_named,
        an_ordinary_user_can_do_the_same,
        nothing_is_left_however_it_ends,
        runs_share_a_server_and_no_keys,
        the_shells_own_redis_url_is_never_used,
    ];
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    labkit::server::end_all();
    conclusion.exit_code()
}
