//! The book that is being served, and the next one.
//!
//! Each build gets a folder of its own, named by the fingerprint of its
//! inputs; readers see the last good one until the next is complete.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::build::{Base, build};
use super::inputs::fingerprint;
use super::problem::Problem;
use super::site::Site;
use crate::workspace::Workspace;

/// How many builds are kept: another server may still hand out the last one.
const KEPT: usize = 3;

/// Holds the current site.
#[derive(Debug)]
pub struct Shelf {
    root: PathBuf,
    folder: PathBuf,
    current: RwLock<Option<Arc<Site>>>,
    /// The fingerprint last looked at; held during a build, so that there is
    /// one at a time.
    seen: Mutex<String>,
}

/// What a look at the sources led to.
#[derive(Debug)]
pub enum Refresh {
    /// Nothing has changed.
    Same,
    /// A book built earlier is there already.
    Found,
    /// A new book is on the shelf.
    Built(Duration),
    /// The sources have mistakes. The last good book stays; without one, the
    /// new book is shown as it is.
    Faulty(Vec<Problem>),
}

impl Shelf {
    /// An empty shelf for the repository at `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            folder: root.join("target/workshop/book"),
            current: RwLock::default(),
            seen: Mutex::default(),
        }
    }

    /// The site to serve.
    #[must_use]
    pub fn site(&self) -> Option<Arc<Site>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Builds the book again when its sources have changed.
    ///
    /// # Errors
    /// When the sources cannot be read or the site cannot be written.
    pub fn refresh(&self) -> Result<Refresh> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = Instant::now();
        let workspace = Workspace::open(&self.root)?;
        let print = fingerprint(&workspace)?;
        if *seen == print {
            return Ok(Refresh::Same);
        }
        *seen = print.clone();
        if let Some(site) = self.stored(&print) {
            self.show(site);
            return Ok(Refresh::Found);
        }
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot create {}", self.folder.display()))?;
        let fresh = self.folder.join(format!("{print}.{}", std::process::id()));
        let built = build(&workspace, &fresh, Base::Local)?;
        if !built.problems.is_empty() {
            match built.site {
                // Half a book is better than none, and worse than the last.
                Some(site) if self.site().is_none() => self.show(site),
                _ => {
                    let _ = std::fs::remove_dir_all(&fresh);
                }
            }
            return Ok(Refresh::Faulty(built.problems));
        }
        if let Some(site) = built.site {
            let site = self.store(&print, &fresh, site)?;
            self.show(site);
        }
        self.sweep();
        Ok(Refresh::Built(begun.elapsed()))
    }

    fn show(&self, site: Site) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(site));
    }

    /// A complete site that was built from the same sources.
    fn stored(&self, print: &str) -> Option<Site> {
        let text = std::fs::read_to_string(self.folder.join(format!("{print}.json"))).ok()?;
        let site: Site = serde_json::from_str(&text).ok()?;
        site.dir.join("index.html").is_file().then_some(site)
    }

    /// Gives a finished site its lasting name.
    fn store(&self, print: &str, fresh: &Path, mut site: Site) -> Result<Site> {
        let dir = self.folder.join(print);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::rename(fresh, &dir)
            .with_context(|| format!("cannot rename {}", fresh.display()))?;
        site.dir = dir;
        let text = serde_json::to_string(&site)?;
        std::fs::write(self.folder.join(format!("{print}.json")), text)
            .with_context(|| format!("cannot write to {}", self.folder.display()))?;
        Ok(site)
    }

    /// Removes builds that nobody serves any more.
    fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        let mut dirs: Vec<_> = entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        dirs.sort();
        let old = dirs.len().saturating_sub(KEPT);
        for (_, dir) in dirs.into_iter().take(old) {
            let _ = std::fs::remove_file(dir.with_extension("json"));
            let _ = std::fs::remove_dir_all(&dir);
        }
    }
}
