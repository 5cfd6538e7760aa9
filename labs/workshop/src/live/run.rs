//! One live run: build the lab's program, run its load, tell the page.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use labkit::cli;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc};

use super::event::Event;
use crate::cargo::{Built, Cargo, Step};
use crate::workspace::{Lab, Workspace};

/// A load that takes longer than this is ended: it lasts seconds.
const BOUND: Duration = Duration::from_secs(90);

/// A build may compile the lab's dependencies first; the page shows how far.
const BUILD: Duration = Duration::from_secs(15 * 60);

/// So long a page may take to accept the last words.
const PATIENCE: Duration = Duration::from_secs(2);

/// So much of what a failed program said goes to the page, in bytes.
const SAID: u64 = 4000;

/// Drives a run to its end, whatever that is, and says so last.
pub async fn drive(
    workspace: Workspace,
    lab: Lab,
    version: String,
    tell: mpsc::Sender<Event>,
    end: Arc<Notify>,
) {
    let last = tokio::select! {
        last = load(workspace, lab, version, &tell) => last,
        () = end.notified() => Some(Event::cut("stopped", "")),
    };
    for event in last.into_iter().chain([Event::End]) {
        // A page that has gone away, or takes nothing, hears nothing more.
        let _ = tokio::time::timeout(PATIENCE, tell.send(event)).await;
    }
}

/// The run itself; the event is why it ended early.
async fn load(
    workspace: Workspace,
    lab: Lab,
    version: String,
    tell: &mpsc::Sender<Event>,
) -> Option<Event> {
    let (progress, wanted) = (tell.clone(), version.clone());
    let built = tokio::task::spawn_blocking(move || {
        let mut step = |step: &Step| {
            // Progress that the page cannot take now is soon out of date.
            let _ = progress.try_send(Event::Building(words(step)));
        };
        Cargo::new(&workspace, false).lab(&lab, &wanted, &mut step)
    });
    let Ok(built) = tokio::time::timeout(BUILD, built).await else {
        return Some(too_long("build", BUILD));
    };
    let program = match built {
        Ok(Ok(Built::Ready(program))) => program,
        Ok(Ok(Built::Failed(failure))) => {
            return Some(Event::cut(
                format!("{version} does not compile"),
                failure.text,
            ));
        }
        Ok(Err(error)) => return Some(Event::cut(format!("{error:#}"), "")),
        Err(error) => return Some(Event::cut(format!("the build stopped: {error}"), "")),
    };
    let mut command = Command::new(program);
    command
        .args([cli::LAB, "load", &version])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Dropping this future ends the program, and with it the service.
        .kill_on_drop(true);
    match labkit::process::spawn(command) {
        Ok(child) => match tokio::time::timeout(BOUND, watch(child, tell)).await {
            Ok(last) => last,
            Err(_) => Some(too_long("load", BOUND)),
        },
        Err(error) => Some(Event::cut(
            format!("the lab cannot be started: {error}"),
            "",
        )),
    }
}

fn too_long(what: &str, bound: Duration) -> Event {
    Event::cut(
        format!("the {what} took more than {} s", bound.as_secs()),
        "",
    )
}

async fn watch(mut child: Child, tell: &mpsc::Sender<Event>) -> Option<Event> {
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Some(Event::cut("the lab has no output", ""));
    };
    let said = tokio::spawn(async move {
        let mut text = String::new();
        // Whatever could be read is what there is to show.
        let _ = err.take(SAID).read_to_string(&mut text).await;
        text
    });
    let mut lines = BufReader::new(out).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if tell.send(Event::Line(line)).await.is_err() {
            return None;
        }
    }
    match child.wait().await {
        Ok(status) if status.success() => None,
        Ok(status) => {
            let text = said.await.unwrap_or_default();
            let ending = labkit::process::ending(status);
            Some(Event::cut(format!("the run failed ({ending})"), text))
        }
        Err(error) => Some(Event::cut(error.to_string(), "")),
    }
}

fn words(step: &Step) -> String {
    match step {
        Step::Waiting => "waiting for another cargo".to_owned(),
        Step::Compiling { done, total, what } => {
            format!("compiling {done} of {total}: {what}")
        }
        Step::Tick => "building".to_owned(),
    }
}
