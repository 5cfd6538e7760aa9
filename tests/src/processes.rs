//! Which processes belong to a copy: what a command leaves behind.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::Copy;

/// The processes whose program lies in the target folder of `copy`, that were
/// started inside it, or that are servers of such processes or of dead ones,
/// as command lines.
///
/// # Errors
/// When there is no /proc: elsewhere than on Linux.
pub fn of(copy: &Copy) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let below = |link: &str, folder: &Path| {
            // A process that has just ended has no links any more.
            fs::read_link(path.join(link)).is_ok_and(|target| target.starts_with(folder))
        };
        if below("exe", &copy.target) || below("cwd", &copy.root) || is_server(&path, copy) {
            let line = fs::read(path.join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    Ok(found)
}

/// Whether the process works in the folder of a server of labkit, whose name
/// has the number of the process that started it: one of the copy, or none
/// that lives.
fn is_server(process: &Path, copy: &Copy) -> bool {
    let folder = fs::read_link(process.join("cwd"));
    let folder = folder.unwrap_or_default();
    let owner = folder.iter().find_map(|part| {
        let rest = part.to_str()?.strip_prefix("labkit-")?;
        rest.split_once('-')?.0.parse::<u32>().ok()
    });
    let Some(owner) = owner else { return false };
    match fs::read_link(format!("/proc/{owner}/exe")) {
        Ok(program) => program.starts_with(&copy.target),
        Err(_) => true,
    }
}

/// Waits until `copy` has no process left.
///
/// # Errors
/// With the command lines of those that remain.
pub fn gone(copy: &Copy, within: Duration) -> Result<()> {
    let until = Instant::now() + within;
    loop {
        let left = of(copy)?;
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            bail!("left behind after {within:?}:\n{}", left.join("\n"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
