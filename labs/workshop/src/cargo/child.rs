//! Cargo as a child: its environment, its two outputs, its progress.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Step;
use crate::{process, tools};

/// The cargo to call: the one that runs us, else the one on PATH.
///
/// # Errors
/// When there is none.
pub fn program() -> Result<PathBuf> {
    let ours = std::env::var_os("CARGO")
        .map(PathBuf::from)
        .filter(|path| path.is_file());
    ours.or_else(|| tools::on_path(&["cargo"]))
        .context("cargo is not on PATH: install Rust from https://rustup.rs")
}

/// Cargo in the environment that the reader called us from.
pub(super) fn command() -> Result<Command> {
    let mut command = process::command(program()?);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(set_by_cargo_run) {
            command.env_remove(name);
        }
    }
    // Cargo runs in the root, and takes a relative folder from there; the
    // reader meant the folder that we were called in.
    if let Some(target) = std::env::var_os("CARGO_TARGET_DIR") {
        command.env("CARGO_TARGET_DIR", std::path::absolute(target)?);
    }
    // For labs only; no build script need know.
    command.env_remove("LABKIT_TIED");
    // The labs of our unit tests are throw-away: into their own folder.
    if cfg!(test) {
        command.env_remove("CARGO_TARGET_DIR");
    }
    command.stdin(Stdio::null());
    Ok(command)
}

/// Whether `cargo run` sets this variable for the program it runs. Build
/// scripts that watch one would run again for every call of ours.
fn set_by_cargo_run(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "CARGO",
        "CARGO_CRATE_NAME",
        "CARGO_BIN_NAME",
        "CARGO_MAKEFLAGS",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
        "RUSTC_LINKER",
        "RUST_RECURSION_COUNT",
    ];
    const PREFIXES: [&str; 5] = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_EXE_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// What a running cargo does.
pub(super) enum Event {
    /// It writes a line to standard output.
    Out(String),
    /// It writes one to standard error.
    Err(String),
    /// It writes nothing for a while.
    Quiet,
}

/// Runs a command to its end; both its outputs arrive as they are written.
pub(super) fn run(mut command: Command, take: &mut dyn FnMut(Event)) -> Result<bool> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Reaped(command.spawn().context("cannot start cargo")?);
    let (events, queue) = mpsc::channel();
    if let Some(stdout) = child.0.stdout.take() {
        let events = events.clone();
        std::thread::spawn(move || lines(stdout, |_| false, &events, Event::Out));
    }
    if let Some(stderr) = child.0.stderr.take() {
        // The bar is redrawn with carriage returns.
        std::thread::spawn(move || lines(stderr, |b| b == b'\r', &events, Event::Err));
    }
    loop {
        match queue.recv_timeout(Duration::from_millis(100)) {
            Ok(event) => take(event),
            Err(RecvTimeoutError::Timeout) => take(Event::Quiet),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(child.0.wait()?.success())
}

/// Sends what `source` gives, cut after line ends and where `cut` says.
fn lines(
    source: impl Read,
    cut: impl Fn(u8) -> bool,
    events: &Sender<Event>,
    event: impl Fn(String) -> Event,
) {
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    while let Ok(buffer) = source.fill_buf()
        && !buffer.is_empty()
    {
        let end = buffer
            .iter()
            .position(|&b| b == b'\n' || cut(b))
            .map(|at| at + 1);
        let used = end.unwrap_or(buffer.len());
        line.extend_from_slice(&buffer[..used]);
        source.consume(used);
        if end.is_some() {
            let text = String::from_utf8_lossy(&line).into_owned();
            if events.send(event(text)).is_err() {
                return;
            }
            line.clear();
        }
    }
    if !line.is_empty() {
        // Nobody listens any more when this fails.
        let _ = events.send(event(String::from_utf8_lossy(&line).into_owned()));
    }
}

/// A child that does not outlive its owner.
struct Reaped(std::process::Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both fail for a child that has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads a line of cargo's progress: `Building [==> ] 3/178: tokio, syn`.
pub(super) fn parse_step(line: &str) -> Option<Step> {
    let line = line.trim();
    if line.starts_with("Blocking waiting for file lock") {
        return Some(Step::Waiting);
    }
    let (_, rest) = line.strip_prefix("Building [")?.split_once("] ")?;
    let (count, what) = rest.split_once(": ").unwrap_or((rest, ""));
    let (done, total) = count.split_once('/')?;
    Some(Step::Compiling {
        done: done.parse().ok()?,
        total: total.parse().ok()?,
        what: what.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_progress_is_read() {
        let line = "    Building [=====>              ] 12/178: tokio, syn(build.rs)   \r";
        let step = Step::Compiling {
            done: 12,
            total: 178,
            what: "tokio, syn(build.rs)".into(),
        };
        assert_eq!(parse_step(line), Some(step));
        let line = "    Blocking waiting for file lock on build directory\n";
        assert_eq!(parse_step(line), Some(Step::Waiting));
        assert_eq!(parse_step("   Compiling syn v2.0.1\n"), None);
        assert_eq!(parse_step("error: no such command\n"), None);
    }

    #[test]
    fn the_readers_own_settings_are_kept() {
        for name in ["CARGO", "CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "OUT_DIR"] {
            assert!(set_by_cargo_run(name), "{name}");
        }
        let own = [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_NET_OFFLINE",
            "RUSTC_WRAPPER",
        ];
        for name in own {
            assert!(!set_by_cargo_run(name), "{name}");
        }
    }
}
