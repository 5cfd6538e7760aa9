//! A private PostgreSQL: its data folder and its settings.
//!
//! `initdb` takes a second, so its result is kept in the target folder and
//! copied. The superuser comes in by a socket in the server's folder, which
//! only this user can enter; over TCP there are only roles with passwords.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, ensure};
use labkit::folder::Folder;
use labkit::ground;
use labkit::process;
use labkit::server::{self, Server, Start};
use labkit::service::Service;
use rustix::process::Signal;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio_postgres::Config;

/// The superuser, who has no password and cannot come in by TCP.
const SUPERUSER: &str = "labkit";

/// The database that the harness comes to first. There is no `postgres`: each
/// database is a quarter of what has to be copied.
const HOME: &str = "template1";

/// What of a fresh folder depends on: raise it when [`INITDB`] changes.
const EDITION: u32 = 2;

const INITDB: [&str; 8] = [
    "--username=labkit",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    // 16 MB less to copy than with the default.
    "--wal-segsize=1",
    "--no-instructions",
];

const ACCESS: &str = "\
# The harness, by the socket in a folder that only it can enter.
local all labkit trust
# The services under test.
host all all 127.0.0.1/32 scram-sha-256
";

/// Durability costs time, and nothing here has to survive. Shared memory is in
/// the server's own folder, which is swept when it was killed.
const SETTINGS: [&str; 10] = [
    "dynamic_shared_memory_type=mmap",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
    "shared_buffers=16MB",
    "password_encryption=scram-sha-256",
];

/// Starts a server; gives the harness's way in, too.
pub async fn start() -> anyhow::Result<(Arc<Server>, Config)> {
    let program = Service::PostgreSql.program();
    let program = program.with_context(|| Service::PostgreSql.missing())?;
    // initdb wants to lie beside the server itself, not beside a link to it.
    let program = program.canonicalize()?;
    let folder = Folder::new()?;
    server::give(folder.root())?;
    lay_data(&program, &folder).await?;
    let server = Server::start(Start {
        service: Service::PostgreSql,
        program,
        arguments,
        folder,
        quit: Signal::QUIT,
    })
    .await?;
    let mut config = Config::new();
    let sockets = server.folder().context("a private server has a folder")?;
    config
        .host_path(sockets)
        .port(server.addr().port())
        .user(SUPERUSER)
        .dbname(HOME)
        .application_name("labkit");
    Ok((server, config))
}

fn arguments(folder: &Path, port: u16) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["-D".into(), folder.join("data").into()];
    words.extend(["-k".into(), folder.into()]);
    words.extend(["-h", "127.0.0.1", "-p"].map(OsString::from));
    words.push(port.to_string().into());
    for setting in SETTINGS {
        words.extend(["-c", setting].map(OsString::from));
    }
    words
}

/// Puts a fresh data folder into `folder`, from the cache when it has one.
async fn lay_data(program: &Path, folder: &Folder) -> anyhow::Result<()> {
    let data = folder.path("data");
    let kept = kept(program)?;
    // Another user's target folder keeps nothing for us.
    if fs::read_dir(&kept).is_ok() {
        let (from, to) = (kept, data.clone());
        tokio::task::spawn_blocking(move || copy(&from, &to, true)).await??;
    } else {
        initdb(program, &data).await?;
        // Where nothing can be kept, initdb runs again next time.
        let _ = keep(&data, &kept);
    }
    let access = data.join("pg_hba.conf");
    fs::write(&access, ACCESS)?;
    server::give(&access)
}

/// Where the folder for this very server is kept.
fn kept(program: &Path) -> anyhow::Result<PathBuf> {
    let version = std::process::Command::new(program)
        .arg("--version")
        .output();
    let version = version.with_context(|| format!("cannot run {}", program.display()))?;
    let version = String::from_utf8_lossy(&version.stdout);
    let number = version.split_whitespace().nth(2).unwrap_or("unknown");
    // Two builds of one version may differ in how they lay a folder out.
    let build = Sha256::digest(program.as_os_str().as_encoded_bytes());
    let name = format!(
        "postgres-{number}-{EDITION}-{:02x}{:02x}",
        build[0], build[1]
    );
    Ok(ground::target_folder()?.join("labkit").join(name))
}

async fn initdb(program: &Path, data: &Path) -> anyhow::Result<()> {
    let initdb = program.with_file_name("initdb");
    let mut command = server::command(&initdb, Signal::KILL)?;
    command.args(INITDB).arg("-D").arg(data);
    finish(command, &initdb, "").await?;
    let mut single = server::command(program, Signal::KILL)?;
    single.arg("--single").arg("-D").arg(data).arg(HOME);
    finish(single, program, "drop database postgres\n").await
}

/// Runs a program to its end, with `input`.
async fn finish(mut command: Command, program: &Path, input: &str) -> anyhow::Result<()> {
    command.stdin(Stdio::piped());
    let mut child =
        process::spawn(command).with_context(|| format!("cannot start {}", program.display()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    ensure!(
        output.status.success(),
        "{} failed:\n{}{}",
        program.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Keeps a fresh folder for the next run. Another process may do the same:
/// one of the two gets its name.
fn keep(data: &Path, kept: &Path) -> anyhow::Result<()> {
    let cache = kept.parent().context("a folder in the target folder")?;
    fs::create_dir_all(cache)?;
    let new = tempfile::Builder::new().prefix("new-").tempdir_in(cache)?;
    let inside = new.path().join("data");
    copy(data, &inside, false)?;
    if fs::rename(&inside, kept).is_err() {
        ensure!(kept.is_dir(), "cannot keep {}", kept.display());
    }
    Ok(())
}

/// Copies a folder, its subfolders at the same time: the work is the
/// kernel's, and there are a thousand small files.
fn copy(from: &Path, to: &Path, give: bool) -> anyhow::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o700))?;
    std::thread::scope(|scope| {
        let mut below = Vec::new();
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                below.push(scope.spawn(move || copy(&entry.path(), &target, give)));
            } else {
                fs::copy(entry.path(), &target)?;
                if give {
                    server::give(&target)?;
                }
            }
        }
        for copied in below {
            copied
                .join()
                .map_err(|_| anyhow::anyhow!("a copy panicked"))??;
        }
        anyhow::Ok(())
    })?;
    if give {
        server::give(to)?;
    }
    Ok(())
}
