//! What a process writes to its output, the last lines of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::task::JoinHandle;

/// The last lines of a process's output, from however many pipes.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    lines: Arc<Mutex<VecDeque<String>>>,
    kept: usize,
}

impl Output {
    /// Keeps so many lines.
    pub(crate) fn keeping(kept: usize) -> Self {
        Self {
            lines: Arc::default(),
            kept,
        }
    }

    /// Reads a pipe to its end.
    pub(crate) fn read(
        &self,
        pipe: Option<impl AsyncRead + Send + Unpin + 'static>,
    ) -> JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            let Some(pipe) = pipe else { return };
            let mut reader = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                this.push(line);
            }
        })
    }

    fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= self.kept {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}
