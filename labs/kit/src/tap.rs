//! A tap: a TCP proxy in front of a server, which counts and interferes.
//!
//! It stands between a service and its Redis or PostgreSQL. Connections are
//! counted, bytes can be stopped without an error, connections can be cut,
//! new ones refused. The server itself stays untouched, so a given one serves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::run;

/// A running tap. It ends, with its connections, when it is dropped.
#[derive(Debug)]
pub struct TapProxy {
    addr: SocketAddr,
    state: Arc<State>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct State {
    opened: AtomicU64,
    open: AtomicU64,
    refuse: AtomicBool,
    /// Whether bytes stand still.
    paused: watch::Sender<bool>,
    /// Counts the cuts; a connection from before the last one ends.
    cuts: watch::Sender<u64>,
}

impl TapProxy {
    /// Listens on a free port of loopback and passes everything on to
    /// `server`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn to(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(State {
            opened: AtomicU64::new(0),
            open: AtomicU64::new(0),
            refuse: AtomicBool::new(false),
            paused: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
        });
        let accepting = run::runtime().spawn(accept(listener, server, state.clone()));
        Ok(Self {
            addr,
            state,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it listens: what the service is told instead of the server.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connections that the service has opened so far.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.state.opened.load(Ordering::SeqCst)
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.state.open.load(Ordering::SeqCst)
    }

    /// Stops all bytes, in both directions: a network that went away without
    /// a word. New connections are accepted, and are as silent.
    pub fn pause(&self) {
        self.state.paused.send_replace(true);
    }

    /// Lets bytes through again, those that waited first.
    pub fn resume(&self) {
        self.state.paused.send_replace(false);
    }

    /// Cuts every open connection.
    pub fn cut(&self) {
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Closes new connections at once, as long as `refuse` is true.
    pub fn refuse(&self, refuse: bool) {
        self.state.refuse.store(refuse, Ordering::SeqCst);
    }
}

impl Drop for TapProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: Arc<State>) {
    while let Ok((client, _)) = listener.accept().await {
        state.opened.fetch_add(1, Ordering::SeqCst);
        if state.refuse.load(Ordering::SeqCst) {
            continue;
        }
        // From here on a cut is meant for this one, too.
        let mut cuts = state.cuts.subscribe();
        state.open.fetch_add(1, Ordering::SeqCst);
        let state = state.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = pass(client, server, &state) => {}
                _ = cuts.changed() => {}
            }
            state.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Passes bytes on until both sides have ended, or one of them broke.
async fn pass(client: TcpStream, server: SocketAddr, state: &State) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    flowing(state).await;
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(
        copy(from_client, to_server, state),
        copy(from_server, to_client, state)
    )?;
    Ok(())
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    state: &State,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        flowing(state).await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}

/// Waits while bytes stand still.
async fn flowing(state: &State) {
    // The sender lives in the state, so the wait cannot fail.
    let _ = state.paused.subscribe().wait_for(|paused| !paused).await;
}
