//! The system's table of processes: who lives, whose child it is, and whether
//! it works.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Pid;

/// Whether the process lives. One that is dead and not yet reaped does not.
#[must_use]
pub fn alive(process: Pid) -> bool {
    let status = format!("/proc/{}/stat", process.as_raw_nonzero());
    match fs::read_to_string(status) {
        Ok(stat) => !stat
            .rsplit(") ")
            .next()
            .unwrap_or_default()
            .starts_with(['Z', 'X']),
        Err(_) if cfg!(target_os = "linux") => false,
        Err(_) => rustix::process::test_kill_process(process).is_ok(),
    }
}

/// The children of a process, where the system tells.
pub(crate) fn children(process: Pid) -> Vec<Pid> {
    let number = process.as_raw_nonzero();
    let file = format!("/proc/{number}/task/{number}/children");
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|child| Pid::from_raw(child.parse().ok()?))
        .collect()
}

/// Whether a thread of the process, or of one of its children, runs, waits for
/// a processor or for a disk. With a `mark`, only children count that have it
/// on their command line: the part of a shared server that works for us.
/// Elsewhere than on Linux nobody knows, and the answer is no.
#[must_use]
pub fn at_work(process: u32, mark: Option<&str>) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return false;
    };
    let read = |path: &Path| std::fs::read(path).unwrap_or_default();
    let works = threads.flatten().any(|thread| {
        let stat = read(&thread.path().join("stat"));
        // `12 (name) R …`: the name may hold anything but is the last in brackets.
        let stat = String::from_utf8_lossy(&stat);
        let state = stat.rsplit(") ").next().unwrap_or_default();
        state.starts_with(['R', 'D'])
    });
    if works && mark.is_none() {
        return true;
    }
    // Servers and supervisors have their children from their first thread.
    let children = PathBuf::from(format!("/proc/{process}/task/{process}/children"));
    String::from_utf8_lossy(&read(&children))
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .any(|child| {
            at_work(child, None)
                && mark.is_none_or(|mark| {
                    let line = read(&PathBuf::from(format!("/proc/{child}/cmdline")));
                    String::from_utf8_lossy(&line).contains(mark)
                })
        })
}
