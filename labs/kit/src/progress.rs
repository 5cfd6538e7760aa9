//! A learner's progress: the verdict on each exercise, keyed by its source.
//!
//! One ignored file, `.lab/progress.json` at the repository's root, outside
//! `target/`, so that `cargo clean` loses nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the experiment said of an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every claim holds.
    Holds,
    /// At least one claim does not.
    Fails,
}

/// The progress file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Per lab, the verdicts by the hash of the source they were given on.
    #[serde(default)]
    labs: BTreeMap<String, BTreeMap<String, Verdict>>,
}

impl Progress {
    /// Reads the file of the repository at `root`; a missing or unreadable
    /// one is an empty one, because progress must never stop a lab.
    #[must_use]
    pub fn load(root: &Path) -> Self {
        fs::read_to_string(file(root))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// The verdict on this very source, if it was judged.
    #[must_use]
    pub fn verdict(&self, lab: &str, hash: &str) -> Option<Verdict> {
        self.labs.get(lab)?.get(hash).copied()
    }

    /// Writes a verdict; other test binaries may do so at the same time.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn record(root: &Path, lab: &str, hash: &str, verdict: Verdict) -> std::io::Result<()> {
        let path = file(root);
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder)?;
        let guard = File::create(folder.join("progress.lock"))?;
        guard.lock()?;
        let mut progress = Self::load(root);
        progress
            .labs
            .entry(lab.to_owned())
            .or_default()
            .insert(hash.to_owned(), verdict);
        let text = serde_json::to_string_pretty(&progress)?;
        let new = path.with_extension("new");
        let mut out = File::create(&new)?;
        out.write_all(text.as_bytes())?;
        fs::rename(new, path)
    }
}

/// The key of a source.
#[must_use]
pub fn hash(source: &str) -> String {
    let digest = Sha256::digest(source.as_bytes());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn file(root: &Path) -> PathBuf {
    root.join(".lab/progress.json")
}
