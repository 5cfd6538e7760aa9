//! `reset`: exercise.rs as it was shipped, the learner's work kept aside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::exercise;
use crate::provenance;
use crate::say;
use crate::terminal;
use crate::workspace::{Lab, Workspace};

/// Restores the shipped text.
///
/// # Errors
/// When nobody confirms, or a file cannot be read or written.
pub fn run(workspace: &Workspace, lab: &Lab, yes: bool) -> Result<ExitCode> {
    let path = lab.dir.join("src/exercise.rs");
    let file = exercise::shown(&path, &workspace.root);
    let shipped = exercise::shipped(lab);
    // Read as bytes: whatever stands there is the learner's.
    let source = match fs::read(&path) {
        Ok(source) => Some(source),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {file}")),
    };
    if source.as_deref() == Some(shipped.as_bytes()) {
        say!("{file} is as it was shipped: nothing to restore.");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(source) = source {
        if !yes {
            let question = format!("Replace your work in {file}? A backup is kept.");
            match terminal::confirm(&question) {
                Some(true) => {}
                Some(false) => bail!("nothing was changed"),
                None => bail!(
                    "{file} holds your work, and there is no terminal to ask on: \
                     `cargo lab reset {} --yes` replaces it and keeps a backup",
                    lab.id
                ),
            }
        }
        let backup = keep(&workspace.root, lab, &source)?;
        say!(
            "Your work is kept in {}",
            exercise::shown(&backup, &workspace.root)
        );
    }
    exercise::replace(&path, &shipped)?;
    say!(
        "{file} is as it was shipped. Begin again: cargo lab start {}",
        lab.id
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes a backup that no earlier one stands in the way of.
fn keep(root: &Path, lab: &Lab, source: &[u8]) -> Result<PathBuf> {
    let folder = root.join(".lab/backups");
    fs::create_dir_all(&folder).with_context(|| format!("cannot write {}", folder.display()))?;
    let stem = format!("{}-{}", lab.id, provenance::now().strftime("%Y%m%d-%H%M%S"));
    for attempt in 1.. {
        let name = match attempt {
            1 => format!("{stem}.rs"),
            _ => format!("{stem}-{attempt}.rs"),
        };
        let path = folder.join(name);
        let file = fs::File::options().write(true).create_new(true).open(&path);
        match file {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            file => {
                use std::io::Write as _;
                return file
                    .and_then(|mut file| file.write_all(source))
                    .map(|()| path.clone())
                    .with_context(|| format!("cannot write {}", path.display()));
            }
        }
    }
    bail!("{} has no room for a backup", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn work_is_kept_and_the_shipped_text_restored() {
        let fixture = Fixture::new();
        let (workspace, lab) = (&fixture.workspace, fixture.lab());
        let path = lab.dir.join("src/exercise.rs");
        for text in ["one", "two"] {
            fs::write(&path, text).unwrap();
            run(workspace, lab, true).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), exercise::shipped(lab));
        }
        let backups = fs::read_dir(workspace.root.join(".lab/backups")).unwrap();
        let mut kept: Vec<String> = backups
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        kept.sort();
        assert_eq!(kept, ["one", "two"]);
    }

    #[test]
    fn a_missing_file_is_put_back_without_a_question() {
        let fixture = Fixture::new();
        let path = fixture.lab().dir.join("src/exercise.rs");
        fs::remove_file(&path).unwrap();
        run(&fixture.workspace, fixture.lab(), false).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            exercise::shipped(fixture.lab())
        );
        assert!(!fixture.workspace.root.join(".lab/backups").exists());
    }
}
