//! Folders for servers and files, and the traces of runs that died.
//!
//! Every folder lies in memory where the system has room for it, else in the
//! temporary folder, and carries the number of its process. A process that
//! ends in order removes its folders; those of dead ones are swept when the
//! next one starts, with whatever server was left in them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use anyhow::Context;
use rustix::process::{Pid, Signal};

use crate::table::{alive, children};
use crate::token;

/// What the names of our folders begin with.
const PREFIX: &str = "labkit-";

/// The file system that Linux keeps in memory for programs.
const MEMORY: &str = "/dev/shm";

/// So many bytes must be free there: a few servers of 40 MB each. A container
/// may have 64 MiB in all.
const ROOM: u64 = 512 << 20;

/// The file in which a folder names its server's process.
pub(crate) const SERVER: &str = "server.pid";

/// An unprivileged user that every Unix has: `nobody`.
pub const NOBODY: u32 = 65534;

/// A folder that goes when this is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes an empty folder that only this user can enter.
    ///
    /// # Errors
    /// When neither memory nor the temporary folder can be written to.
    pub fn new() -> anyhow::Result<Self> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(sweep);
        let name = format!("{PREFIX}{}-{}", std::process::id(), token::hex(4)?);
        let path = place().join(name);
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next run.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Where folders are made. A thousand small files on a disk, made and removed
/// with every run, cost more than the runs; and a disk that others keep busy
/// holds a service up. Who sets `TMPDIR` has a wish of their own.
fn place() -> PathBuf {
    let memory = Path::new(MEMORY);
    let room = rustix::fs::statvfs(memory).map_or(0, |fs| fs.f_bavail.saturating_mul(fs.f_frsize));
    let wish = std::env::var_os("TMPDIR").is_some();
    let writable = rustix::fs::access(memory, rustix::fs::Access::WRITE_OK).is_ok();
    if cfg!(target_os = "linux") && !wish && writable && room >= ROOM {
        return memory.to_path_buf();
    }
    std::env::temp_dir()
}

/// Removes the folders of this user's dead runs.
fn sweep() {
    let me = rustix::process::geteuid().as_raw();
    let places = [std::env::temp_dir(), PathBuf::from(MEMORY)];
    let entries = places.iter().flat_map(fs::read_dir).flatten();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split_once('-'))
            .and_then(|(pid, _)| Pid::from_raw(pid.parse().ok()?));
        let Some(owner) = owner else { continue };
        let path = entry.path();
        let mine = fs::symlink_metadata(&path).is_ok_and(|meta| {
            meta.is_dir() && (meta.uid() == me || (me == 0 && meta.uid() == NOBODY))
        });
        if mine && !alive(owner) {
            end_server(&path);
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Kills the server that a dead run left in its folder. Where processes are
/// tied to their parent there is none, unless it was stopped.
fn end_server(folder: &Path) {
    let text = fs::read_to_string(folder.join(SERVER)).unwrap_or_default();
    let Some(server) = text.trim().parse().ok().and_then(Pid::from_raw) else {
        return;
    };
    // The number may have gone to another process since. A server works in
    // its folder, or has it on its command line.
    let number = server.as_raw_nonzero().to_string();
    let works = fs::read_link(format!("/proc/{number}/cwd"));
    let line = Command::new("ps")
        .args(["-o", "command=", "-p", &number])
        .output();
    let line = line.map(|ps| String::from_utf8_lossy(&ps.stdout).into_owned());
    let named = line.is_ok_and(|line| line.contains(&*folder.to_string_lossy()));
    if named || works.is_ok_and(|works| works.starts_with(folder)) {
        for child in children(server) {
            let _ = rustix::process::kill_process(child, Signal::KILL);
        }
        let _ = rustix::process::kill_process(server, Signal::KILL);
    }
    remove_shared_memory(folder);
}

/// A PostgreSQL that was killed leaves a segment of System V shared memory;
/// the seventh line of its `postmaster.pid` names it.
fn remove_shared_memory(folder: &Path) {
    let file = folder.join("data/postmaster.pid");
    let text = fs::read_to_string(file).unwrap_or_default();
    let segment = text
        .lines()
        .nth(6)
        .and_then(|l| l.split_whitespace().nth(1));
    if let Some(segment) = segment {
        let _ = Command::new("ipcrm").args(["-m", segment]).output();
    }
}
