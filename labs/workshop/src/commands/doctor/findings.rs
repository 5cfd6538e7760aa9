//! What `doctor` looks at in the machine itself, one function each.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use labkit::service::Service;
use rustix::process::{Resource, getrlimit};

use super::programs::{c_compiler, chromium, node, rust, service};
use super::{Finding, State};
use crate::provenance;
use crate::workspace::Workspace;

/// Below this a load run and its hundreds of connections come near the limit.
const FILES: u64 = 1024;
/// What builds of the workshop and some labs need, in GiB.
const DISK: u64 = 5;

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
        second_address(),
    ];
    findings.extend(Service::ALL.map(|s| service(workspace, s)));
    findings.extend([node(), chromium()]);
    findings
}

/// A finding that is `ok` or `missing`.
pub(super) fn found(
    name: &'static str,
    required: bool,
    purpose: &str,
    found: Option<String>,
    remedy: String,
) -> Finding {
    let state = if found.is_some() {
        State::Ok
    } else {
        State::Missing
    };
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
pub(super) fn wanted(
    name: &'static str,
    good: bool,
    found: String,
    purpose: &str,
    remedy: &str,
) -> Finding {
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
    let there = target
        .ancestors()
        .find(|path| path.is_dir())
        .unwrap_or(root);
    let free = rustix::fs::statvfs(there).map(|fs| (fs.f_bavail * fs.f_frsize) >> 30);
    let (good, found) = match free {
        Ok(free) => (
            free >= DISK,
            format!("{free} GiB free for {}", target.display()),
        ),
        Err(error) => (false, format!("cannot be read: {error}")),
    };
    let remedy = format!("free {DISK} GiB, or set CARGO_TARGET_DIR to another disk");
    wanted("disk", good, found, "builds of the labs", &remedy)
}

fn cores() -> Finding {
    let cores = provenance::cores();
    let remedy = "expect slow builds; figures of `load` will differ from the recorded ones";
    wanted(
        "cores",
        cores >= 2,
        cores.to_string(),
        "builds, and figures of `load`",
        remedy,
    )
}

fn files() -> Finding {
    // No limit is more than any limit.
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let found = if limit == u64::MAX {
        "no limit".to_owned()
    } else {
        limit.to_string()
    };
    let remedy = format!("ulimit -n {}", FILES * 4);
    wanted(
        "open files",
        limit >= FILES,
        found,
        "connections of `load`",
        &remedy,
    )
}

fn port() -> Finding {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 3000));
    let found = match &free {
        Ok(_) => "free".to_owned(),
        Err(error) => format!("not free: {error}"),
    };
    let remedy = "cargo lab serve --port 3001, or stop what listens there";
    wanted(
        "port 3000",
        free.is_ok(),
        found,
        "where the book is served",
        remedy,
    )
}

/// All of 127.0.0.0/8 is this machine on Linux; macOS has 127.0.0.1 alone.
fn second_address() -> Finding {
    let there = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0));
    let found = match &there {
        Ok(_) => "available".to_owned(),
        Err(error) => format!("not available: {error}"),
    };
    let remedy = "sudo ifconfig lo0 alias 127.0.0.2";
    wanted(
        "127.0.0.2",
        there.is_ok(),
        found,
        "where strangers come from in lab 14",
        remedy,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_found_comes_with_the_remedy() {
        let missing = found("x", false, "tests", None, "apt-get install x".into());
        assert_eq!(missing.state, State::Missing);
        assert_eq!(missing.remedy.as_deref(), Some("apt-get install x"));
        let there = found(
            "x",
            false,
            "tests",
            Some("1.0".into()),
            "apt-get install x".into(),
        );
        assert_eq!((there.state, there.remedy), (State::Ok, None));
    }
}
