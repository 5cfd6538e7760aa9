//! Children of the workshop: none of them outlives it.
//!
//! A child is told by `LABKIT_TIED` to end with its parent, and on Linux it
//! also starts *tied*: the workshop runs itself, asks the kernel for a SIGTERM
//! when the parent dies, and becomes the program. The request outlives `exec`,
//! so it reaches cargo and every other program that knows nothing of us.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, getpid, getppid, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::signal::unix::{self, SignalKind};
use tokio::time::timeout;

use crate::terminal;

/// The first argument of a workshop that is about to become another program.
const TIED: &str = "__tied";
/// Tells a lab which process it ends with.
const TIE: &str = "LABKIT_TIED";

/// Ctrl-C reaches the whole terminal; so long a child may take to obey it.
const OBEY: Duration = Duration::from_millis(300);
/// So long it may take after SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// A command for `program`, whose process ends with this one.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    // A unit test's executable is no workshop and cannot become a program.
    let mut command = if cfg!(all(target_os = "linux", not(test))) {
        // This link names our executable even when a rebuild has replaced it.
        let mut command = Command::new("/proc/self/exe");
        command.arg(TIED).arg(getpid().to_string()).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.env(TIE, getpid().to_string());
    command
}

/// Becomes the program that a parent asked for by [`command`]; returns only
/// when this process was not started for that, or the program cannot start.
#[must_use]
pub fn tied() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != TIED {
        return None;
    }
    let parent = args.next()?.to_str()?.parse::<i32>().ok();
    let program = args.next()?;
    #[cfg(target_os = "linux")]
    if rustix::process::set_parent_process_death_signal(Some(Signal::TERM)).is_err() {
        return Some(ExitCode::FAILURE);
    }
    if getppid().map(Pid::as_raw_pid) != parent {
        return Some(ExitCode::FAILURE);
    }
    let error = Command::new(&program).args(args).exec();
    terminal::complain(format_args!(
        "error: cannot start {}: {error}",
        program.display()
    ));
    Some(ExitCode::from(127))
}

/// Lets Ctrl-C end this program as its regular end, with exit code 0. The
/// children get it too, from the terminal or because we are gone.
///
/// # Errors
/// When the signal cannot be listened to.
pub fn leave_on_interrupt() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut interrupt = {
        let _inside = runtime.enter();
        unix::signal(SignalKind::interrupt())?
    };
    std::thread::spawn(move || {
        runtime.block_on(interrupt.recv());
        std::process::exit(0);
    });
    Ok(())
}

/// How a child came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Itself(ExitStatus),
    /// By us, because a signal asked us to stop; 130 after Ctrl-C.
    Stopped {
        /// 128 and the signal's number.
        code: u8,
    },
}

/// Where a child's standard output goes.
pub enum Output<'a> {
    /// To ours.
    Inherit,
    /// Line by line to a function.
    Lines(&'a mut dyn FnMut(&str) -> Result<()>),
}

/// Runs `command` to its end, and ends it when a signal asks us to stop.
///
/// # Errors
/// When it cannot be started, or the function that takes its lines fails.
pub fn supervise(command: Command, output: Output<'_>) -> Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(supervised(command, output))
}

async fn supervised(command: Command, output: Output<'_>) -> Result<Ended> {
    let name = command.get_program().to_owned();
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    if matches!(output, Output::Lines(_)) {
        command.stdout(Stdio::piped());
    }
    let mut signals = Signals::new()?;
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", name.display()))?;
    if let (Output::Lines(take), Some(stdout)) = (output, child.stdout.take()) {
        let mut lines = BufReader::new(stdout).split(b'\n');
        loop {
            tokio::select! {
                line = lines.next_segment() => match line? {
                    Some(line) => take(&String::from_utf8_lossy(&line))?,
                    None => break,
                },
                signal = signals.next() => return stop(&mut child, signal).await,
            }
        }
    }
    tokio::select! {
        status = child.wait() => Ok(Ended::Itself(status?)),
        signal = signals.next() => stop(&mut child, signal).await,
    }
}

/// The signals that ask a program to stop.
struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hangup.recv() => Signal::HUP,
        }
    }
}

async fn stop(child: &mut Child, signal: Signal) -> Result<Ended> {
    let ended = Ended::Stopped {
        code: 128 + u8::try_from(signal.as_raw())?,
    };
    // A terminal has sent Ctrl-C to the child as well.
    if signal == Signal::INT && timeout(OBEY, child.wait()).await.is_ok() {
        return Ok(ended);
    }
    let pid = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid {
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(GRACE, child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_arrive_and_the_status_is_kept() {
        let mut command = command("sh");
        command.args(["-c", "echo one; echo two; exit 3"]);
        let mut seen = Vec::new();
        let mut take = |line: &str| {
            seen.push(line.to_owned());
            Ok(())
        };
        let ended = supervise(command, Output::Lines(&mut take)).unwrap();
        let Ended::Itself(status) = ended else {
            panic!("{ended:?}")
        };
        assert_eq!(status.code(), Some(3));
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn a_failing_reader_ends_the_child() {
        let mut command = command("sh");
        command.args(["-c", "echo one; sleep 60"]);
        let mut take = |_: &str| anyhow::bail!("enough");
        let begun = std::time::Instant::now();
        assert!(supervise(command, Output::Lines(&mut take)).is_err());
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = supervise(command("no-such-program"), Output::Inherit).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }
}
