//! A learner's exercise: its file, its state, what it starts and ends as.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use labkit::exercise::{self, State};
use labkit::progress::{self, Progress, Verdict};
use serde::Serialize;

use crate::workspace::Lab;

/// A lab's exercise.rs, as it is now.
#[derive(Debug)]
pub struct Exercise {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub source: String,
    /// What the text is.
    pub state: State,
}

/// How far a learner is with a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As shipped.
    NotStarted,
    /// Edited, and not known to hold.
    InProgress,
    /// Every claim held for the text as it is now.
    Solved,
    /// It hands over to the reference repair, or is a copy of it.
    ReferenceRepair,
}

impl Exercise {
    /// Reads the exercise of `lab`.
    ///
    /// # Errors
    /// When a file of the lab cannot be read.
    pub fn read(lab: &Lab) -> Result<Self> {
        let path = lab.dir.join("src/exercise.rs");
        let source = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| {
                    format!(
                        "{} is missing: `cargo lab reset {} --yes` puts it back",
                        path.display(),
                        lab.id
                    )
                })
            }
            other => other.with_context(|| format!("cannot read {}", path.display())),
        }?;
        let fixed = read(&lab.dir.join("src/fixed.rs"))?;
        let state = exercise::state(&source, &fixed);
        Ok(Self {
            path,
            source,
            state,
        })
    }

    /// How far the learner is, with what the last test run said.
    #[must_use]
    pub fn status(&self, lab: &Lab, progress: &Progress) -> Status {
        match self.state {
            State::NotStarted => Status::NotStarted,
            State::ReferenceRepair => Status::ReferenceRepair,
            State::InProgress => {
                let hash = progress::hash(&self.source);
                match progress.verdict(&lab.id, &hash) {
                    Some(Verdict::Holds) => Status::Solved,
                    Some(Verdict::Fails) | None => Status::InProgress,
                }
            }
        }
    }
}

impl Status {
    /// The state in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::InProgress => "in progress",
            Self::Solved => "solved",
            Self::ReferenceRepair => "reference repair",
        }
    }
}

/// The text of exercise.rs as every lab ships it.
#[must_use]
pub fn shipped(lab: &Lab) -> String {
    let (id, package) = (&lab.id, &lab.package);
    format!(
        "//! Exercise {id}. `cargo lab start {id}` puts a copy of `broken.rs` here for you to\n\
         //! repair; `cargo test -p {package}` judges it.\n\
         \n\
         pub use crate::broken::server;\n"
    )
}

/// The text that a learner starts with: the broken version under a new
/// heading, its own first lines kept below.
///
/// # Errors
/// When broken.rs cannot be read.
pub fn starter(lab: &Lab) -> Result<String> {
    let broken = read(&lab.dir.join("src/broken.rs"))?;
    let gap = if broken.starts_with("//!") {
        "//!\n"
    } else {
        "\n"
    };
    Ok(format!(
        "//! Your repair of lab {}. Edit only this file: `cargo test -p {}` judges it.\n{gap}{}",
        lab.id,
        lab.package,
        broken.trim_start_matches('\n')
    ))
}

/// Writes `text` over the file at `path`, whole or not at all.
///
/// # Errors
/// When the folder cannot be written to.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            // As any program would create it; the umask takes its share.
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// A path as the reader would type it: relative to the current folder or, from
/// elsewhere, to the repository's root.
#[must_use]
pub fn shown(path: &Path, root: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path
        .strip_prefix(&here)
        .or_else(|_| path.strip_prefix(root));
    below.unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn the_shipped_text_is_not_started_and_the_starter_is_in_progress() {
        let fixture = Fixture::new();
        let lab = fixture.lab();
        let exercise = Exercise::read(lab).unwrap();
        assert_eq!(exercise.source, shipped(lab));
        assert_eq!(exercise.state, State::NotStarted);
        replace(&exercise.path, &starter(lab).unwrap()).unwrap();
        let exercise = Exercise::read(lab).unwrap();
        assert_eq!(exercise.state, State::InProgress);
        let broken = fs::read_to_string(lab.dir.join("src/broken.rs")).unwrap();
        assert!(exercise.source.ends_with(&broken), "{}", exercise.source);
    }

    #[test]
    fn only_a_verdict_on_this_very_text_counts_as_solved() {
        let fixture = Fixture::new();
        let (root, lab) = (&fixture.workspace.root, fixture.lab());
        let path = lab.dir.join("src/exercise.rs");
        fs::write(&path, "pub fn server() { /* mine */ }").unwrap();
        let exercise = Exercise::read(lab).unwrap();
        let hash = progress::hash(&exercise.source);
        Progress::record(root, &lab.id, &hash, Verdict::Holds).unwrap();
        let progress = Progress::load(root);
        assert_eq!(exercise.status(lab, &progress), Status::Solved);
        fs::write(&path, "pub fn server() { /* yours */ }").unwrap();
        let exercise = Exercise::read(lab).unwrap();
        assert_eq!(exercise.status(lab, &progress), Status::InProgress);
    }

    #[test]
    fn a_missing_file_names_the_command_that_mends_it() {
        let fixture = Fixture::new();
        fs::remove_file(fixture.lab().dir.join("src/exercise.rs")).unwrap();
        let error = Exercise::read(fixture.lab()).unwrap_err().to_string();
        assert!(error.contains("cargo lab reset 01"), "{error}");
    }
}
