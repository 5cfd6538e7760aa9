//! Ways in which a process ends, and what it leaves: shared by the tests of
//! the crates that start servers.
//!
//! The test runs itself again with [`END`] in the environment; the child
//! starts its server, says where, and ends in that way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use labkit::server::Server;

/// How the child ends: `return`, `panic`, `abort`, or `wait` to be killed.
pub const END: &str = "LABKIT_TEST_END";

/// What a child said of its server.
pub struct Said {
    pub process: u32,
    pub folder: PathBuf,
    pub child: Child,
}

/// Starts this test again as a child that ends in the way `end`; `prepare`
/// changes its environment.
pub fn child(end: &str, prepare: impl FnOnce(&mut Command)) -> Result<Said> {
    let mut command = Command::new("/proc/self/exe");
    command
        .env(END, end)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .env("RUST_BACKTRACE", "0");
    prepare(&mut command);
    let mut child = command.spawn()?;
    let out = child.stdout.take().context("a pipe")?;
    let mut lines = BufReader::new(out).lines();
    let line = lines.next().context("the child said nothing")??;
    let (process, folder) = line.split_once(' ').context("two words")?;
    Ok(Said {
        process: process.parse()?,
        folder: folder.into(),
        child,
    })
}

/// Makes a command run as `nobody`, when this is root.
#[allow(dead_code, reason = "not every crate's tests use it")]
pub fn as_nobody(command: &mut Command) {
    if let Some(user) = labkit::server::user() {
        command.uid(user).gid(user);
    }
}

/// The child's side: says where the server is, and ends.
pub fn end(way: &str, server: &Server) -> ! {
    let folder = server.folder().map_or_else(PathBuf::new, Path::to_path_buf);
    println!("{} {}", server.process().unwrap_or(0), folder.display());
    let _ = std::io::stdout().flush();
    match way {
        "panic" => panic!("on purpose"),
        "abort" => std::process::abort(),
        "wait" => loop {
            std::thread::park();
        },
        _ => {
            labkit::server::end_all();
            std::process::exit(0)
        }
    }
}

/// Whether a process lives; one that is dead and not yet reaped does not.
pub fn lives(process: u32) -> bool {
    let process = rustix::process::Pid::from_raw(process.cast_signed());
    process.is_some_and(labkit::table::alive)
}

#[allow(dead_code, reason = "not every crate's tests use it")]
/// Kills a process, as an accident would.
pub fn kill(process: u32) {
    if let Some(process) = rustix::process::Pid::from_raw(process.cast_signed()) {
        let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
    }
}

/// Every way in which a process ends.
pub const WAYS: [&str; 4] = ["return", "panic", "abort", "wait"];

/// None of these ways to end leaves a server, or a folder for longer than
/// until the next run.
pub fn nothing_is_left(ways: &[&str], prepare: impl Fn(&mut Command)) -> Result<()> {
    for &way in ways {
        let mut said = child(way, &prepare)?;
        if way == "wait" {
            ensure!(lives(said.process), "the server does not run");
            said.child.kill()?;
        }
        let status = said.child.wait()?;
        let expected = match way {
            "return" => status.success(),
            "panic" => status.code().is_some_and(|code| code != 0),
            _ => status.signal().is_some(),
        };
        ensure!(expected, "{way} ended with {status}");
        let until = Instant::now() + Duration::from_secs(5);
        while lives(said.process) {
            let left = said.process;
            ensure!(Instant::now() < until, "{way} leaves process {left}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let folder = said.folder.display();
        ensure!(
            way != "return" || !said.folder.exists(),
            "{way} leaves {folder}"
        );
        // The next process sweeps.
        let mut next = child("return", &prepare)?;
        next.child.wait()?;
        ensure!(!said.folder.exists(), "{folder} is not swept after {way}");
    }
    Ok(())
}
