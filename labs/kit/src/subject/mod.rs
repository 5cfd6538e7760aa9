//! The subject: the service under test, in a process of its own.
//!
//! A version of the lab runs in this very executable, started once more with
//! the bound listener as its standard input. So there is no second link, no
//! race for a port, and no readiness probe: the kernel holds connections
//! until the server accepts them. Any other command gets `PORT`.

mod serve;

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use hyper::Method;
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};

use crate::bench::Log;
use crate::client::Call;
use crate::control::{self, Deadline, Watch};
use crate::deployment::Deployment;
use crate::exchange;
use crate::ground::Ground;
use crate::lab::Version;
use crate::output::Output;
use crate::process;
use crate::table;

pub use serve::{dispatch, serve};

/// Set to a version's name in the environment of a subject.
pub const SERVE: &str = "LABKIT_SERVE";

/// Lines of output that are kept for the verdict.
const KEPT_LINES: usize = 400;

/// What an experiment is run against.
#[derive(Debug, Clone)]
pub enum Target {
    /// A version of the lab.
    Version(&'static Version),
    /// A shell command that serves HTTP on `PORT`.
    Command(String),
}

impl Target {
    /// How it is deployed; a command says nothing of that.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        match self {
            Self::Version(version) => version.deployment,
            Self::Command(_) => Deployment::DEFAULT,
        }
    }
}

/// A running service.
#[derive(Debug)]
pub struct Subject {
    addr: SocketAddr,
    process: Option<u32>,
    /// Whether `process` is a supervisor, and the service its child.
    supervised: bool,
    watch: Watch,
    label: Option<char>,
    log: Log,
    output: Output,
    ended: watch::Receiver<Option<String>>,
    end: Option<oneshot::Sender<()>>,
}

impl Subject {
    /// Starts the target.
    ///
    /// # Errors
    /// When no port can be bound or the process cannot be started; for a
    /// command also when it ends, or accepts no connection in time.
    pub async fn start(target: &Target, ground: &Ground, log: Log) -> anyhow::Result<Self> {
        match target {
            Target::Version(version) => Self::start_self(version.name, ground, log),
            Target::Command(command) => Self::start_command(command, ground, log).await,
        }
    }

    /// The same, with a letter that tells it from other instances in the
    /// transcript.
    #[must_use]
    pub(crate) fn labelled(mut self, label: char) -> Self {
        self.label = Some(label);
        self
    }

    /// Starts the control service.
    ///
    /// # Errors
    /// When no port can be bound or the process cannot be started.
    pub(crate) fn start_control() -> anyhow::Result<Self> {
        Self::start_self(control::VERSION, &Ground::new(), Log::default())
    }

    fn start_self(name: &str, ground: &Ground, log: Log) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
        // std asks for 128 waiting connections; a wave may be larger, and
        // what does not fit waits a second for its next try.
        rustix::net::listen(&listener, 1024)?;
        let addr = listener.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .env(SERVE, name)
            // A backtrace of the framework says nothing about the lab.
            .env("RUST_BACKTRACE", "0")
            .kill_on_drop(true);
        Ok(Self::spawn(command, addr, ground, log)?)
    }

    async fn start_command(command: &str, ground: &Ground, log: Log) -> anyhow::Result<Self> {
        let addr = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut supervisor = process::supervised(command)?;
        supervisor.env("PORT", addr.port().to_string());
        let subject = Self::spawn(supervisor, addr, ground, log)?;
        // Only the command itself knows when it listens.
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(addr).await.is_ok() {
                return Ok(subject);
            }
            if let Some(ending) = subject.ended.borrow().clone() {
                let said = subject.output().join("\n");
                anyhow::bail!("`{command}` ended ({ending}) before it listened on PORT\n{said}");
            }
            process::pause(Duration::from_millis(20)).await;
        }
        anyhow::bail!(
            "`{command}` does not listen on 127.0.0.1:{} after 10 s: \
             it must read the port from PORT",
            addr.port()
        )
    }

    fn spawn(
        mut command: Command,
        addr: SocketAddr,
        ground: &Ground,
        log: Log,
    ) -> std::io::Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, value) in ground.env.vars() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = process::spawn(command)?;
        let process = child.id();
        let supervised = child.stdin.is_some();
        let output = Output::keeping(KEPT_LINES);
        let readers = [
            output.read(child.stdout.take()),
            output.read(child.stderr.take()),
        ];
        let (say, ended) = watch::channel(None);
        let (end, asked) = oneshot::channel();
        tokio::spawn(async move {
            let ending = wait(child, asked).await;
            for reader in readers {
                // What the process said last is read before its end is told;
                // a grandchild that keeps the pipe open does not hold it up.
                let _ = tokio::time::timeout(Duration::from_millis(200), reader).await;
            }
            let _ = say.send(Some(ending));
        });
        Ok(Self {
            addr,
            process,
            supervised,
            watch: ground.watch(process),
            label: None,
            log,
            output,
            ended,
            end: Some(end),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The processes that its answers come from.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// A `GET`, to be sent.
    #[must_use]
    pub fn get(&self, path: &str) -> Call {
        self.request(Method::GET, path)
    }

    /// A `POST`, to be sent.
    #[must_use]
    pub fn post(&self, path: &str) -> Call {
        self.request(Method::POST, path)
    }

    /// A request, to be sent.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Call {
        let request = exchange::request(method, path);
        Call::new(
            self.addr,
            self.watch.clone(),
            self.label,
            self.log.clone(),
            request,
        )
    }

    /// Sends a signal to the service; to a command with all its children.
    pub fn signal(&self, signal: Signal) {
        let process = self.process.and_then(|id| Pid::from_raw(id.cast_signed()));
        let Some(process) = process.filter(|_| !self.has_ended()) else {
            return;
        };
        // Whatever has ended meanwhile needs no signal.
        if !self.supervised {
            let _ = rustix::process::kill_process(process, signal);
            return;
        }
        for shell in table::children(process) {
            // The shell itself would end of it, and not say how its one
            // command ended.
            let _ = match table::children(shell)[..] {
                [command] => rustix::process::kill_process(command, signal),
                _ => rustix::process::kill_process_group(shell, signal),
            };
        }
    }

    /// Whether it writes a line to its output that `wanted` accepts, or has
    /// done so already, before the deadline.
    pub async fn says(&self, wanted: impl Fn(&str) -> bool) -> bool {
        let wanted = |output: &[String]| output.iter().any(|line| wanted(line));
        self.logs_by(&Deadline::start(&self.watch), wanted).await
    }

    /// Whether its output as a whole is as `wanted` before the deadline, for
    /// what one line cannot tell. The deadline may be under way already: what
    /// has had all that time is not waited for again.
    pub async fn logs_by(&self, deadline: &Deadline, wanted: impl Fn(&[String]) -> bool) -> bool {
        let passed = deadline.passed();
        tokio::pin!(passed);
        loop {
            let ended = self.has_ended();
            if wanted(&self.output()) {
                return true;
            }
            if ended {
                return false;
            }
            tokio::select! {
                biased;
                () = &mut passed => return wanted(&self.output()),
                () = process::pause(Duration::from_millis(5)) => {}
            }
        }
    }

    /// Waits until the process ends, and says how.
    pub async fn ended(&self) -> String {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(ending) => ending.clone().unwrap_or_default(),
            Err(_) => "for no known reason".to_owned(),
        }
    }

    /// Whether the process has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// What it wrote to its output, the last lines of it.
    #[must_use]
    pub fn output(&self) -> Vec<String> {
        self.output.lines()
    }

    /// Kills it, waits until it is gone, and gives the last lines of what it
    /// wrote.
    pub async fn stop(mut self) -> Vec<String> {
        if let Some(end) = self.end.take() {
            // Ended by itself already: nobody is listening.
            let _ = end.send(());
        }
        self.ended().await;
        self.output()
    }
}

async fn wait(mut child: Child, asked: oneshot::Receiver<()>) -> String {
    // Waiting closes a child's standard input, and a supervisor takes that
    // as the order to end: so the pipe is kept apart.
    let pipe = child.stdin.take();
    let status = tokio::select! {
        status = child.wait() => status,
        _ = asked => {
            // A supervisor takes its command with it; our own is killed.
            if pipe.is_none() {
                let _ = child.start_kill();
            }
            drop(pipe);
            child.wait().await
        }
    };
    status.map_or_else(|e| e.to_string(), process::ending)
}
