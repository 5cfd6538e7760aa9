//! The runs of this server: one per lab, each known by a random id.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::{Notify, mpsc};

use super::event::Event;
use super::run;
use crate::version;
use crate::workspace::Workspace;

/// A page that started a run has this long to attach to it.
const ATTACH: Duration = Duration::from_secs(5);

/// Events that may wait for a slow page before the run waits for it.
const QUEUE: usize = 256;

/// Every run that is under way.
#[derive(Debug, Clone)]
pub struct Runs {
    root: PathBuf,
    under_way: Arc<Mutex<HashMap<String, Run>>>,
}

/// One run, from the server's side.
#[derive(Debug)]
struct Run {
    lab: String,
    version: String,
    end: Arc<Notify>,
    /// Taken by the page that attaches.
    events: Option<mpsc::Receiver<Event>>,
}

/// What became of the wish to start a run.
#[derive(Debug)]
pub enum Start {
    /// It is under way, under this id.
    Started(String),
    /// No such lab or version; the text suggests one.
    Unknown(String),
    /// The lab has a run already: of this version.
    Busy(String),
}

/// A page that watches a run. Dropping it ends the run.
#[derive(Debug)]
pub struct Watcher {
    /// What happens in the run.
    pub events: mpsc::Receiver<Event>,
    end: Arc<Notify>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.end.notify_one();
    }
}

impl Runs {
    /// For the labs of the repository at `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            under_way: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Run>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a run of `version` of `lab`.
    ///
    /// # Errors
    /// When the repository cannot be read or the system gives no random bytes.
    pub fn start(&self, lab: &str, version: &str) -> Result<Start> {
        let workspace = Workspace::open(&self.root)?;
        let (lab, version) = match workspace.lab(lab).and_then(|lab| {
            let version = version::named(lab, version)?;
            Ok((lab.clone(), version))
        }) {
            Ok(known) => known,
            Err(unknown) => return Ok(Start::Unknown(format!("{unknown:#}"))),
        };
        let id = random_id()?;
        let (tell, events) = mpsc::channel(QUEUE);
        let end = Arc::new(Notify::new());
        {
            let mut runs = self.lock();
            if let Some(run) = runs.values().find(|run| run.lab == lab.id) {
                return Ok(Start::Busy(run.version.clone()));
            }
            let run = Run {
                lab: lab.id.clone(),
                version: version.clone(),
                end: end.clone(),
                events: Some(events),
            };
            runs.insert(id.clone(), run);
        }
        let (runs, key) = (self.clone(), id.clone());
        let watched = self.clone();
        let (unwatched, stop) = (id.clone(), end.clone());
        tokio::spawn(async move {
            tokio::time::sleep(ATTACH).await;
            if watched
                .lock()
                .get(&unwatched)
                .is_some_and(|run| run.events.is_some())
            {
                stop.notify_one();
            }
        });
        tokio::spawn(async move {
            run::drive(workspace, lab, version, tell, end).await;
            runs.lock().remove(&key);
        });
        Ok(Start::Started(id))
    }

    /// Attaches to a run; only one page can.
    #[must_use]
    pub fn watch(&self, id: &str) -> Option<Watcher> {
        let mut runs = self.lock();
        let run = runs.get_mut(id)?;
        let events = run.events.take()?;
        Some(Watcher {
            events,
            end: run.end.clone(),
        })
    }

    /// Ends a run; whether there was one.
    #[must_use]
    pub fn stop(&self, id: &str) -> bool {
        let runs = self.lock();
        let Some(run) = runs.get(id) else {
            return false;
        };
        run.end.notify_one();
        true
    }
}

/// 128 random bits: nobody guesses it.
fn random_id() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).context("no random bytes")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
