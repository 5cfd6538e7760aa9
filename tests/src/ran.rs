//! Commands that are run to their end, with a bound.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal};

/// The longest that a command may take; a cold build is the slowest.
const BOUND: Duration = Duration::from_secs(15 * 60);

/// What a command did.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The command, for messages.
    pub line: String,
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// How long it took.
    pub took: Duration,
}

impl Ran {
    /// Itself, if the exit code is 0.
    ///
    /// # Errors
    /// With everything it printed, if it is not.
    pub fn ok(self) -> Result<Self> {
        self.exits(0)
    }

    /// Itself, if the exit code is `code`.
    ///
    /// # Errors
    /// With everything it printed, if it is not.
    pub fn exits(self, code: i32) -> Result<Self> {
        ensure!(self.code == Some(code), "exit code {code} expected\n{self}");
        Ok(self)
    }

    /// Itself, if `words` stand in what it printed.
    ///
    /// # Errors
    /// With everything it printed, if they do not.
    pub fn says(self, words: &str) -> Result<Self> {
        let said = self.out.contains(words) || self.err.contains(words);
        ensure!(said, "`{words}` expected\n{self}");
        Ok(self)
    }

    /// Itself, if `words` stand nowhere in what it printed.
    ///
    /// # Errors
    /// With everything it printed, if they do.
    pub fn says_nothing_of(self, words: &str) -> Result<Self> {
        let said = self.out.contains(words) || self.err.contains(words);
        ensure!(!said, "`{words}` not expected\n{self}");
        Ok(self)
    }

    /// Itself, if it printed at most `most` lines, on both outputs together.
    ///
    /// # Errors
    /// With everything it printed, if there are more.
    pub fn in_lines(self, most: usize) -> Result<Self> {
        let lines = self.out.lines().count() + self.err.lines().count();
        ensure!(lines <= most, "{lines} lines, {most} expected\n{self}");
        Ok(self)
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line,
            code,
            out,
            err,
            took,
        } = self;
        let code = code.map_or("a signal".to_owned(), |code| code.to_string());
        write!(f, "$ {line}\n{out}{err}(ended with {code} after {took:?})")
    }
}

/// Removes from a command's environment what cargo sets for a test, and what
/// would change the colour or the outcome of a run. The machine's own settings
/// stay: mirrors, proxies, flags, profiles.
pub fn clean(command: &mut Command) -> &mut Command {
    const NAMES: [&str; 9] = [
        "CARGO",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MAKEFLAGS",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "NO_COLOR",
        "OUT_DIR",
        "RUST_BACKTRACE",
    ];
    const STARTS: [&str; 10] = [
        "CARGO_BIN_EXE_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_TERM_",
        "INSTA_",
        "LABKIT_",
        "LAB_GATE",
        "RUST_LIB_BACKTRACE",
    ];
    for (name, _) in std::env::vars_os() {
        let set = name.to_str().is_some_and(|text| {
            NAMES.contains(&text) || STARTS.iter().any(|start| text.starts_with(start))
        });
        if set {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end, with no standard input.
///
/// # Errors
/// When it cannot be started or does not end in time.
pub fn run(mut command: Command) -> Result<Ran> {
    let line = line(&command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // So that all of it can be ended when it takes too long.
        .process_group(0);
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let out = drain(child.stdout.take());
    let err = drain(child.stderr.take());
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > BOUND {
            end_group(&mut child);
            bail!("`{line}` did not end within {BOUND:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = begun.elapsed();
    let text = |reader: JoinHandle<String>| reader.join().unwrap_or_default();
    Ok(Ran {
        line,
        code: status.code(),
        out: text(out),
        err: text(err),
        took,
    })
}

/// A command as one would type it.
#[must_use]
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Kills a child with all of its process group.
pub(crate) fn end_group(child: &mut Child) {
    if let Some(group) = pid(child) {
        // It may have ended by itself, which is as good.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

pub(crate) fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

fn drain(source: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut source) = source {
            // What came before an error is still worth showing.
            let _ = source.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
