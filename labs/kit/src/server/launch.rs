//! A private server between its start and its first answer.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::Pid;
use tokio::sync::watch;

use super::probe::answers;
use super::{Start, command, ending};
use crate::folder;
use crate::output::Output;
use crate::process;
use crate::service::Service;
use crate::token;

/// So long a server may take to start.
const START: Duration = Duration::from_secs(15);

/// Lines of output that are kept for messages.
const KEPT: usize = 100;

/// Where private servers listen: below the ports that systems hand out for
/// outgoing connections, so that nobody gets one by chance.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A server's process that may not be ready yet.
pub(super) struct Launched {
    pub(super) process: Pid,
    pub(super) ended: watch::Receiver<Option<String>>,
    output: Output,
}

impl Launched {
    pub(super) fn new(start: &Start, port: u16) -> anyhow::Result<Self> {
        let mut command = command(&start.program, start.quit)?;
        command.args((start.arguments)(start.folder.root(), port));
        let mut child = process::spawn(command)
            .with_context(|| format!("cannot start {}", start.program.display()))?;
        let process = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let process = process.context("the server ended at once")?;
        let file = start.folder.path(folder::SERVER);
        std::fs::write(file, process.as_raw_nonzero().to_string())?;
        let output = Output::keeping(KEPT);
        let readers = [
            output.read(child.stdout.take()),
            output.read(child.stderr.take()),
        ];
        let (say, ended) = watch::channel(None);
        tokio::spawn(async move {
            let status = child.wait().await;
            for reader in readers {
                // Its children may keep the pipe open.
                let _ = tokio::time::timeout(Duration::from_millis(100), reader).await;
            }
            let ending = status.map_or_else(|e| e.to_string(), process::ending);
            // Nobody may be listening any more.
            let _ = say.send(Some(ending));
        });
        Ok(Self {
            process,
            ended,
            output,
        })
    }

    /// Whether it answers before it ends.
    pub(super) async fn ready(&self, service: Service, addr: SocketAddr) -> anyhow::Result<bool> {
        tokio::select! {
            biased;
            _ = ending(&self.ended) => Ok(false),
            () = answers(service, addr) => Ok(true),
            () = tokio::time::sleep(START) => bail!(
                "{} does not answer after {} s\n{}",
                service.name(),
                START.as_secs(),
                self.said()
            ),
        }
    }

    pub(super) fn said(&self) -> String {
        self.output.lines().join("\n")
    }
}

pub(super) fn free_port() -> anyhow::Result<u16> {
    for _ in 0..100 {
        let random = u16::from_str_radix(&token::hex(2)?, 16)?;
        let port = PORTS.start + random % (PORTS.end - PORTS.start);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port from {} to {}", PORTS.start, PORTS.end)
}
