//! `list`: the labs, how far the reader is, and what they need.

use std::process::ExitCode;

use anyhow::Result;
use labkit::progress::Progress;
use labkit::service::Service;
use serde::Serialize;

use crate::exercise::{Exercise, Status};
use crate::say;
use crate::table::{self, Align};
use crate::terminal::Paint;
use crate::workspace::{Lab, Workspace};

/// One lab, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    lab: &'a str,
    name: &'a str,
    title: &'a str,
    state: Status,
    minutes: u32,
    services: Vec<Need<'a>>,
}

/// A service that a lab needs.
#[derive(Debug, Serialize)]
struct Need<'a> {
    name: &'a str,
    present: bool,
    /// How to get it, when it is missing.
    remedy: Option<String>,
}

/// Prints every lab.
///
/// # Errors
/// When a lab's files cannot be read.
pub fn run(workspace: &Workspace, json: bool) -> Result<ExitCode> {
    let progress = Progress::load(&workspace.root);
    let rows = workspace
        .labs
        .iter()
        .map(|lab| row(lab, &progress))
        .collect::<Result<Vec<_>>>()?;
    if json {
        say!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(ExitCode::SUCCESS);
    }
    print(&rows);
    Ok(ExitCode::SUCCESS)
}

fn row<'a>(lab: &'a Lab, progress: &Progress) -> Result<Row<'a>> {
    let services = lab.services.iter().map(|name| {
        let service = Service::named(name);
        let present = service.is_some_and(|service| service.find().is_some());
        let remedy = service.filter(|_| !present).map(|service| service.remedy());
        Need {
            name,
            present,
            remedy,
        }
    });
    Ok(Row {
        lab: &lab.id,
        name: &lab.slug,
        title: &lab.title,
        state: Exercise::read(lab)?.status(lab, progress),
        minutes: lab.minutes,
        services: services.collect(),
    })
}

fn print(rows: &[Row<'_>]) {
    let heading = ["lab", "title", "state", "minutes", "services"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        let services = row.services.iter().map(|need| {
            format!(
                "{}{}",
                need.name,
                if need.present { "" } else { " (missing)" }
            )
        });
        let services = services.collect::<Vec<_>>().join(", ");
        vec![
            row.lab.to_owned(),
            row.title.to_owned(),
            row.state.words().to_owned(),
            row.minutes.to_string(),
            if services.is_empty() {
                "none".to_owned()
            } else {
                services
            },
        ]
    });
    let all: Vec<Vec<String>> = std::iter::once(heading.to_vec()).chain(cells).collect();
    let align = [
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Left,
    ];
    let paint = Paint::stdout();
    let mut lines = table::lines(&align, &all).into_iter();
    if let Some(heading) = lines.next() {
        say!("{}", paint.bold(&heading));
    }
    for (line, row) in lines.zip(rows) {
        match row.state {
            Status::Solved => say!("{}", paint.good(&line)),
            Status::InProgress => say!("{}", paint.warn(&line)),
            Status::NotStarted | Status::ReferenceRepair => say!("{line}"),
        }
    }
    say!();
    let needs = || rows.iter().flat_map(|row| &row.services);
    for service in Service::ALL {
        let lacks = |need: &Need<'_>| !need.present && Service::named(need.name) == Some(service);
        if needs().any(lacks) {
            say!("{}", service.missing());
        }
    }
    if let Some(next) = rows.iter().find(|row| row.state == Status::InProgress) {
        say!("Go on: cargo lab watch {}", next.lab);
    } else if let Some(next) = rows.iter().find(|row| row.state == Status::NotStarted) {
        say!("Next: cargo lab start {}", next.lab);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn a_service_is_present_where_the_lab_itself_finds_it() {
        let fixture = Fixture::new();
        let mut lab = fixture.lab().clone();
        lab.services = vec!["redis".to_owned(), "postgresql".to_owned()];
        let row = row(&lab, &Progress::default()).unwrap();
        for (need, service) in row.services.iter().zip(Service::ALL) {
            assert_eq!(Service::named(need.name), Some(service));
            assert_eq!(need.present, service.find().is_some());
            assert_eq!(need.remedy, (!need.present).then(|| service.remedy()));
        }
    }
}
