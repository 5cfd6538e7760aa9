//! A tap: a TCP proxy in front of a server, which counts and interferes.
//!
//! It stands between a service and its Redis or PostgreSQL. Connections are
//! counted, bytes can be stopped without an error, connections can be cut,
//! new ones refused, and the answer to one statement can be lost. The server
//! itself stays untouched, so a given one serves.

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
    /// How often something that a client sent had to wait.
    held: watch::Sender<u64>,
    /// After which bytes of a client its connection falls silent.
    last_words: watch::Sender<Option<Vec<u8>>>,
    /// How often the server's answer was lost.
    lost: watch::Sender<u64>,
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
            held: watch::Sender::new(0),
            last_words: watch::Sender::new(None),
            lost: watch::Sender::new(0),
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

    /// Waits until a client sends something, or connects, after this call
    /// and has to wait with it.
    pub fn holds(&self) -> impl Future<Output = ()> + Send + use<> {
        next(&self.state.held)
    }

    /// Loses one answer: the connection on which a client sends `bytes`, all
    /// at once, passes them on and falls silent. The server does what it was
    /// asked for, the answer never arrives, and no error says so. Gives what
    /// waits until the server has answered.
    pub fn lose_answer_to(&self, bytes: &str) -> impl Future<Output = ()> + Send + use<> {
        let lost = next(&self.state.lost);
        let bytes = bytes.as_bytes().to_vec();
        self.state.last_words.send_replace(Some(bytes));
        lost
    }

    /// Takes back a [`TapProxy::lose_answer_to`] that nobody has met.
    pub fn lose_nothing(&self) {
        self.state.last_words.send_replace(None);
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
                biased;
                _ = cuts.changed() => {}
                _ = pass(client, server, &state) => {}
            }
            state.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Waits until a count is raised after this call.
fn next(count: &watch::Sender<u64>) -> impl Future<Output = ()> + Send + use<> {
    let mut count = count.subscribe();
    async move {
        if count.changed().await.is_err() {
            // The tap is gone, and nothing will come.
            std::future::pending().await
        }
    }
}

/// Passes bytes on until both sides have ended, or one of them broke.
async fn pass(client: TcpStream, server: SocketAddr, state: &State) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    hold(state).await;
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let silent = AtomicBool::new(false);
    tokio::try_join!(
        ask(from_client, to_server, state, &silent),
        answer(from_server, to_client, state, &silent)
    )?;
    Ok(())
}

/// What the client sends.
async fn ask(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    state: &State,
    silent: &AtomicBool,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            flowing(state).await;
            return to.shutdown().await;
        }
        hold(state).await;
        let bytes = &buffer[..length];
        let last = state.last_words.send_if_modified(|words| {
            let said = words.as_ref().is_some_and(|words| contains(bytes, words));
            if said {
                *words = None;
            }
            said
        });
        // Before the server can answer.
        silent.fetch_or(last, Ordering::SeqCst);
        to.write_all(bytes).await?;
        if last {
            return std::future::pending().await;
        }
    }
}

/// What the server sends.
async fn answer(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    state: &State,
    silent: &AtomicBool,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        flowing(state).await;
        if silent.load(Ordering::SeqCst) {
            state.lost.send_modify(|lost| *lost += 1);
            return std::future::pending().await;
        }
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}

fn contains(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len().max(1)).any(|part| part == words)
}

/// Waits while bytes stand still, and counts who has to.
async fn hold(state: &State) {
    if *state.paused.borrow() {
        state.held.send_modify(|held| *held += 1);
    }
    flowing(state).await;
}

/// Waits while bytes stand still.
async fn flowing(state: &State) {
    // The sender lives in the state, so the wait cannot fail.
    let _ = state.paused.subscribe().wait_for(|paused| !paused).await;
}
