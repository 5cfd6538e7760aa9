//! Commands that run until they are told to end: servers and watchers.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;

use crate::ran;

/// A command under way, in a process group of its own; dropped, it is killed.
pub struct Running {
    line: String,
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

/// Whom a signal reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The command's process only, as with `kill`.
    Process,
    /// All of its group, as with Ctrl-C on a terminal.
    Group,
}

impl Running {
    /// Starts a command.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let line = ran::line(&command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start `{line}`"))?;
        let (sender, lines) = mpsc::channel();
        forward(child.stdout.take(), sender.clone());
        forward(child.stderr.take(), sender);
        Ok(Self {
            line,
            child,
            lines,
            seen: Vec::new(),
        })
    }

    /// Waits for a line with `words` in it, on either output.
    ///
    /// # Errors
    /// When none comes in time.
    pub fn line_with(&mut self, words: &str, within: Duration) -> Result<String> {
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(words) {
                        return Ok(line);
                    }
                }
                Err(_) => bail!(
                    "`{}` printed no line with `{words}` within {within:?}; it printed\n{}",
                    self.line,
                    self.seen.join("\n")
                ),
            }
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process has ended already.
    pub fn signal(&self, signal: Signal, reach: Reach) -> Result<()> {
        let pid = ran::pid(&self.child).context("a child has a pid")?;
        let sent = match reach {
            Reach::Process => rustix::process::kill_process(pid, signal),
            Reach::Group => rustix::process::kill_process_group(pid, signal),
        };
        sent.with_context(|| format!("`{}` has ended already", self.line))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn end(&mut self, within: Duration) -> Result<ExitStatus> {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > until {
                bail!("`{}` did not end within {within:?}", self.line);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        ran::end_group(&mut self.child);
    }
}

fn forward(source: Option<impl Read + Send + 'static>, lines: Sender<String>) {
    let Some(source) = source else { return };
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines() {
            let Ok(line) = line else { break };
            if lines.send(line).is_err() {
                break;
            }
        }
    });
}
