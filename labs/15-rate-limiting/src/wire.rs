//! A wire to a server that breaks after so many messages.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Messages that pass before anybody sets a limit.
const MANY: i64 = i64::MAX;

/// A running wire. It ends when it is dropped.
#[derive(Debug)]
pub struct Wire {
    addr: SocketAddr,
    state: Arc<State>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct State {
    /// Messages that still pass.
    left: AtomicI64,
    breaks: watch::Sender<u64>,
}

impl Wire {
    /// Listens on a free port of loopback and passes everything on to
    /// `server`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn to(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(State {
            left: AtomicI64::new(MANY),
            breaks: watch::Sender::new(0),
        });
        let accepting =
            tokio::spawn(accept(listener, server, state.clone()));
        Ok(Self {
            addr,
            state,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Lets so many messages pass, with their answers. With the next one
    /// all connections break, once: a new one lasts.
    pub fn break_after(&self, messages: i64) {
        self.state.left.store(messages, Ordering::SeqCst);
    }

    /// Cuts what is open; from now on everything passes.
    pub fn mend(&self) {
        self.state.left.store(MANY, Ordering::SeqCst);
        self.state.breaks.send_modify(|breaks| *breaks += 1);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
        self.state.breaks.send_modify(|breaks| *breaks += 1);
    }
}

async fn accept(
    listener: TcpListener,
    server: SocketAddr,
    state: Arc<State>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let mut breaks = state.breaks.subscribe();
        let state = state.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = pass(client, server, &state) => {}
                _ = breaks.changed() => {}
            }
        });
    }
}

async fn pass(
    client: TcpStream,
    server: SocketAddr,
    state: &State,
) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    tokio::select! {
        done = messages(from_client, to_server, state) => done,
        done = copy(&mut from_server, &mut to_client) => {
            done.map(|_| ())
        }
    }
}

/// What is written at once is a message: the next one comes only after the
/// answer.
async fn messages(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: &State,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        if state.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            state.left.store(MANY, Ordering::SeqCst);
            state.breaks.send_modify(|breaks| *breaks += 1);
            return Ok(());
        }
        to.write_all(&buffer[..length]).await?;
    }
}
