//! Servers start, answer, and leave nothing behind, however they are ended.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use book_tests::running::Reach;
use book_tests::snapshots::{self, Finding};
use book_tests::{Copy, Known, Lab, Running, processes, ran};
use rustix::process::Signal;

/// A cold build may come first.
const BUILD: Duration = Duration::from_secs(600);
/// What a person would still call at once.
const SOON: Duration = Duration::from_secs(2);

/// `GET path` of the server at `url`, head and body.
fn get(url: &str, path: &str) -> Result<String> {
    let host = url
        .trim()
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(host).with_context(|| format!("no server at {host}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The address in a line such as `Lab 01, broken: http://127.0.0.1:4711`.
fn address(line: &str) -> Result<String> {
    let words = line.split_whitespace();
    let url = words
        .map(|w| w.trim_end_matches(['.', ',', ')']))
        .find(|w| w.starts_with("http://"));
    Ok(url
        .with_context(|| format!("no address in `{line}`"))?
        .to_owned())
}

/// A port that is free now.
fn free_port() -> Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port().to_string())
}

/// Starts `run` of a version and waits for its address.
fn run(copy: &Copy, lab: &str, version: &str) -> Result<(Running, String)> {
    let mut server = copy.start(&["run", lab, version, "--port", "0"])?;
    let line = server.line_with("http://127.0.0.1:", BUILD)?;
    Ok((server, address(&line)?))
}

/// Starts the book's server and waits for its address.
fn serve(copy: &Copy) -> Result<(Running, String)> {
    let mut server = copy.start(&["serve", "--port", &free_port()?])?;
    let line = server.line_with("http://127.0.0.1:", BUILD)?;
    Ok((server, address(&line)?))
}

#[test]
fn ctrl_c_ends_a_version_and_leaves_nothing() -> Result<()> {
    let copy = Copy::take()?;
    for lab in copy.repository.samples()? {
        for (version, reach) in [("broken", Reach::Group), ("fixed", Reach::Process)] {
            let (mut server, url) = run(&copy, &lab.id, version)?;
            let answer = get(&url, "/ping")?;
            ensure!(
                answer.starts_with("HTTP/1.1 200") && answer.ends_with("pong"),
                "{answer}"
            );
            ensure!(processes::of(&copy)?.len() >= 2, "the workshop and a lab");
            server.signal(Signal::INT, reach)?;
            let status = server.end(SOON)?;
            ensure!(
                status.code() == Some(0),
                "Ctrl-C is the regular end: {status}"
            );
            processes::gone(&copy, SOON)?;
        }
    }
    Ok(())
}

#[test]
fn a_version_runs_although_the_exercise_does_not_compile() -> Result<()> {
    let copy = Copy::take()?;
    for lab in copy.repository.samples()? {
        copy.exercise(&lab, "pub async fn server() -> bool { 1 }\n")?;
        let (mut server, url) = run(&copy, &lab.id, "broken")?;
        ensure!(get(&url, "/ping")?.ends_with("pong"));
        server.signal(Signal::INT, Reach::Group)?;
        server.end(SOON)?;
        processes::gone(&copy, SOON)?;
        copy.workshop(&["run", &lab.id, "exercise", "--port", "0"])?
            .exits(1)?
            .says("mismatched types")?;
    }
    Ok(())
}

#[test]
fn a_killed_workshop_leaves_nothing() -> Result<()> {
    let copy = Copy::take()?;
    for lab in copy.repository.samples()? {
        let (mut server, url) = run(&copy, &lab.id, "broken")?;
        get(&url, "/ping")?;
        server.signal(Signal::KILL, Reach::Process)?;
        server.end(SOON)?;
        processes::gone(&copy, SOON)?;
    }
    Ok(())
}

/// Waits until a process of the copy has `words` on its command line.
fn appears(copy: &Copy, words: &str) -> Result<()> {
    let until = Instant::now() + BUILD;
    while !processes::of(copy)?.iter().any(|line| line.contains(words)) {
        ensure!(Instant::now() < until, "no process `{words}`");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
fn a_workshop_killed_in_the_middle_of_work_leaves_nothing() -> Result<()> {
    let copy = Copy::take()?;
    for lab in copy.repository.samples()? {
        let id = lab.id.as_str();
        let binary = format!("/lab-{id} ");
        // A service that never listens, and a load that takes its time.
        let works = [
            (&["prove", id, "--cmd", "sleep 1000"][..], "sleep 1000"),
            (&["load", id, "broken"], binary.as_str()),
        ];
        for (arguments, sign) in works {
            let mut work = copy.start(arguments)?;
            appears(&copy, sign)?;
            work.signal(Signal::KILL, Reach::Process)?;
            work.end(SOON)?;
            processes::gone(&copy, SOON)?;
        }
    }
    Ok(())
}

#[test]
fn a_closed_terminal_leaves_nothing() -> Result<()> {
    let copy = Copy::take()?;
    let lab = copy.repository.samples()?.swap_remove(0);
    let (mut server, _) = run(&copy, &lab.id, "broken")?;
    server.signal(Signal::HUP, Reach::Group)?;
    server.end(SOON)?;
    let (mut server, _) = serve(&copy)?;
    server.signal(Signal::HUP, Reach::Group)?;
    server.end(SOON)?;
    processes::gone(&copy, SOON)
}

#[test]
fn the_book_is_served_until_ctrl_c() -> Result<()> {
    let copy = Copy::take()?;
    for reach in [Reach::Process, Reach::Group] {
        let (mut server, url) = serve(&copy)?;
        let answer = get(&url, "/")?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        ensure!(answer.contains("Failure Modes"), "{answer}");
        for lab in copy.repository.labs()? {
            ensure!(answer.contains(&lab.name), "no link to {}", lab.name);
        }
        server.signal(Signal::INT, reach)?;
        let status = server.end(SOON)?;
        ensure!(
            status.code() == Some(0),
            "Ctrl-C is the regular end: {status}"
        );
        processes::gone(&copy, SOON)?;
    }
    Ok(())
}

#[test]
fn a_taken_port_is_named_with_the_way_out() -> Result<()> {
    let copy = Copy::take()?;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = taken.local_addr()?.port().to_string();
    let lab = copy.repository.samples()?.swap_remove(0);
    for arguments in [
        &["serve", "--port", &port][..],
        &["run", &lab.id, "broken", "--port", &port],
    ] {
        let refused = copy.workshop(arguments)?.exits(2)?;
        refused
            .says(&port)?
            .says("taken")?
            .says("--port")?
            .in_lines(3)?;
    }
    Ok(())
}

#[test]
fn watch_judges_again_on_each_save() -> Result<()> {
    let copy = Copy::take()?;
    for lab in copy.repository.samples()? {
        let mut watch = copy.start(&["watch", &lab.id])?;
        watch.line_with("not started", BUILD)?;
        watch.line_with("Waiting for a save", SOON)?;
        copy.exercise(&lab, &copy.read(&lab.file("src/broken.rs"))?)?;
        watch.line_with("not yet", BUILD)?;
        watch.line_with("Waiting for a save", SOON)?;
        copy.exercise(&lab, "pub use crate::fixed::server;\n")?;
        watch.line_with("reference repair", BUILD)?;
        watch.signal(Signal::INT, Reach::Process)?;
        let status = watch.end(SOON)?;
        ensure!(
            status.code() == Some(0),
            "Ctrl-C is the regular end: {status}"
        );
        processes::gone(&copy, SOON)?;
    }
    Ok(())
}

/// Labs whose broken Express service fails the very claims that `broken.rs`
/// fails.
const ALIKE: [&str; 7] = ["04", "06", "14", "15", "16", "17", "20"];

/// Labs whose broken Express service breaks another promise: Node has no lock
/// that stops a thread, and what was a deadlock is a race there.
const OTHERWISE: [&str; 1] = ["03"];

/// The Express services of every lab, through the experiment of the lab.
#[test]
fn express_is_judged_by_the_same_experiment() -> Result<()> {
    let copy = Copy::take()?;
    let modules = copy.repository.root.join("labs/node_modules/express");
    ensure!(
        modules.is_dir(),
        "the Express services need their packages: `npm ci --prefix labs` (Node 20 or newer)"
    );
    for lab in &copy.repository.labs()? {
        let own = [
            format!("{}/", lab.folder),
            "labs/workshop/".to_owned(),
            "tests/tests/processes.rs".to_owned(),
        ];
        let known = Known::of(&copy, &format!("express-{}", lab.id), &own)?;
        known.or(|| express(&copy, lab))?;
    }
    let lab = copy.repository.labs()?.swap_remove(0);
    let missing = ["prove", &lab.id, "--cmd", "no-such-program-here"];
    copy.workshop(&missing)?
        .exits(2)?
        .in_lines(6)?
        .says("no-such-program-here")?;
    processes::gone(&copy, SOON)
}

fn express(copy: &Copy, lab: &Lab) -> Result<()> {
    for name in copy.repository.stems(&lab.file("express"), ".mjs")? {
        let file = lab.file(&format!("express/{name}.mjs"));
        let mut node = std::process::Command::new("node");
        node.current_dir(&copy.root).args(["--check", &file]);
        ran::run(node)
            .context("install Node 20 or newer: apt-get install nodejs npm")?
            .ok()?;
    }
    let prove = |name: &str| {
        let command = format!("node {}", lab.file(&format!("express/{name}.mjs")));
        copy.workshop(&["prove", &lab.id, "--cmd", &command])
    };
    prove("fixed")?
        .ok()?
        .says("✓ holds: ")?
        .says_nothing_of("✗ fails")?;
    let broken = prove("broken")?.exits(1)?;
    let claims = snapshots::in_transcript(&broken.out);
    // Another runtime may spare its users something, and adds nothing.
    let fails = |claims: snapshots::Claims| -> BTreeSet<String> {
        let failing = claims.into_iter().filter(|(f, _)| *f == Finding::Fails);
        failing.map(|(_, promise)| promise).collect()
    };
    let own = snapshots::claims(&copy.repository, lab, "broken")?;
    // What a lab is about comes first, unless it first shows that all works.
    let first = |claims: &snapshots::Claims| claims.first().map(|(finding, _)| *finding);
    ensure!(first(&claims) == first(&own), "{broken}");
    let (own, its) = (fails(own), fails(claims));
    let otherwise = OTHERWISE.contains(&lab.id.as_str());
    ensure!(!its.is_empty(), "{broken}");
    ensure!(its.is_subset(&own) != otherwise, "{broken}");
    ensure!(!ALIKE.contains(&lab.id.as_str()) || its == own, "{broken}");
    processes::gone(copy, SOON)
}
