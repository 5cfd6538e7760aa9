//! What `doctor` looks at, one function each.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

use super::{Finding, State};
use crate::provenance;
use crate::tools::{self, Package, Service, Source};
use crate::workspace::Workspace;

/// Below this a load run and its hundreds of connections come near the limit.
const FILES: u64 = 1024;
/// What builds of the workshop and some labs need, in GiB.
const DISK: u64 = 5;
/// The oldest Node that the labs' Express services run on.
const NODE: [u64; 2] = [20, 0];

const RUST: &str = "install Rust from https://rustup.rs";

/// Everything, the required first.
pub(super) fn all(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = vec![
        rust(workspace, "rustc", "required: compiles the labs"),
        rust(workspace, "cargo", "required: builds and tests the labs"),
        c_compiler(),
        disk(&workspace.root),
        cores(),
        files(),
        port(),
        ipv6(),
    ];
    findings.extend([Service::Redis, Service::PostgreSql].map(|s| service(workspace, s)));
    findings.extend([node(), chromium()]);
    findings
}

fn rust(workspace: &Workspace, name: &'static str, purpose: &str) -> Finding {
    let least = least_rust(&workspace.root);
    let program = match name {
        "cargo" => crate::cargo::program().ok(),
        _ => tools::on_path(&[name]),
    };
    let line = program.and_then(|program| tools::first_line(&program, &["--version"]));
    let version = line.as_deref().and_then(version);
    let (state, found, remedy) = match (line, version, least) {
        (None, ..) => (State::Missing, "not found".to_owned(), Some(RUST.to_owned())),
        (Some(line), Some(version), Some(least)) if version < least => {
            let [major, minor] = least;
            let found = format!("{line}, older than {major}.{minor}");
            (State::Missing, found, Some("rustup update stable".to_owned()))
        }
        (Some(line), ..) => (State::Ok, line, None),
    };
    Finding { name, state, required: true, found, purpose: purpose.to_owned(), remedy }
}

/// The `rust-version` that the workspace's manifest states.
fn least_rust(root: &Path) -> Option<[u64; 2]> {
    let manifest: toml::Table =
        std::fs::read_to_string(root.join("Cargo.toml")).ok()?.parse().ok()?;
    let package = manifest.get("workspace")?.get("package")?;
    version(package.get("rust-version")?.as_str()?)
}

/// The first `major.minor` in a text.
fn version(text: &str) -> Option<[u64; 2]> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut numbers = word.split('.').map(str::parse);
        Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
    })
}

fn c_compiler() -> Finding {
    let own = std::env::var("CC").ok().filter(|cc| !cc.is_empty());
    let program = match &own {
        Some(cc) if cc.contains('/') => Some(PathBuf::from(cc)),
        // CC may carry arguments or a launcher; the last word is no safer guess.
        Some(cc) => tools::on_path(&[cc.split(' ').next().unwrap_or_default()]),
        None => tools::on_path(&["cc", "gcc", "clang"]),
    };
    let line = program.and_then(|program| tools::first_line(&program, &["--version"]));
    let remedy = if cfg!(target_os = "macos") {
        "xcode-select --install".to_owned()
    } else {
        Package { apt: "build-essential", brew: "gcc", name: "a C compiler" }.remedy()
    };
    found("C compiler", true, "required: links every program", line, remedy)
}

/// A finding that is `ok` or `missing`.
fn found(
    name: &'static str,
    required: bool,
    purpose: &str,
    found: Option<String>,
    remedy: String,
) -> Finding {
    let state = if found.is_some() { State::Ok } else { State::Missing };
    Finding {
        name,
        state,
        required,
        remedy: found.is_none().then_some(remedy),
        found: found.unwrap_or_else(|| "not found".to_owned()),
        purpose: purpose.to_owned(),
    }
}

/// A finding that is `ok` or `warn`.
fn wanted(name: &'static str, good: bool, found: String, purpose: &str, remedy: &str) -> Finding {
    Finding {
        name,
        state: if good { State::Ok } else { State::Warn },
        required: false,
        found,
        purpose: purpose.to_owned(),
        remedy: (!good).then(|| remedy.to_owned()),
    }
}

fn disk(root: &Path) -> Finding {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| root.join("target"));
    // The folder may not be there yet; the one that it will stand in is.
    let there = target.ancestors().find(|path| path.is_dir()).unwrap_or(root);
    let free = rustix::fs::statvfs(there).map(|fs| (fs.f_bavail * fs.f_frsize) >> 30);
    let (good, found) = match free {
        Ok(free) => (free >= DISK, format!("{free} GiB free for {}", target.display())),
        Err(error) => (false, format!("cannot be read: {error}")),
    };
    let remedy = format!("free {DISK} GiB, or set CARGO_TARGET_DIR to another disk");
    wanted("disk", good, found, "builds of the labs", &remedy)
}

fn cores() -> Finding {
    let cores = provenance::cores();
    let remedy = "expect slow builds; figures of `load` will differ from the recorded ones";
    wanted("cores", cores >= 2, cores.to_string(), "builds, and figures of `load`", remedy)
}

fn files() -> Finding {
    // No limit is more than any limit.
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let found = if limit == u64::MAX { "no limit".to_owned() } else { limit.to_string() };
    let remedy = format!("ulimit -n {}", FILES * 4);
    wanted("open files", limit >= FILES, found, "connections of `load`", &remedy)
}

fn port() -> Finding {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 3000));
    let found = match &free {
        Ok(_) => "free".to_owned(),
        Err(error) => format!("not free: {error}"),
    };
    let remedy = "cargo lab serve --port 3001, or stop what listens there";
    wanted("port 3000", free.is_ok(), found, "where the book is served", remedy)
}

fn ipv6() -> Finding {
    let there = TcpListener::bind((Ipv6Addr::LOCALHOST, 0));
    let found = match &there {
        Ok(_) => "available".to_owned(),
        Err(error) => format!("not available: {error}"),
    };
    let remedy = "switch IPv6 on for the loopback interface";
    wanted("::1", there.is_ok(), found, "the other origin in labs about browsers", remedy)
}

fn service(workspace: &Workspace, service: Service) -> Finding {
    let labs = workspace.labs.iter().filter(|lab| {
        lab.services.iter().any(|name| Service::named(name) == Some(service))
    });
    let labs: Vec<&str> = labs.map(|lab| lab.id.as_str()).collect();
    let purpose = match labs[..] {
        [] => "for no lab of this edition yet".to_owned(),
        [lab] => format!("for lab {lab}"),
        _ => format!("for labs {}", labs.join(", ")),
    };
    let source = service.find().map(|source| match source {
        Source::Variable(name) => format!("the server that {name} names"),
        Source::Program(program) => {
            let line = tools::first_line(&program, &["--version"]);
            format!("{}, {}", line.unwrap_or_else(|| "does not run".into()), program.display())
        }
    });
    found(service.name(), false, &purpose, source, service.package().remedy())
}

fn node() -> Finding {
    let line = tools::on_path(&["node", "nodejs"])
        .and_then(|program| tools::first_line(&program, &["--version"]));
    let purpose = "the Express versions, through `prove --cmd`";
    let package = Package { apt: "nodejs npm", brew: "node", name: "Node" };
    match line.as_deref().and_then(version) {
        Some(version) if version < NODE => {
            let found = line.unwrap_or_default();
            let remedy = format!("install Node {} or newer from https://nodejs.org", NODE[0]);
            wanted("Node", false, found, purpose, &remedy)
        }
        _ => found("Node", false, purpose, line, package.remedy()),
    }
}

fn chromium() -> Finding {
    const NAMES: [&str; 4] =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    const APP: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    let app = PathBuf::from(APP);
    let program = tools::on_path(&NAMES).or_else(|| app.is_file().then_some(app));
    let package = Package { apt: "chromium", brew: "--cask chromium", name: "Chromium" };
    let found_at = program.map(|program| program.display().to_string());
    found("Chromium", false, "the book's own browser tests", found_at, package.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_print() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some([1, 95]));
        assert_eq!(version("v22.1.0"), Some([22, 1]));
        assert_eq!(version("1.89"), Some([1, 89]));
        assert_eq!(version("no number"), None);
    }

    #[test]
    fn an_old_compiler_is_as_bad_as_none() {
        assert!([1, 88] < [1, 89] && [1, 100] > [1, 89] && [2, 0] > [1, 89]);
    }

    #[test]
    fn what_is_not_found_comes_with_the_remedy() {
        let missing = found("x", false, "tests", None, "apt-get install x".into());
        assert_eq!(missing.state, State::Missing);
        assert_eq!(missing.remedy.as_deref(), Some("apt-get install x"));
        let there = found("x", false, "tests", Some("1.0".into()), "apt-get install x".into());
        assert_eq!((there.state, there.remedy), (State::Ok, None));
    }
}
