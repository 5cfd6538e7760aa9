//! A gate holds a service's dependency in the middle of its work.
//!
//! The dependency connects to `LAB_GATE`, sends `entered` and a newline, and
//! blocks reading; one byte or the end of the stream lets it go on. While the
//! harness holds it, "answered while the work was under way" is a fact and
//! not a matter of timing. Any language can do its side in a few lines.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream as AsyncTcpStream};
use tokio::sync::watch;

use crate::bench::Stopped;
use crate::client::Pending;
use crate::control::Deadline;
use crate::subject::Subject;

/// The dependency's side: reports to the gate and blocks this thread until
/// it is let through. A harness that has gone away lets everything through.
pub fn enter(gate: SocketAddr) {
    let Ok(mut stream) = TcpStream::connect(gate) else {
        return;
    };
    if stream.write_all(b"entered\n").is_ok() {
        // One byte or the end of the stream: both mean "go on".
        let _ = stream.read(&mut [0]);
    }
}

/// The harness's side.
#[derive(Debug)]
pub struct Gate {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
    entered: watch::Receiver<usize>,
    accepting: tokio::task::AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    open: bool,
    held: Vec<AsyncTcpStream>,
}

impl Gate {
    /// Opens a gate on loopback; whatever enters is held.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn bind() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let (count, entered) = watch::channel(0);
        let accepting = tokio::spawn(accept(listener, state.clone(), count));
        Ok(Self {
            addr,
            state,
            entered,
            accepting: accepting.abort_handle(),
        })
    }

    /// The value of `LAB_GATE`.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many have entered so far.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.entered.borrow()
    }

    /// Waits until work on behalf of `request` is held.
    ///
    /// A request may be answered before its work is done, so its answer does
    /// not end the wait; the deadline does.
    ///
    /// # Errors
    /// When the service ends, or nothing enters in time.
    pub async fn entered(&self, request: &Pending, subject: &Subject) -> Result<(), Stopped> {
        let mut entered = self.entered.clone();
        let deadline = Deadline::start(subject.watch());
        tokio::select! {
            biased;
            Ok(_) = entered.wait_for(|n| *n > 0) => Ok(()),
            ended = subject.ended() => Err(Stopped::new(format!(
                "the service ended ({ended}) before the work for {} began",
                request.name()
            ))),
            () = deadline.passed() => Err(Stopped::new(match request.peek() {
                Some(answer) => format!(
                    "{} was answered ({answer}) and its work never began",
                    request.name()
                ),
                None => format!("the work for {} never began", request.name()),
            })),
        }
    }

    /// Lets everything through, now and from here on.
    pub fn open(&self) {
        let mut state = lock(&self.state);
        state.open = true;
        // Dropping the streams ends them, which is the signal.
        state.held.clear();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>, count: watch::Sender<usize>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (state, count) = (state.clone(), count.clone());
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            let read = reader.read_line(&mut line).await;
            if read.is_err() || line.trim_end() != "entered" {
                return;
            }
            let mut stream = reader.into_inner();
            let opened = {
                let state = lock(&state);
                state.open
            };
            if opened {
                // The client may be gone; then there is nobody to let go.
                let _ = stream.write_all(b"\n").await;
            } else {
                let mut state = lock(&state);
                // Opened in the meantime: drop the stream, which lets it go.
                if !state.open {
                    state.held.push(stream);
                }
            }
            count.send_modify(|n| *n += 1);
        });
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
