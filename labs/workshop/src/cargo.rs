//! Building a lab with cargo, when its program is first needed.
//!
//! The programs are kept in `lab-bin` beside cargo's own folder, so that a
//! build that fails, or one with other features, does not take away what runs.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::compiler::{Diagnostic, Failure, Message};
use crate::workspace::{Lab, Workspace};
use crate::{process, tools};

/// How far cargo is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Another cargo holds the target folder.
    Waiting,
    /// Crates are being compiled.
    Compiling {
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// Names of the units in work.
        what: String,
    },
    /// Nothing new; time passes.
    Tick,
}

/// A lab's program for one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// It is ready.
    Ready {
        /// The program.
        program: PathBuf,
        /// What the compiler says about exercise.rs, which was left out.
        left_out: Option<Failure>,
    },
    /// It does not compile.
    Failed(Failure),
}

/// Cargo, as the workshop calls it.
#[derive(Debug, Clone, Copy)]
pub struct Cargo<'a> {
    workspace: &'a Workspace,
    colours: bool,
}

impl<'a> Cargo<'a> {
    /// For the labs of `workspace`; the compiler's messages come with the
    /// terminal's colours if `colours`.
    #[must_use]
    pub fn new(workspace: &'a Workspace, colours: bool) -> Self {
        Self { workspace, colours }
    }

    /// Builds the program that runs `version` of `lab`.
    ///
    /// An exercise that does not compile is left out when another version is
    /// wanted.
    ///
    /// # Errors
    /// When cargo cannot be started or its result cannot be kept.
    pub fn lab(
        self,
        lab: &Lab,
        version: &str,
        step: &mut dyn FnMut(&Step),
    ) -> Result<Built> {
        let package = lab.package.as_str();
        let bin = ["build", "-p", package, "--bin", package, "--features", "serve"];
        let failure = match self.executable(&bin, (package, "bin"), step)? {
            Ok(built) => {
                let program = keep(&built, "")?;
                return Ok(Built::Ready { program, left_out: None });
            }
            Err(failure) => failure,
        };
        let exercise = lab.dir.join("src/exercise.rs");
        if version == "exercise" || !failure.only_in(&self.workspace.root, &exercise) {
            return Ok(Built::Failed(failure));
        }
        let without = [&bin[..], &["--no-default-features"]].concat();
        Ok(match self.executable(&without, (package, "bin"), step)? {
            Ok(built) => {
                let program = keep(&built, "without-exercise")?;
                Built::Ready { program, left_out: Some(failure) }
            }
            Err(failure) => Built::Failed(failure),
        })
    }

    /// Builds the tests of `lab`, and gives the test program.
    ///
    /// # Errors
    /// When cargo cannot be started.
    pub fn proof(self, lab: &Lab, step: &mut dyn FnMut(&Step)) -> Result<Built> {
        let arguments = ["test", "-p", &lab.package, "--test", "proof", "--no-run"];
        Ok(match self.executable(&arguments, ("proof", "test"), step)? {
            Ok(program) => Built::Ready { program, left_out: None },
            Err(failure) => Built::Failed(failure),
        })
    }

    /// Runs cargo and picks the program of the target `(name, kind)`.
    fn executable(
        self,
        arguments: &[&str],
        (name, kind): (&str, &str),
        step: &mut dyn FnMut(&Step),
    ) -> Result<Result<PathBuf, Failure>> {
        let mut command = cargo()?;
        command.current_dir(&self.workspace.root).args(arguments);
        command.arg(if self.colours {
            "--message-format=json-diagnostic-rendered-ansi"
        } else {
            "--message-format=json"
        });
        // Cargo draws its progress even into a pipe when it is told how wide.
        command.env("CARGO_TERM_PROGRESS_WHEN", "always");
        command.env("CARGO_TERM_PROGRESS_WIDTH", "100");
        command.env("CARGO_TERM_COLOR", "never");
        command.env_remove("CARGO_TERM_QUIET").env_remove("CARGO_TERM_VERBOSE");

        let mut program = None;
        let mut errors: Vec<Diagnostic> = Vec::new();
        let mut said = String::new();
        let success = run(command, &mut |event| match event {
            Event::Out(line) => match serde_json::from_str(&line) {
                Ok(Message::CompilerArtifact { target, executable })
                    if target.name == name && target.kind.iter().any(|k| k == kind) =>
                {
                    program = executable.or(program.take());
                }
                Ok(Message::CompilerMessage { message }) if message.is_error() => {
                    errors.push(message);
                }
                _ => {}
            },
            Event::Err(line) => match parse_step(&line) {
                Some(new) => step(&new),
                None => said.push_str(&line),
            },
            Event::Quiet => step(&Step::Tick),
        })?;
        if !success {
            return Ok(Err(Failure::new(&errors, &said)));
        }
        let program = program
            .with_context(|| format!("cargo built no program `{name}`: is it in the manifest?"))?;
        Ok(Ok(program))
    }
}

/// The cargo to call: the one that runs us, else the one on PATH.
///
/// # Errors
/// When there is none.
pub fn program() -> Result<PathBuf> {
    let ours = std::env::var_os("CARGO").map(PathBuf::from).filter(|path| path.is_file());
    ours.or_else(|| tools::on_path(&["cargo"]))
        .context("cargo is not on PATH: install Rust from https://rustup.rs")
}

/// Cargo in the environment that the reader called us from.
fn cargo() -> Result<Command> {
    let mut command = process::command(program()?);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(set_by_cargo_run) {
            command.env_remove(name);
        }
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
    const PREFIXES: [&str; 5] =
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_", "CARGO_CFG_", "CARGO_FEATURE_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

enum Event {
    Out(String),
    Err(String),
    Quiet,
}

/// Runs a command to its end; both its outputs arrive as they are written.
fn run(mut command: Command, take: &mut dyn FnMut(Event)) -> Result<bool> {
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
    loop {
        let Ok(buffer) = source.fill_buf() else { break };
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|&b| b == b'\n' || cut(b)).map(|at| at + 1);
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
fn parse_step(line: &str) -> Option<Step> {
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

/// Copies a program to `lab-bin`, unless this very build is there already.
fn keep(built: &Path, folder: &str) -> Result<PathBuf> {
    let (Some(profile), Some(name)) = (built.parent(), built.file_name()) else {
        return Ok(built.to_path_buf());
    };
    let bin = profile.parent().unwrap_or(profile).join("lab-bin").join(folder);
    let kept = bin.join(name);
    let new = built.metadata()?;
    let same = kept.metadata().is_ok_and(|old| {
        old.len() == new.len() && old.modified().ok() == new.modified().ok()
    });
    if same {
        return Ok(kept);
    }
    let copy = || -> std::io::Result<()> {
        fs::create_dir_all(&bin)?;
        // Written beside and renamed, because the old one may be running.
        let fresh = tempfile::Builder::new().prefix(".new-").tempfile_in(&bin)?.into_temp_path();
        fs::copy(built, &fresh)?;
        File::options().append(true).open(&fresh)?.set_modified(new.modified()?)?;
        fresh.persist(&kept).map_err(|error| error.error)
    };
    copy().with_context(|| format!("cannot keep {}", kept.display()))?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn cargos_progress_is_read() {
        let line = "    Building [=====>              ] 12/178: tokio, syn(build.rs)   \r";
        let step = Step::Compiling { done: 12, total: 178, what: "tokio, syn(build.rs)".into() };
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
        let own = ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_NET_OFFLINE", "RUSTC_WRAPPER"];
        for name in own {
            assert!(!set_by_cargo_run(name), "{name}");
        }
    }

    #[test]
    fn an_exercise_that_does_not_compile_takes_nothing_else_away() {
        let fixture = Fixture::new();
        let (workspace, lab) = (&fixture.workspace, fixture.lab());
        let cargo = Cargo::new(workspace, false);
        let mut steps = Vec::new();
        let mut note = |step: &Step| steps.push(step.clone());
        let built = cargo.lab(lab, "broken", &mut note).unwrap();
        let Built::Ready { program, left_out: None } = built else { panic!("{built:?}") };
        assert!(program.ends_with("lab-bin/lab-01"), "{}", program.display());
        assert!(steps.iter().any(|step| matches!(step, Step::Compiling { .. })), "{steps:?}");

        fs::write(fixture.file("src/exercise.rs"), "pub fn server() -> bool { 1 }").unwrap();
        let built = cargo.lab(lab, "broken", &mut |_| {}).unwrap();
        let Built::Ready { program: other, left_out: Some(failure) } = built else {
            panic!("{built:?}")
        };
        assert_ne!(program, other);
        assert!(program.is_file() && other.is_file());
        assert!(failure.text.contains("mismatched types"), "{}", failure.text);
        let built = cargo.lab(lab, "exercise", &mut |_| {}).unwrap();
        assert_eq!(built, Built::Failed(failure));
    }

    #[test]
    fn a_mistake_elsewhere_is_not_blamed_on_the_exercise() {
        let fixture = Fixture::new();
        fs::write(fixture.file("src/broken.rs"), "pub fn server() -> bool { 1 }").unwrap();
        let cargo = Cargo::new(&fixture.workspace, false);
        let built = cargo.lab(fixture.lab(), "fixed", &mut |_| {}).unwrap();
        let Built::Failed(failure) = built else { panic!("{built:?}") };
        let exercise = fixture.file("src/exercise.rs");
        assert!(!failure.only_in(&fixture.workspace.root, &exercise), "{failure:?}");
    }

    #[test]
    fn a_kept_program_is_copied_once_per_build() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("debug/lab-01");
        fs::create_dir_all(built.parent().unwrap()).unwrap();
        fs::write(&built, "one").unwrap();
        let kept = keep(&built, "").unwrap();
        assert_eq!(kept, folder.path().join("lab-bin/lab-01"));
        // Put something else there: the same build does not overwrite it.
        let stamp = built.metadata().unwrap().modified().unwrap();
        fs::write(&kept, "own").unwrap();
        File::options().append(true).open(&kept).unwrap().set_modified(stamp).unwrap();
        keep(&built, "").unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "own");
        fs::write(&built, "three").unwrap();
        keep(&built, "").unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "three");
    }
}
