//! Where, when and from what a recording is made.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use jiff::{Timestamp, tz::TimeZone};
use labkit::recording::Provenance;

use crate::tools;

/// The build profile of everything that a reader runs.
const PROFILE: &str = "dev";

/// Describes this machine and the sources at `root`.
///
/// # Errors
/// When the compiler or Cargo.lock cannot be read: a recording that does not
/// name them is of no use.
pub fn here(root: &Path) -> Result<Provenance> {
    let rustc = tools::on_path(&["rustc"]).context("rustc is not on PATH")?;
    let rustc = tools::first_line(&rustc, &["--version"]).context("rustc does not run")?;
    let lock = root.join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock)
        .with_context(|| format!("cannot read {}", lock.display()))?;
    Ok(Provenance {
        cpu: cpu().unwrap_or_else(|| format!("unknown ({})", std::env::consts::ARCH)),
        cores: cores(),
        memory_gib: memory_gib().unwrap_or(0),
        os: system(),
        rustc,
        actix_web: locked(&lock, "actix-web").context("Cargo.lock has no actix-web")?,
        profile: PROFILE.to_owned(),
        date: now().strftime("%Y-%m-%d").to_string(),
        commit: commit(root),
    })
}

/// The time now, in UTC, as a date that can be formatted.
#[must_use]
pub fn now() -> jiff::Zoned {
    Timestamp::now().to_zoned(TimeZone::UTC)
}

/// How many cores this process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn cpu() -> Option<String> {
    if cfg!(target_os = "macos") {
        return sysctl("machdep.cpu.brand_string");
    }
    field(
        &std::fs::read_to_string("/proc/cpuinfo").ok()?,
        "model name",
    )
}

fn memory_gib() -> Option<u64> {
    if cfg!(target_os = "macos") {
        let bytes: u64 = sysctl("hw.memsize")?.parse().ok()?;
        return Some(bytes.saturating_add(1 << 29) >> 30);
    }
    let total = field(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemTotal")?;
    let kib: u64 = total.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib.saturating_add(1 << 19) >> 20)
}

fn sysctl(name: &str) -> Option<String> {
    tools::first_line(&tools::on_path(&["sysctl"])?, &["-n", name])
}

/// The value of the first line `key : value`.
fn field(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    })
}

/// The distribution, if it says what it is, and the kernel.
fn system() -> String {
    let uname = rustix::system::uname();
    let kernel = format!(
        "{} {}",
        uname.sysname().to_string_lossy(),
        uname.release().to_string_lossy()
    );
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    match name.map(|name| name.trim_matches('"')) {
        Some(name) if !name.is_empty() => format!("{name}, {kernel}"),
        _ => kernel,
    }
}

/// The version of `package` in the text of a Cargo.lock.
fn locked(lock: &str, package: &str) -> Option<String> {
    let lock: toml::Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let found = packages
        .iter()
        .find(|p| p.get("name").and_then(|n| n.as_str()) == Some(package));
    Some(found?.get("version")?.as_str()?.to_owned())
}

/// The short commit; `+` says that the sources had changes of their own. The
/// recordings do not count, because making one changes it.
fn commit(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(arguments)
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let status = [
        "status",
        "--porcelain",
        "--",
        ".",
        ":(exclude)labs/*/recording.json",
    ];
    let clean = git(&status).is_some_and(|changes| changes.is_empty());
    format!("{commit}{}", if clean { "" } else { "+" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_version_is_found() {
        let lock = "[[package]]\nname = \"actix-web\"\nversion = \"4.18.0\"\n";
        assert_eq!(locked(lock, "actix-web").as_deref(), Some("4.18.0"));
        assert_eq!(locked(lock, "serde"), None);
    }

    #[test]
    fn fields_of_proc_are_read() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC\n";
        assert_eq!(field(text, "model name").as_deref(), Some("AMD EPYC"));
    }

    #[test]
    fn a_commit_says_whether_the_sources_are_clean() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(commit(root), "unknown");
        let git = |line: &str| {
            let mut command = Command::new("git");
            command
                .arg("-C")
                .arg(root)
                .args(["-c", "user.name=a", "-c", "user.email=a@b"]);
            assert!(
                command
                    .args(line.split(' '))
                    .output()
                    .unwrap()
                    .status
                    .success(),
                "{line}"
            );
        };
        git("init -q");
        std::fs::create_dir_all(root.join("labs/01-x")).unwrap();
        std::fs::write(root.join("a.rs"), "").unwrap();
        git("add -A");
        git("commit -q -m first");
        let clean = commit(root);
        assert!(!clean.ends_with('+'), "{clean}");
        std::fs::write(root.join("labs/01-x/recording.json"), "{}").unwrap();
        assert_eq!(commit(root), clean);
        std::fs::write(root.join("a.rs"), "// changed").unwrap();
        assert_eq!(commit(root), format!("{clean}+"));
    }
}
