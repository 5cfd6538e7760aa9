//! Processes that end when the harness does.
//!
//! Every process is spawned from one thread that never ends, because the
//! parent-death signal of Linux follows the spawning *thread*. Our own
//! executables tie themselves to their parent, and may then become another
//! program, which stays tied; any other command runs under a supervisor that
//! kills its process group once a pipe is closed.

use std::ffi::OsStr;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Set to the parent's process id in the environment of a tied process.
pub const TIED: &str = "LABKIT_TIED";

/// Set to a shell command in the environment of a supervisor.
pub const SUPERVISE: &str = "LABKIT_SUPERVISE";

/// Set to the number of a signal in the environment of a process that is
/// about to become another program.
pub const BECOME: &str = "LABKIT_BECOME";

type Job = (Command, Handle, mpsc::Sender<std::io::Result<Child>>);

/// Spawns `command` from the thread that never ends, tied to this process
/// when it is one of our executables.
///
/// # Errors
/// When the command cannot be started.
pub fn spawn(mut command: Command) -> std::io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, runtime, reply) in queue {
                let _inside = runtime.enter();
                // The caller waits for the reply; it cannot be gone.
                let _ = reply.send(command.spawn());
            }
        });
        jobs
    });
    command.env(TIED, std::process::id().to_string());
    let (reply, answer) = mpsc::channel();
    let gone = |_| std::io::Error::other("the spawning thread is gone");
    spawner
        .send((command, Handle::current(), reply))
        .map_err(|e| gone(e.to_string()))?;
    answer.recv().map_err(|e| gone(e.to_string()))?
}

/// Ties this process to its parent if its environment says so. To be called
/// first thing in `main`.
pub fn tie_to_parent() {
    tie_with(Some(Signal::KILL));
}

fn tie_with(signal: Option<Signal>) {
    let Some(parent) = std::env::var_os(TIED) else {
        return;
    };
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(signal) {
        eprintln!("labkit: not tied to the parent process: {error}");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = signal;
    // The parent may have died before the line above took effect; elsewhere
    // than on Linux this is the only way to know.
    if orphaned(&parent) {
        std::process::exit(1);
    }
    #[cfg(not(target_os = "linux"))]
    std::thread::spawn(move || {
        loop {
            if orphaned(&parent) {
                std::process::exit(1);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
}

/// A command for another program, to be spawned with [`spawn`]: this
/// executable once more, which ties itself to us and becomes the program.
/// The kernel sends it `signal` when this process ends, in whatever way.
///
/// # Errors
/// When this executable's own path cannot be found.
pub fn tied(program: &Path, signal: Signal) -> std::io::Result<Command> {
    // The link names our executable also for a user who may not walk to it.
    let own = if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe()?
    };
    let mut command = Command::new(own);
    command
        .arg(program)
        .env(BECOME, signal.as_raw().to_string());
    Ok(command)
}

/// Becomes the program that [`tied`] asked for, if the environment says so;
/// returns only when that fails, with the exit code.
#[must_use]
pub fn become_program() -> Option<u8> {
    let signal = std::env::var(BECOME).ok()?;
    tie_with(signal.parse().ok().and_then(Signal::from_named_raw));
    let mut words = std::env::args_os().skip(1);
    let program = words.next()?;
    let error = std::process::Command::new(&program)
        .args(words)
        .env_remove(BECOME)
        .env_remove(TIED)
        .exec();
    eprintln!("labkit: cannot start {}: {error}", program.display());
    Some(127)
}

/// Whether the parent is another process than the one that spawned us.
fn orphaned(parent: &OsStr) -> bool {
    let named = parent.to_str().and_then(|text| text.parse::<i32>().ok());
    let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    match named {
        // `1` is the short form: tied to whoever the parent is.
        Some(1) | None => now.is_none_or(|pid| pid == 1),
        Some(named) => now != Some(named),
    }
}

/// A supervisor for a shell command, to be spawned with [`spawn`]: this
/// executable once more. The command lives as long as the supervisor's
/// standard input stays open.
///
/// # Errors
/// When this executable's own path cannot be found.
pub fn supervised(shell_command: &str) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env(SUPERVISE, shell_command).stdin(Stdio::piped());
    Ok(command)
}

/// Runs as the supervisor if the environment says so, and gives its exit
/// code. To be called before [`tie_to_parent`]: a supervisor must outlive
/// its parent for as long as it takes to kill the command.
#[must_use]
pub fn supervise() -> Option<u8> {
    let shell_command = std::env::var_os(SUPERVISE)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    Some(match runtime {
        Ok(runtime) => runtime.block_on(supervise_command(&shell_command)),
        Err(error) => {
            eprintln!("labkit: {error}");
            2
        }
    })
}

async fn supervise_command(shell_command: &OsStr) -> u8 {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(shell_command)
        .env_remove(SUPERVISE)
        .env_remove(TIED)
        .stdin(Stdio::null())
        .process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("labkit: cannot start sh: {error}");
            return 2;
        }
    };
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let status = tokio::select! {
        status = child.wait() => status.ok(),
        () = asked_to_end() => None,
    };
    // Also after a normal end: a shell may leave background jobs behind.
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    let status = match status {
        Some(status) => Some(status),
        None => child.wait().await.ok(),
    };
    status.map_or(1, |status| {
        let signal = status.signal().map(|n| 128 + n);
        u8::try_from(status.code().or(signal).unwrap_or(1)).unwrap_or(1)
    })
}

/// The harness closed the pipe, or someone asked this process to end.
async fn asked_to_end() {
    let signalled = async |kind| match signal(kind) {
        Ok(mut stream) => {
            stream.recv().await;
        }
        Err(_) => std::future::pending().await,
    };
    // A thread of its own, which ends with the process: tokio would wait for it.
    let (closed, end) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(closed);
    });
    tokio::select! {
        _ = end => {}
        () = signalled(SignalKind::interrupt()) => {}
        () = signalled(SignalKind::terminate()) => {}
        () = signalled(SignalKind::hangup()) => {}
    }
}

/// How a process ended, in words: `exit status 3`, `SIGABRT`.
#[must_use]
pub fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (_, Some(6)) => "SIGABRT".to_owned(),
        (_, Some(9)) => "SIGKILL".to_owned(),
        (_, Some(11)) => "SIGSEGV".to_owned(),
        (_, Some(15)) => "SIGTERM".to_owned(),
        (_, Some(signal)) => format!("signal {signal}"),
        _ => "for no known reason".to_owned(),
    }
}

/// Waits `time`, for callers that poll what has no event.
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
