//! The servers that labs depend on: where each is found, and what brings it.
//!
//! The order is the same for a lab, for `cargo lab list` and for `cargo lab
//! doctor`: the variable that names a running server, PATH, the folders in
//! which systems hide it, then the private copy of `cargo lab doctor --fetch`.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::ground;

/// Where Homebrew links what it installs.
const HOMEBREW: [&str; 2] = ["/opt/homebrew/bin", "/usr/local/bin"];

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
    /// Every service that a lab may need.
    pub const ALL: [Self; 2] = [Self::Redis, Self::PostgreSql];

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

    /// The variable that names a running server. Never `REDIS_URL` or
    /// `DATABASE_URL`: people export those for real data, and labs drop and
    /// lock what they find.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Redis => "LAB_REDIS_URL",
            Self::PostgreSql => "LAB_DATABASE_URL",
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

    /// Where it is found: the lab's own variable, else its program.
    #[must_use]
    pub fn find(self) -> Option<Source> {
        let variable = self.variable();
        if std::env::var_os(variable).is_some_and(|value| !value.is_empty()) {
            return Some(Source::Variable(variable));
        }
        self.program().map(Source::Program)
    }

    /// Its program, for a private server: PATH, the folders in which Debian
    /// and Homebrew hide it, then the fetched copy.
    #[must_use]
    pub fn program(self) -> Option<PathBuf> {
        let names = self.programs();
        on_path(names)
            .or_else(|| match self {
                Self::Redis => find(names, &HOMEBREW.map(PathBuf::from)),
                Self::PostgreSql => find(names, &postgres_folders()),
            })
            .or_else(|| find(names, &[self.fetched().ok()?.join("bin")]))
    }

    /// What its program is called.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Redis => &["redis-server", "valkey-server"],
            Self::PostgreSql => &["postgres"],
        }
    }

    /// The folder of the private copy that `cargo lab doctor --fetch` makes,
    /// whether it is there or not. Its programs are in `bin`; another version
    /// has another folder.
    ///
    /// # Errors
    /// When this executable lies in no target folder.
    pub fn fetched(self) -> anyhow::Result<PathBuf> {
        let name = match self {
            Self::Redis => "valkey-9.1.2",
            Self::PostgreSql => "postgresql-18.6",
        };
        Ok(ground::target_folder()?.join("labkit/fetched").join(name))
    }

    /// Says that it is not here, and the commands that bring it: the one line
    /// for a lab that cannot run.
    #[must_use]
    pub fn missing(self) -> String {
        format!("{} is not here: {}", self.name(), self.remedy())
    }

    /// The commands that bring it here.
    #[must_use]
    pub fn remedy(self) -> String {
        let package = self.package().remedy();
        if FETCHABLE {
            format!("{package}, or without root cargo lab doctor --fetch")
        } else {
            package
        }
    }
}

/// Whether `cargo lab doctor --fetch` has copies for this kind of machine.
pub const FETCHABLE: bool = cfg!(all(
    any(
        all(target_os = "linux", target_env = "gnu"),
        target_os = "macos"
    ),
    any(target_arch = "x86_64", target_arch = "aarch64"),
));

/// The first folder on the way to `program`, or the program itself, that only
/// its owner may use. Servers run as `nobody` when we are root, and such a
/// folder is closed to them.
#[must_use]
pub fn closed_to_others(program: &Path) -> Option<PathBuf> {
    let program = program.canonicalize().ok()?;
    let mut way: Vec<_> = program.ancestors().collect();
    way.reverse();
    way.into_iter()
        .find(|step| {
            step.metadata()
                .is_ok_and(|meta| meta.permissions().mode() & 0o001 == 0)
        })
        .map(Path::to_path_buf)
}

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

/// Debian's folders, the newest version first, then Homebrew's.
fn postgres_folders() -> Vec<PathBuf> {
    let mut folders = versions_under(Path::new("/usr/lib/postgresql"), |_| true);
    for prefix in ["/opt/homebrew/opt", "/usr/local/opt"] {
        folders.extend(versions_under(Path::new(prefix), |name| {
            name.starts_with("postgresql")
        }));
    }
    folders.extend(HOMEBREW.map(PathBuf::from));
    folders
}

fn versions_under(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
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
    use crate::folder::Folder;

    #[test]
    fn only_an_executable_file_is_a_program() {
        let folder = Folder::new().unwrap();
        let path = folder.path("tool");
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        let folders = [PathBuf::new(), folder.root().to_path_buf()];
        assert_eq!(find(&["tool"], &folders), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find(&["missing", "tool"], &folders), Some(path));
    }

    #[test]
    fn a_folder_that_others_may_not_enter_is_named() {
        let folder = Folder::new().unwrap();
        let program = folder.path("tool");
        std::fs::write(&program, "").unwrap();
        let closed = folder.root().canonicalize().unwrap();
        assert_eq!(closed_to_others(&program), Some(closed));
        assert_eq!(closed_to_others(Path::new("/bin/sh")), None);
    }

    #[test]
    fn newer_servers_come_first() {
        let folder = Folder::new().unwrap();
        for version in ["9", "15", "17"] {
            std::fs::create_dir(folder.path(version)).unwrap();
        }
        let found = versions_under(folder.root(), |_| true);
        let expected = ["17/bin", "15/bin", "9/bin"].map(|v| folder.path(v));
        assert_eq!(found, expected);
    }

    #[test]
    fn debian_and_its_children_are_recognised() {
        assert!(is_debian("NAME=\"Debian\"\nID=debian\n"));
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nNAME=debian\n"));
    }

    #[test]
    fn a_missing_service_is_named_with_what_brings_it() {
        for service in Service::ALL {
            let line = service.missing();
            assert!(line.starts_with(service.name()), "{line}");
            assert!(line.contains(&service.package().remedy()), "{line}");
            assert_eq!(line.contains("cargo lab doctor --fetch"), FETCHABLE);
        }
    }

    #[test]
    fn a_manifest_may_use_the_short_name() {
        assert_eq!(Service::named("redis"), Some(Service::Redis));
        assert_eq!(Service::named("PostgreSQL"), Some(Service::PostgreSql));
        assert_eq!(Service::named("postgres"), Some(Service::PostgreSql));
        assert_eq!(Service::named("sqlite"), None);
    }
}
