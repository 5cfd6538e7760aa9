//! `cargo lab serve`, and plain `cargo run`: the book in the browser.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};

use crate::book::{self, Refresh, Shelf};
use crate::live::Runs;
use crate::terminal::{complain, say};
use crate::workspace::Workspace;

/// A save is often several events; the build waits until they are over.
const SETTLED: Duration = Duration::from_millis(150);

/// Builds the book, serves it on this machine, and builds it again when a
/// source changes.
///
/// # Errors
/// When the port is taken, or the book cannot be built at all.
pub fn run(
    workspace: &Workspace,
    port: u16,
    open: bool,
    allow_host: &[String],
) -> Result<ExitCode> {
    // The port first: nobody should wait for a build to hear that it is taken.
    let listener = listen(port)?;
    let address = format!("http://{}", listener.local_addr()?);
    let shelf = Arc::new(Shelf::new(&workspace.root));
    if let Refresh::Faulty(problems) = shelf.refresh()? {
        report(&problems);
        if shelf.site().is_none() {
            return Ok(ExitCode::from(super::RED));
        }
    }
    let runs = Runs::new(&workspace.root);
    let _watcher = watch(workspace, &shelf)
        .inspect_err(|error| complain(format_args!("changes are not watched: {error:#}")));
    actix_web::rt::System::new().block_on(async {
        let server = book::serve(shelf, runs, listener, allow_host)?;
        say(format_args!("The book is at {address} (Ctrl-C stops)"));
        if open {
            browse(&address);
        }
        server.await.context("the server has stopped")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => match free(port) {
            Some(other) => bail!(
                "port {port} is taken by another program: try `cargo lab serve --port {other}`"
            ),
            None => bail!("port {port} is taken by another program: name another with `--port`"),
        },
        Err(error) => {
            Err(error).with_context(|| format!("cannot listen on 127.0.0.1, port {port}"))
        }
    }
}

/// The next port that is free now.
fn free(port: u16) -> Option<u16> {
    (port..port.saturating_add(50))
        .skip(1)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

/// Watches the sources for as long as the result lives.
fn watch(workspace: &Workspace, shelf: &Arc<Shelf>) -> Result<Debouncer<RecommendedWatcher>> {
    let shelf = Arc::clone(shelf);
    let mut debouncer = new_debouncer(SETTLED, move |events: DebounceEventResult| {
        if events.is_ok() {
            rebuild(&shelf);
        }
    })?;
    let watcher = debouncer.watcher();
    let root = &workspace.root;
    watcher.watch(&root.join("book"), RecursiveMode::Recursive)?;
    watcher.watch(&root.join("book.toml"), RecursiveMode::NonRecursive)?;
    for lab in &workspace.labs {
        watcher.watch(&lab.dir, RecursiveMode::Recursive)?;
    }
    Ok(debouncer)
}

fn rebuild(shelf: &Shelf) {
    match shelf.refresh() {
        Ok(Refresh::Same) => {}
        Ok(Refresh::Found) => say(format_args!("The book is as it was before.")),
        Ok(Refresh::Built(time)) => {
            say(format_args!(
                "The book is built again ({:.1} s).",
                time.as_secs_f64()
            ));
        }
        Ok(Refresh::Faulty(problems)) => {
            report(&problems);
            complain(format_args!("The last good book stays."));
        }
        Err(error) => complain(format_args!("the book is not built: {error:#}")),
    }
}

fn report(problems: &[book::Problem]) {
    for problem in problems {
        complain(format_args!("{problem}"));
    }
}

/// Opens the browser; a machine without one has the address on its terminal.
fn browse(address: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let started = Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        // Waited for, so that it does not stay as a zombie.
        Ok(mut child) => {
            std::thread::spawn(move || child.wait());
        }
        Err(_) => complain(format_args!("no `{program}` here: open {address} yourself")),
    }
}
