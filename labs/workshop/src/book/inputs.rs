//! A fingerprint of everything that a built book depends on.
//!
//! `serve` builds only when it has changed: the second start of a day opens
//! its page at once.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// What of a lab the book is made from. The learner's `exercise.rs` is no
/// part of it, and neither is what cargo leaves behind.
const OF_A_LAB: [&str; 7] = [
    "Cargo.toml",
    "hints.md",
    "recording.json",
    "src",
    "tests/snapshots",
    "evidence",
    "express",
];

/// The fingerprint, as hexadecimal digits.
///
/// # Errors
/// When a file cannot be read.
pub fn fingerprint(workspace: &Workspace) -> Result<String> {
    let root = &workspace.root;
    let mut files = Vec::new();
    for name in [
        "book.toml",
        "Cargo.toml",
        "Cargo.lock",
        "book",
        "labs/how-a-request-travels",
    ] {
        list(&root.join(name), &mut files)?;
    }
    for lab in &workspace.labs {
        for name in OF_A_LAB {
            list(&lab.dir.join(name), &mut files)?;
        }
    }
    files.retain(|file| !file.ends_with("src/exercise.rs"));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        hasher.write(file.as_os_str().as_encoded_bytes());
        let content =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        hasher.write_usize(content.len());
        hasher.write(&content);
    }
    // Another build of the workshop may draw other figures, and the footer
    // names the commit.
    if let Ok(exe) = std::env::current_exe()
        && let Ok(meta) = exe.metadata()
    {
        hasher.write_u64(meta.len());
        if let Ok(time) = meta.modified()
            && let Ok(age) = time.duration_since(std::time::UNIX_EPOCH)
        {
            hasher.write_u128(age.as_nanos());
        }
    }
    hasher.write(super::edition::Edition::read(root).footer().as_bytes());
    Ok(format!("{:016x}", hasher.finish()))
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        let entries =
            std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            list(&entry?.path(), files)?;
        }
    }
    Ok(())
}
