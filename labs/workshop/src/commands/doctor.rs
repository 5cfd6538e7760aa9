//! `doctor`: what this machine has and what it lacks, with the remedy.

mod fetch;
mod findings;
mod programs;
mod wheels;

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use self::fetch::Fetched;
use crate::say;
use crate::table::{self, Align};
use crate::terminal::Paint;
use crate::workspace::Workspace;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// As it should be.
    Ok,
    /// It works, but not all of it, or not well.
    Warn,
    /// Not there.
    Missing,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    /// What was looked for.
    name: &'static str,
    state: State,
    /// Whether nothing works without it.
    required: bool,
    /// What was found.
    found: String,
    /// What it is for.
    purpose: String,
    /// How to mend it.
    remedy: Option<String>,
}

/// Fetches the services that are missing if it is asked to, looks, and
/// reports.
///
/// # Errors
/// When the report cannot be put into JSON.
pub fn run(workspace: &Workspace, fetch: bool, json: bool) -> Result<ExitCode> {
    let mut code = 0;
    if fetch {
        match fetch::missing() {
            Fetched::All => {}
            Fetched::NotAll => code = crate::USAGE,
            Fetched::Stopped(code) => return Ok(ExitCode::from(code)),
        }
    }
    let findings = findings::all(workspace);
    if json {
        say!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        print(&findings);
    }
    Ok(ExitCode::from(verdict(&findings).max(code)))
}

/// Only what is required, and is not there, is an error.
fn verdict(findings: &[Finding]) -> u8 {
    let bad = |f: &Finding| f.required && f.state == State::Missing;
    if findings.iter().any(bad) {
        crate::USAGE
    } else {
        0
    }
}

fn print(findings: &[Finding]) {
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|finding| {
            let state = match finding.state {
                State::Ok => "ok",
                State::Warn => "warn",
                State::Missing => "missing",
            };
            let remedy = finding
                .remedy
                .as_ref()
                .map(|r| format!(": {r}"))
                .unwrap_or_default();
            let end = format!("{} ({}){remedy}", finding.found, finding.purpose);
            vec![state.to_owned(), finding.name.to_owned(), end]
        })
        .collect();
    let paint = Paint::stdout();
    for (line, finding) in table::lines(&[Align::Left; 3], &rows).iter().zip(findings) {
        match finding.state {
            State::Ok => say!("{line}"),
            State::Warn => say!("{}", paint.warn(line)),
            State::Missing if finding.required => say!("{}", paint.bad(line)),
            State::Missing => say!("{}", paint.warn(line)),
        }
    }
    say!();
    if verdict(findings) == 0 {
        say!("All that is required is here.");
    } else {
        say!("Something required is missing: mend the lines above that say \"required\".");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_fails() {
        let finding = |state, required| Finding {
            name: "a",
            state,
            required,
            found: String::new(),
            purpose: String::new(),
            remedy: None,
        };
        assert_eq!(
            verdict(&[finding(State::Missing, false), finding(State::Warn, true)]),
            0
        );
        assert_eq!(verdict(&[finding(State::Missing, true)]), 2);
    }
}
