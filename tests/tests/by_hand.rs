//! What `cargo lab run` says can be tried is tried: every command, as a shell
//! takes it, on the fixed version of its lab.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use book_tests::running::Reach;
use book_tests::{Copy, Known, Lab, Ran, processes, ran};
use rustix::process::Signal;

/// A cold build may come first.
const BUILD: Duration = Duration::from_secs(600);
/// What a person would still call at once.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn what_can_be_tried_is_answered() -> Result<()> {
    let copy = Copy::take()?;
    for lab in &copy.repository.labs()? {
        let own = [
            format!("{}/", lab.folder),
            "labs/workshop/".to_owned(),
            "tests/tests/by_hand.rs".to_owned(),
        ];
        let known = Known::of(&copy, &format!("by-hand-{}", lab.id), &own)?;
        known.or(|| try_all(&copy, lab).with_context(|| lab.name.clone()))?;
    }
    Ok(())
}

fn try_all(copy: &Copy, lab: &Lab) -> Result<()> {
    let mut server = copy.start(&["run", &lab.id, "fixed", "--port", "0"])?;
    let line = server.line_with("http://127.0.0.1:", BUILD)?;
    let port = line.rsplit(':').next().unwrap_or_default().trim();
    let manifest: toml::Table = copy.read(&lab.file("Cargo.toml"))?.parse()?;
    let tries = manifest["package"]["metadata"]["lab"]["try"].as_array();
    for command in tries.context("a list of commands")? {
        let command = command.as_str().context("a command")?;
        let typed = shell(&command.replace("{port}", port))?;
        ensure!(
            !typed.ok()?.out.trim().is_empty(),
            "`{command}` says nothing"
        );
    }
    server.signal(Signal::INT, Reach::Process)?;
    server.end(SOON)?;
    processes::gone(copy, SOON)
}

/// Runs a line as somebody types it.
fn shell(line: &str) -> Result<Ran> {
    let mut shell = Command::new("bash");
    shell.args(["-c", line]);
    ran::run(shell)
}

/// Lab 15: whoever types is a client, and not the proxy in front of it.
#[test]
fn a_forged_address_gets_nobody_another_attempt() -> Result<()> {
    const GUESSES: &str = "for n in $(seq 30); do curl -so /dev/null -w '%{http_code} ' \
        -H \"X-Forwarded-For: 192.0.2.$n\" -d \"user=x$n&password=x\" URL/login; done";
    let copy = Copy::take()?;
    let lab = copy.lab("15")?;
    for (version, expected) in [("broken", [30, 0]), ("fixed", [10, 20])] {
        let mut server = copy.start(&["run", &lab.id, version, "--port", "0"])?;
        let line = server.line_with("http://127.0.0.1:", BUILD)?;
        let url = line.split_whitespace().last().unwrap_or_default();
        let typed = shell(&GUESSES.replace("URL", url))?.ok()?;
        let count = |status: &str| {
            typed
                .out
                .split_whitespace()
                .filter(|s| *s == status)
                .count()
        };
        ensure!(
            [count("401"), count("429")] == expected,
            "{version}: {typed}"
        );
        server.signal(Signal::INT, Reach::Process)?;
        server.end(SOON)?;
    }
    processes::gone(&copy, SOON)
}
