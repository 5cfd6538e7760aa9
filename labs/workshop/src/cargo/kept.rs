//! Programs kept beside cargo's own folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Copies a program to `lab-bin`, unless this very build is there already.
///
/// # Errors
/// When it cannot be copied.
pub(super) fn keep(built: &Path, name: &str) -> Result<PathBuf> {
    let Some(folder) = built.parent() else {
        return Ok(built.to_path_buf());
    };
    // Binaries lie in `debug`, programs of tests in `debug/deps`.
    let profile = match folder.parent() {
        Some(profile) if folder.ends_with("deps") => profile,
        _ => folder,
    };
    let bin = profile.parent().unwrap_or(profile).join("lab-bin");
    let kept = bin.join(name);
    let new = built.metadata()?;
    let same = kept
        .metadata()
        .is_ok_and(|old| old.len() == new.len() && old.modified().ok() == new.modified().ok());
    if same {
        return Ok(kept);
    }
    let copy = || -> std::io::Result<()> {
        fs::create_dir_all(&bin)?;
        // Written beside and renamed, because the old one may be running.
        let fresh = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(&bin)?
            .into_temp_path();
        fs::copy(built, &fresh)?;
        File::options()
            .append(true)
            .open(&fresh)?
            .set_modified(new.modified()?)?;
        fresh.persist(&kept).map_err(|error| error.error)
    };
    copy().with_context(|| format!("cannot keep {}", kept.display()))?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_program_is_copied_once_per_build() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("debug/lab-01");
        fs::create_dir_all(built.parent().unwrap()).unwrap();
        fs::write(&built, "one").unwrap();
        let kept = keep(&built, "lab-01").unwrap();
        assert_eq!(kept, folder.path().join("lab-bin/lab-01"));
        // Put something else there: the same build does not overwrite it.
        let stamp = built.metadata().unwrap().modified().unwrap();
        fs::write(&kept, "own").unwrap();
        File::options()
            .append(true)
            .open(&kept)
            .unwrap()
            .set_modified(stamp)
            .unwrap();
        keep(&built, "lab-01").unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "own");
        fs::write(&built, "three").unwrap();
        keep(&built, "lab-01").unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "three");
    }

    #[test]
    fn the_program_of_a_test_is_kept_beside_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("debug/deps/proof-0a1b");
        fs::create_dir_all(built.parent().unwrap()).unwrap();
        fs::write(&built, "one").unwrap();
        let kept = keep(&built, "lab-01-exercise").unwrap();
        assert_eq!(kept, folder.path().join("lab-bin/lab-01-exercise"));
    }
}
