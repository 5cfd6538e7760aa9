//! Programs that the labs use: whether they are here, and how to get them.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::process;

/// Where Homebrew links what it installs.
const HOMEBREW: [&str; 2] = ["/opt/homebrew/bin", "/usr/local/bin"];

/// The first of `names` that PATH has.
#[must_use]
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    find(names, &folders)
}

fn find(names: &[&str], folders: &[PathBuf]) -> Option<PathBuf> {
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        // An empty entry of PATH means the current folder, which is no place
        // to take a program from.
        .find(|path| path.is_absolute() && executable(path))
}

fn executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The first line that `program arguments` prints.
#[must_use]
pub fn first_line(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = process::command(program).args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// A server that labs start privately, or reach by an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Redis or Valkey.
    Redis,
    /// PostgreSQL.
    PostgreSql,
}

/// Where a service comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A program that a lab starts for itself.
    Program(PathBuf),
    /// The variable that names a running server.
    Variable(&'static str),
}

impl Service {
    /// The service that a lab's manifest names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "redis" => Some(Self::Redis),
            "postgresql" | "postgres" => Some(Self::PostgreSql),
            _ => None,
        }
    }

    /// Its name in prose.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::PostgreSql => "PostgreSQL",
        }
    }

    /// The packages that bring it.
    #[must_use]
    pub fn package(self) -> Package {
        match self {
            Self::Redis => Package {
                apt: "redis-server",
                brew: "redis",
                name: "Redis",
            },
            Self::PostgreSql => Package {
                apt: "postgresql",
                brew: "postgresql@17",
                name: "PostgreSQL",
            },
        }
    }

    /// Where it is found: the lab's own variable, PATH, then the folders in
    /// which Debian and Homebrew hide it.
    #[must_use]
    pub fn find(self) -> Option<Source> {
        let (variable, names): (_, &[&str]) = match self {
            Self::Redis => ("LAB_REDIS_URL", &["redis-server", "valkey-server"]),
            Self::PostgreSql => ("LAB_DATABASE_URL", &["postgres"]),
        };
        if std::env::var_os(variable).is_some_and(|value| !value.is_empty()) {
            return Some(Source::Variable(variable));
        }
        let hidden = || match self {
            Self::Redis => find(names, &HOMEBREW.map(PathBuf::from)),
            Self::PostgreSql => find(names, &postgres_folders()),
        };
        on_path(names).or_else(hidden).map(Source::Program)
    }
}

/// Debian's folders, the newest version first, then Homebrew's.
fn postgres_folders() -> Vec<PathBuf> {
    let mut folders = versions_under("/usr/lib/postgresql", |_| true);
    for prefix in ["/opt/homebrew/opt", "/usr/local/opt"] {
        folders.extend(versions_under(prefix, |name| {
            name.starts_with("postgresql")
        }));
    }
    folders.extend(HOMEBREW.map(PathBuf::from));
    folders
}

fn versions_under(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let number = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name.trim_start_matches(|c: char| !c.is_ascii_digit())
            .parse::<u32>()
            .unwrap_or(0)
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name()
                .and_then(OsStr::to_str)
                .is_some_and(&wanted)
        })
        .collect();
    found.sort_by_key(|path| std::cmp::Reverse(number(path)));
    found.into_iter().map(|path| path.join("bin")).collect()
}

/// What brings a program, by package manager.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Debian's and Ubuntu's package.
    pub apt: &'static str,
    /// Homebrew's formula.
    pub brew: &'static str,
    /// The program's name elsewhere.
    pub name: &'static str,
}

impl Package {
    /// The command that installs it here, or what to look for.
    #[must_use]
    pub fn remedy(self) -> String {
        if cfg!(target_os = "macos") {
            return format!("brew install {}", self.brew);
        }
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        if is_debian(&release) {
            let sudo = if rustix::process::geteuid().is_root() {
                ""
            } else {
                "sudo "
            };
            return format!("{sudo}apt-get install {}", self.apt);
        }
        format!("install {} with this system's package manager", self.name)
    }
}

fn is_debian(release: &str) -> bool {
    release.lines().any(|line| {
        let Some((key, value)) = line.split_once('=') else {
            return false;
        };
        matches!(key, "ID" | "ID_LIKE")
            && value
                .trim_matches('"')
                .split(' ')
                .any(|id| matches!(id, "debian" | "ubuntu"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_executable_file_is_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tool");
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        let folders = [PathBuf::new(), folder.path().to_path_buf()];
        assert_eq!(find(&["tool"], &folders), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find(&["missing", "tool"], &folders), Some(path));
    }

    #[test]
    fn newer_servers_come_first() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9", "15", "17"] {
            std::fs::create_dir(folder.path().join(version)).unwrap();
        }
        let found = versions_under(folder.path().to_str().unwrap(), |_| true);
        let expected = ["17/bin", "15/bin", "9/bin"].map(|v| folder.path().join(v));
        assert_eq!(found, expected);
    }

    #[test]
    fn debian_and_its_children_are_recognised() {
        assert!(is_debian("NAME=\"Debian\"\nID=debian\n"));
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nNAME=debian\n"));
    }
}
