//! The programs that `doctor` looks for.

use std::path::{Path, PathBuf};

use labkit::service::{Package, Service, Source, closed_to_others};

use super::findings::{found, wanted};
use super::{Finding, State};
use crate::tools;
use crate::workspace::Workspace;

/// The oldest Node that the labs' Express services run on.
const NODE: [u64; 2] = [20, 0];

const RUST: &str = "install Rust from https://rustup.rs";

pub(super) fn rust(workspace: &Workspace, name: &'static str, purpose: &str) -> Finding {
    let least = least_rust(&workspace.root);
    let program = match name {
        "cargo" => crate::cargo::program().ok(),
        _ => tools::on_path(&[name]),
    };
    let line = program.and_then(|program| tools::first_line(&program, &["--version"]));
    let version = line.as_deref().and_then(version);
    let (state, found, remedy) = match (line, version, least) {
        (None, ..) => (
            State::Missing,
            "not found".to_owned(),
            Some(RUST.to_owned()),
        ),
        (Some(line), Some(version), Some(least)) if version < least => {
            let [major, minor] = least;
            let found = format!("{line}, older than {major}.{minor}");
            (
                State::Missing,
                found,
                Some("rustup update stable".to_owned()),
            )
        }
        (Some(line), ..) => (State::Ok, line, None),
    };
    Finding {
        name,
        state,
        required: true,
        found,
        purpose: purpose.to_owned(),
        remedy,
    }
}

/// The `rust-version` that the workspace's manifest states.
fn least_rust(root: &Path) -> Option<[u64; 2]> {
    let manifest: toml::Table = std::fs::read_to_string(root.join("Cargo.toml"))
        .ok()?
        .parse()
        .ok()?;
    let package = manifest.get("workspace")?.get("package")?;
    version(package.get("rust-version")?.as_str()?)
}

/// The first `major.minor` in a text.
fn version(text: &str) -> Option<[u64; 2]> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .find_map(|word| {
            let mut numbers = word.split('.').map(str::parse);
            Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
        })
}

pub(super) fn c_compiler() -> Finding {
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
        Package {
            apt: "build-essential",
            brew: "gcc",
            name: "a C compiler",
        }
        .remedy()
    };
    found(
        "C compiler",
        true,
        "required: links every program",
        line,
        remedy,
    )
}

pub(super) fn service(workspace: &Workspace, service: Service) -> Finding {
    let labs = workspace.labs.iter().filter(|lab| {
        lab.services
            .iter()
            .any(|name| Service::named(name) == Some(service))
    });
    let labs: Vec<&str> = labs.map(|lab| lab.id.as_str()).collect();
    let purpose = match labs[..] {
        [] => "for no lab of this edition yet".to_owned(),
        [lab] => format!("for lab {lab}"),
        _ => format!("for labs {}", labs.join(", ")),
    };
    let name = service.name();
    match service.find() {
        None => found(name, false, &purpose, None, service.remedy()),
        Some(Source::Variable(variable)) => {
            let server = format!("the server that {variable} names");
            found(name, false, &purpose, Some(server), String::new())
        }
        Some(Source::Program(program)) => {
            let line = tools::first_line(&program, &["--version"]);
            let trouble = trouble(&program, line.is_some());
            let line = line.unwrap_or_else(|| "does not run".to_owned());
            // Redis and Valkey add how they were built.
            let line = line.split(" sha=").next().unwrap_or_default();
            let ours = service
                .fetched()
                .is_ok_and(|copy| program.starts_with(copy));
            let origin = if ours { "fetched, " } else { "" };
            let found = format!("{line}, {origin}{}", program.display());
            let remedy = trouble.unwrap_or_default();
            wanted(name, remedy.is_empty(), found, &purpose, &remedy)
        }
    }
}

/// What keeps a lab from starting a program that is here, as a remedy.
fn trouble(program: &Path, runs: bool) -> Option<String> {
    if !runs {
        return Some(format!("{} --version says why", program.display()));
    }
    // PostgreSQL refuses root, so labs start servers as nobody.
    let root = rustix::process::geteuid().is_root();
    let closed = root.then(|| closed_to_others(program)).flatten()?;
    let closed = closed.display();
    Some(format!(
        "servers run as nobody, who may not enter {closed}: chmod o+x {closed}"
    ))
}

pub(super) fn node() -> Finding {
    let line = tools::on_path(&["node", "nodejs"])
        .and_then(|program| tools::first_line(&program, &["--version"]));
    let purpose = "the Express versions, through `prove --cmd`";
    let package = Package {
        apt: "nodejs npm",
        brew: "node",
        name: "Node",
    };
    match line.as_deref().and_then(version) {
        Some(version) if version < NODE => {
            let found = line.unwrap_or_default();
            let remedy = format!("install Node {} or newer from https://nodejs.org", NODE[0]);
            wanted("Node", false, found, purpose, &remedy)
        }
        _ => found("Node", false, purpose, line, package.remedy()),
    }
}

pub(super) fn chromium() -> Finding {
    const NAMES: [&str; 4] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    const APP: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    let app = PathBuf::from(APP);
    let program = tools::on_path(&NAMES).or_else(|| app.is_file().then_some(app));
    let package = Package {
        apt: "chromium",
        brew: "--cask chromium",
        name: "Chromium",
    };
    let found_at = program.map(|program| program.display().to_string());
    found(
        "Chromium",
        false,
        "the book's own browser tests",
        found_at,
        package.remedy(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_print() {
        assert_eq!(
            version("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some([1, 95])
        );
        assert_eq!(version("v22.1.0"), Some([22, 1]));
        assert_eq!(version("1.89"), Some([1, 89]));
        assert_eq!(version("no number"), None);
    }

    #[test]
    fn an_old_compiler_is_as_bad_as_none() {
        assert!([1, 88] < [1, 89] && [1, 100] > [1, 89] && [2, 0] > [1, 89]);
    }
}
