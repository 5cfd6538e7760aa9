//! `watch`: the verdict again on each save.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use notify::RecursiveMode;
use notify_debouncer_mini::{DebounceEventResult, new_debouncer};

use crate::commands::check;
use crate::exercise;
use crate::process;
use crate::say;
use crate::terminal::{self, Paint};
use crate::workspace::{Lab, Workspace};

/// An editor writes, renames and touches within this time; a save is one event.
const SETTLE: Duration = Duration::from_millis(100);

/// Judges the exercise of `lab` now and whenever a source of it changes.
///
/// # Errors
/// When the lab's folder cannot be watched.
pub fn run(workspace: &Workspace, lab: &Lab) -> Result<ExitCode> {
    let source = lab.dir.join("src");
    // The folder, not the file: many editors write a new file and rename it.
    let (events, queue) = mpsc::channel::<DebounceEventResult>();
    let mut debouncer = new_debouncer(SETTLE, events).context("cannot watch files")?;
    debouncer
        .watcher()
        .watch(&source, RecursiveMode::Recursive)
        .with_context(|| format!("cannot watch {}", source.display()))?;

    process::leave_on_interrupt()?;
    let mut seen = stamps(&source);
    judge(workspace, lab);
    loop {
        match queue.recv() {
            Err(_) => bail!("the file watcher has stopped"),
            Ok(Err(error)) => terminal::complain(format_args!("error: {error}")),
            Ok(Ok(_)) => {
                // The compiler's reading is an event too; only a write counts.
                let now = stamps(&source);
                if now != seen {
                    seen = now;
                    judge(workspace, lab);
                }
            }
        }
    }
}

fn judge(workspace: &Workspace, lab: &Lab) {
    let paint = Paint::stdout();
    terminal::clear();
    say!("{}", paint.bold(&format!("Lab {}: {}", lab.id, lab.title)));
    say!();
    // Whatever is wrong, the next save may mend it.
    if let Err(error) = check::judge(workspace, lab) {
        terminal::complain(format_args!("error: {error:#}"));
    }
    let file = exercise::shown(&lab.dir.join("src/exercise.rs"), &workspace.root);
    say!();
    say!(
        "Waiting for a save of {file}. A hint: cargo lab hint {}. Ctrl-C ends.",
        lab.id
    );
}

/// When each Rust file below `folder` was last written, and its length.
fn stamps(folder: &Path) -> BTreeMap<PathBuf, (Option<SystemTime>, u64)> {
    let mut stamps = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() {
            stamps.extend(self::stamps(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            stamps.insert(path, (meta.modified().ok(), meta.len()));
        }
    }
    stamps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_no_change_and_writing_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("half_fixes/a.rs");
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "one").unwrap();
        let before = stamps(folder.path());
        assert_eq!(before.len(), 1);
        std::fs::read(&file).unwrap();
        std::fs::write(folder.path().join("note~"), "an editor's").unwrap();
        assert_eq!(stamps(folder.path()), before);
        std::fs::write(&file, "other").unwrap();
        assert_ne!(stamps(folder.path()), before);
    }
}
