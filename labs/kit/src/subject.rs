//! The subject: the service under test, in a process of its own.
//!
//! A version of the lab runs in this very executable, started once more with
//! the bound listener as its standard input. So there is no second link, no
//! race for a port, and no readiness probe: the kernel holds connections
//! until the server accepts them. Any other command gets `PORT`.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};

use crate::bench::Log;
use crate::client::{self, Call};
use crate::control;
use crate::env::Env;
use crate::lab::{Lab, Version};
use crate::process;

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

/// A running service.
#[derive(Debug)]
pub struct Subject {
    addr: SocketAddr,
    process: Option<u32>,
    log: Log,
    output: Arc<Mutex<Vec<String>>>,
    ended: watch::Receiver<Option<String>>,
    end: Option<oneshot::Sender<()>>,
}

impl Subject {
    /// Starts the target.
    ///
    /// # Errors
    /// When no port can be bound or the process cannot be started; for a
    /// command also when it ends, or accepts no connection in time.
    pub async fn start(target: &Target, env: &Env, log: Log) -> anyhow::Result<Self> {
        match target {
            Target::Version(version) => Self::start_self(version.name, env, log),
            Target::Command(command) => Self::start_command(command, env, log).await,
        }
    }

    /// Starts the control service.
    ///
    /// # Errors
    /// When no port can be bound or the process cannot be started.
    pub(crate) fn start_control() -> anyhow::Result<Self> {
        Self::start_self(control::VERSION, &Env::default(), Log::default())
    }

    fn start_self(name: &str, env: &Env, log: Log) -> anyhow::Result<Self> {
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
        Ok(Self::spawn(command, addr, env, log)?)
    }

    async fn start_command(command: &str, env: &Env, log: Log) -> anyhow::Result<Self> {
        let addr = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut supervisor = process::supervised(command)?;
        supervisor.env("PORT", addr.port().to_string());
        let subject = Self::spawn(supervisor, addr, env, log)?;
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

    fn spawn(mut command: Command, addr: SocketAddr, env: &Env, log: Log) -> std::io::Result<Self> {
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .envs(env.vars());
        let mut child = process::spawn(command)?;
        // Behind a supervisor the service is another process.
        let process = child.id().filter(|_| child.stdin.is_none());
        let output = Arc::new(Mutex::new(Vec::new()));
        let readers = [
            child
                .stdout
                .take()
                .map(|out| tokio::spawn(keep(out, output.clone()))),
            child
                .stderr
                .take()
                .map(|err| tokio::spawn(keep(err, output.clone()))),
        ];
        let (say, ended) = watch::channel(None);
        let (end, asked) = oneshot::channel();
        tokio::spawn(async move {
            let ending = wait(child, asked).await;
            for reader in readers.into_iter().flatten() {
                // What the process said last is read before its end is told;
                // a grandchild that keeps the pipe open does not hold it up.
                let _ = tokio::time::timeout(Duration::from_millis(200), reader).await;
            }
            let _ = say.send(Some(ending));
        });
        Ok(Self {
            addr,
            process,
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

    /// The process whose threads answer, when it is known.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.process
    }

    /// A `GET`, to be sent.
    #[must_use]
    pub fn get(&self, path: &str) -> Call {
        Call::new(self.addr, self.process, self.log.clone(), client::get(path))
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
        self.output
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Kills it and waits until it is gone.
    pub async fn stop(mut self) {
        if let Some(end) = self.end.take() {
            // Ended by itself already: nobody is listening.
            let _ = end.send(());
        }
        self.ended().await;
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

async fn keep(stream: impl AsyncRead + Unpin, lines: Arc<Mutex<Vec<String>>>) {
    let mut reader = BufReader::new(stream).lines();
    while let Ok(Some(line)) = reader.next_line().await {
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= KEPT_LINES {
            lines.remove(0);
        }
        lines.push(line);
    }
}

/// Runs as a subject or as a supervisor if the environment says so, and
/// gives the exit code. To be called first thing in `main`.
#[must_use]
pub fn dispatch(lab: &'static Lab) -> Option<u8> {
    if let Some(code) = process::supervise() {
        return Some(code);
    }
    process::tie_to_parent();
    let name = std::env::var(SERVE).ok()?;
    let served = serve_from_stdin(lab, &name);
    Some(match served {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            1
        }
    })
}

fn serve_from_stdin(lab: &'static Lab, name: &str) -> anyhow::Result<()> {
    let listener = TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    serve(lab, name, listener)
}

/// Serves a version in this process until it is told to end.
///
/// # Errors
/// When there is no such version or its server cannot be started.
pub fn serve(lab: &'static Lab, name: &str, listener: TcpListener) -> anyhow::Result<()> {
    let env = Env::from_process()?;
    actix_web::rt::System::new().block_on(async {
        let server = if control::is_control() {
            control::server(listener).await?
        } else {
            let version = lab.version(name).context("no such version")?;
            (version.serve)(env, listener).await?
        };
        Ok(server.await?)
    })
}
