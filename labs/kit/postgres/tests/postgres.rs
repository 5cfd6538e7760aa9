//! A private PostgreSQL ends with its process; a given one is left as it was.
//!
//! `harness = false`, because servers are started by way of this executable.

#[path = "../../tests/shared/ending.rs"]
mod ending;

use std::net::TcpListener;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ending::{END, child};
use labkit::bench::{Bench, Stopped};
use labkit::run;
use labkit::subject::{self, Target};
use labkit::{Claim, Deployment, Env, Ground, GroundFuture, Kind, Lab, Version};
use labkit_postgres::Postgres;
use labkit_postgres::tokio_postgres::{self, Client, NoTls};
use libtest_mimic::{Arguments, Trial};
use rustix::process::{Pid, Signal, kill_process};

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
    title: "labkit-postgres itself",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: &[ANSWERS],
    versions: &VERSIONS,
    exercise: None,
    ground,
    experiment: |bench| Box::pin(pauses_its_postgres(bench)),
    load: || unreachable!("no load"),
};

fn ground() -> GroundFuture {
    Box::pin(async {
        let mut ground = Ground::new();
        let postgres = Postgres::private().await?;
        postgres.database("").await?.lay(&mut ground);
        ground.keep(postgres);
        Ok(ground)
    })
}

async fn pauses_its_postgres(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let process = bench.ground::<Postgres>()?.server().process();
    // From outside, as an accident would.
    let process = process.and_then(|id| Pid::from_raw(id.cast_signed()));
    let process = process.ok_or_else(|| Stopped::new("no process"))?;
    kill_process(process, Signal::STOP).map_err(|e| Stopped::new(e.to_string()))?;
    bench.phase("a step that never ends");
    std::future::pending().await
}

fn a_postgres_paused_from_outside_ends_the_run_and_is_named() -> Result<()> {
    let begun = Instant::now();
    let run = run::experiment(&LAB, Target::Version(&VERSIONS[0]));
    let outcome = run::runtime().block_on(run)?;
    let cause = outcome.stopped.unwrap_or_default();
    ensure!(cause.starts_with("PostgreSQL at 127.0.0.1:"), "{cause}");
    ensure!(cause.contains("does not answer"), "{cause}");
    ensure!(begun.elapsed() < run::BOUND, "{:?}", begun.elapsed());
    Ok(())
}

fn a_role_owns_its_database_and_nothing_else() -> Result<()> {
    run::runtime().block_on(async {
        let postgres = Postgres::shared().await?;
        let one = postgres.database("create table t (n int)").await?;
        let two = postgres.database("").await?;
        let app = connect(&one.url()).await?;
        app.batch_execute("insert into t values (1); create table own (n int)")
            .await?;
        for refused in [
            "create role other",
            "create database other",
            "copy t to program 'true'",
            "copy t from program 'echo 1'",
            "copy t to '/tmp/labkit-refused'",
            "select pg_read_file('postgresql.conf')",
            "set role labkit",
            "alter role current_user superuser",
            "alter role current_user connection limit -1",
            "alter system set fsync = on",
        ] {
            let error = app.batch_execute(refused).await.err();
            let code = error.as_ref().and_then(|e| e.code().map(|c| c.code()));
            ensure!(code == Some("42501"), "{refused}: {error:?}");
        }
        // Nor the other run's database.
        let url = one.url();
        let (start, _) = url.rsplit_once('/').context("a database")?;
        let other = connect(&format!("{start}/{}", two.name())).await;
        ensure!(other.is_err(), "the other one lets it in");
        Ok(())
    })
}

fn a_limit_refuses_and_a_lock_holds() -> Result<()> {
    run::runtime().block_on(async {
        let postgres = Postgres::shared().await?;
        let database = postgres.database("create table t (n int)").await?;
        database.limit_connections(1).await?;
        let app = connect(&database.url()).await?;
        ensure!(connect(&database.url()).await.is_err(), "a second one");
        let lock = database.lock("lock table t in access exclusive mode").await;
        let lock = lock.map_err(|e| anyhow::anyhow!("{}", e.cause()))?;
        ensure!(lock.count().await.ok() == Some(0));
        // Also one that connects after the first look.
        drop(app);
        let until = Instant::now() + Duration::from_secs(5);
        let app = loop {
            match connect(&database.url()).await {
                Ok(app) => break app,
                Err(error) => ensure!(Instant::now() < until, "{error}"),
            }
        };
        let held = tokio::spawn(async move { app.query("select * from t", &[]).await });
        let until = Instant::now() + Duration::from_secs(5);
        while lock.count().await.unwrap_or(0) == 0 {
            ensure!(Instant::now() < until, "nothing waits");
        }
        ensure!(!held.is_finished());
        lock.release()
            .await
            .map_err(|e| anyhow::anyhow!("{}", e.cause()))?;
        ensure!(held.await??.is_empty());
        Ok(())
    })
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Without anything that the shell may have exported.
fn alone(command: &mut Command) {
    command.env_remove("LAB_DATABASE_URL");
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

/// The databases and roles of a server.
async fn contents(client: &Client) -> Result<Vec<String>> {
    let names = "select 'database ' || datname from pg_database
                 union all select 'role ' || rolname from pg_roles order by 1";
    let rows = client.query(names, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn a_given_one_is_left_as_it_was() -> Result<()> {
    run::runtime().block_on(async {
        let server = Postgres::private().await?;
        // Somebody's own role, who may make databases and roles.
        let theirs = server.database("").await?;
        theirs
            .admin()
            .batch_execute(&format!("alter role {} createdb createrole", theirs.name()))
            .await?;
        let before = contents(theirs.admin()).await?;
        let uses = |way: &str| {
            child(way, |command| {
                command.env("LAB_DATABASE_URL", theirs.url());
            })
        };
        let mut said = uses("return")?;
        ensure!(said.child.wait()?.success());
        ensure!(said.process == 0, "a server was started");
        ensure!(contents(theirs.admin()).await? == before);
        // One that is killed leaves its database to the next one's sweep.
        let mut said = uses("wait")?;
        said.child.kill()?;
        said.child.wait()?;
        ensure!(
            contents(theirs.admin()).await? != before,
            "the child made nothing"
        );
        uses("return")?.child.wait()?;
        let after = contents(theirs.admin()).await?;
        ensure!(after == before, "{after:?}");
        Ok(())
    })
}

fn the_shells_own_database_url_is_never_used() -> Result<()> {
    let trap = TcpListener::bind(("127.0.0.1", 0))?;
    trap.set_nonblocking(true)?;
    let url = format!("postgres://a:b@{}/c", trap.local_addr()?);
    let mut said = child("return", |command| {
        alone(command);
        command.env("DATABASE_URL", url);
    })?;
    ensure!(said.child.wait()?.success());
    let came = trap.accept().map_err(|error| error.kind());
    ensure!(
        matches!(came, Err(std::io::ErrorKind::WouldBlock)),
        "{came:?}"
    );
    Ok(())
}

/// Uses a PostgreSQL as a lab does, and ends in a given way.
fn as_child(way: &str) -> Result<()> {
    let (postgres, database) = run::runtime().block_on(async {
        let postgres = Postgres::shared().await?;
        let database = postgres.database("create table t (n int)").await?;
        connect(&database.url()).await?;
        anyhow::Ok((postgres, database))
    })?;
    if way == "return" {
        drop(database);
    }
    ending::end(way, postgres.server())
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
        a_limit_refuses_and_a_lock_holds,
        a_postgres_paused_from_outside_ends_the_run_and_is_named,
        a_role_owns_its_database_and_nothing_else,
        an_ordinary_user_can_do_the_same,
        nothing_is_left_however_it_ends,
        the_shells_own_database_url_is_never_used,
    ];
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    labkit::server::end_all();
    conclusion.exit_code()
}
