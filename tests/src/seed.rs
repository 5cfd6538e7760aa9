//! What cargo has compiled for the repository serves its copy, too: crates
//! from the registry are the same in both, and compiling them again would cost
//! minutes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, Result};

/// Fills the target folder `to` with the crates in `from` that are none of
/// `members`, the packages of the workspace. A folder that is there already is
/// left alone.
///
/// # Errors
/// When a file cannot be read or written.
pub fn sow(from: &Path, to: &Path, members: &BTreeSet<String>) -> Result<()> {
    let (from, to) = (from.join("debug"), to.join("debug"));
    if to.exists() || !from.join(".fingerprint").is_dir() {
        return Ok(());
    }
    // Renamed when it is whole: half a folder would be taken for a full one.
    let half = to.with_extension("half");
    if half.exists() {
        fs::remove_dir_all(&half)?;
    }
    fs::create_dir_all(half.join("deps"))?;
    let mut hashes = BTreeSet::new();
    for entry in fs::read_dir(from.join(".fingerprint"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let (package, hash) = name.rsplit_once('-').context("a package and a hash")?;
        if !members.contains(package) {
            for folder in [".fingerprint", "build"] {
                copy_folder(
                    &from.join(folder).join(&name),
                    &half.join(folder).join(&name),
                )?;
            }
            hashes.insert(hash.to_owned());
        }
    }
    for entry in fs::read_dir(from.join("deps"))? {
        let path = entry?.path();
        let stem = path.file_name().and_then(|name| name.to_str());
        let stem = stem.and_then(|name| name.split('.').next());
        let hash = stem
            .and_then(|stem| stem.rsplit_once('-'))
            .map(|(_, hash)| hash);
        if hash.is_some_and(|hash| hashes.contains(hash)) {
            copy_file(&path, &half.join("deps"))?;
        }
    }
    fs::rename(&half, &to)?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        match path.is_dir() {
            true => copy_folder(&path, &to.join(path.file_name().context("a name")?))?,
            false => copy_file(&path, to)?,
        }
    }
    Ok(())
}

/// Cargo compares the times of files, so the copy keeps them.
fn copy_file(path: &Path, folder: &Path) -> Result<()> {
    let to = folder.join(path.file_name().context("a name")?);
    fs::copy(path, &to).with_context(|| format!("cannot copy {}", path.display()))?;
    let modified = fs::metadata(path)?.modified()?;
    File::options()
        .append(true)
        .open(&to)?
        .set_modified(modified)?;
    Ok(())
}
