//! `load`: versions under the lab's load, as a table and as a recording.

mod file;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use labkit::cli;
use labkit::recording::{Measure, Plan, Recording, Run, SCHEMA, Sample};
use serde::Deserialize;

use super::RED;
use crate::exercise;
use crate::process::{self, Ended, Output};
use crate::provenance;
use crate::say;
use crate::table::{self, Align};
use crate::terminal::{self, Bar, Paint};
use crate::version;
use crate::workspace::{Lab, Workspace};

/// A generator that is later than this, in milliseconds, has measured itself.
const LATE: f64 = 25.0;

/// One line of what a lab's program prints during a load.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Plan(Plan),
    Samples(Vec<Sample>),
    Run(Run),
}

/// What `describe` says of the load.
#[derive(Debug, Deserialize)]
struct Description {
    #[serde(default)]
    load: Vec<String>,
}

/// One measured version, or the exit code to end with.
enum Measured {
    Run(Box<(Plan, Run)>),
    Ended(ExitCode),
}

/// Measures `versions` of `lab`, and with `record` keeps the result.
///
/// # Errors
/// When there is no such version, or the recording cannot be written.
pub fn run(
    workspace: &Workspace,
    lab: &Lab,
    versions: &[String],
    record: bool,
) -> Result<ExitCode> {
    let mut wanted = Vec::new();
    for name in versions {
        let version = version::named(lab, name)?;
        if !wanted.contains(&version) {
            wanted.push(version);
        }
    }
    if record && !wanted.is_empty() {
        for version in ["broken", "fixed"] {
            ensure!(
                wanted.iter().any(|w| w == version),
                "a recording needs {version}: name it too, or name no version"
            );
        }
    }
    let exercise = if wanted.iter().any(|w| w == "exercise") {
        "exercise"
    } else {
        "broken"
    };
    let Some(program) = super::build(workspace, lab, exercise)? else {
        return Ok(ExitCode::from(RED));
    };
    if wanted.is_empty() {
        wanted = planned(&program)?;
    }
    // What it is made from is read first: the sources may change meanwhile.
    let made = if record {
        Some(provenance::here(&workspace.root)?)
    } else {
        None
    };

    let mut plan = None;
    let mut runs = Vec::new();
    for version in &wanted {
        match measure(&program, version)? {
            Measured::Ended(code) => return Ok(code),
            Measured::Run(result) => {
                let (its, run) = *result;
                ensure!(
                    plan.get_or_insert_with(|| its.clone()) == &its,
                    "version {version} was measured by another plan than the one before"
                );
                runs.push(run);
            }
        }
    }
    let plan = plan.context("no version to measure")?;
    print(&plan, &runs);
    let late: Vec<&str> = runs
        .iter()
        .filter(|run| run.generator_late_p99_ms > LATE)
        .map(|run| run.version.as_str())
        .collect();
    if !late.is_empty() {
        let kept = if record { " Nothing was recorded." } else { "" };
        terminal::complain(format_args!(
            "void: {}: the generator itself sent more than {LATE} ms late. Close other programs \
             and measure again.{kept}",
            late.join(", ")
        ));
        return Ok(ExitCode::from(RED));
    }
    if let Some(made) = made {
        let path = lab.dir.join("recording.json");
        let recording = Recording {
            schema: SCHEMA,
            lab: lab.id.clone(),
            made,
            plan,
            runs,
        };
        exercise::replace(&path, &file::text(&recording)?)?;
        say!();
        say!("Recorded in {}", exercise::shown(&path, &workspace.root));
    }
    Ok(ExitCode::SUCCESS)
}

/// The versions that the lab's figure shows.
fn planned(program: &Path) -> Result<Vec<String>> {
    let output = process::command(program)
        .args([cli::LAB, "describe"])
        .output();
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    let description: Description = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{} describe printed no description", program.display()))?;
    if description.load.is_empty() {
        return Ok(["broken", "fixed"].map(str::to_owned).to_vec());
    }
    Ok(description.load)
}

fn measure(program: &Path, version: &str) -> Result<Measured> {
    let mut command = process::command(program);
    command.args([cli::LAB, "load", version]);
    let (mut plan, mut run): (Option<Plan>, Option<Run>) = (None, None);
    let mut bar = None;
    let mut take = |line: &str| {
        let line: Line = serde_json::from_str(line)
            .with_context(|| format!("the lab's program printed `{line}`"))?;
        match line {
            Line::Plan(its) => {
                bar = Some(Bar::load(version, its.seconds));
                plan = Some(its);
            }
            Line::Samples(samples) => {
                let second = samples.iter().map(|sample| sample.t).fold(0.0, f64::max);
                if let (Some(bar), Some(plan)) = (&mut bar, &plan) {
                    bar.second(second, plan.seconds);
                }
            }
            Line::Run(its) => run = Some(its),
        }
        Ok(())
    };
    let ended = process::supervise(command, Output::Lines(&mut take))?;
    drop(bar);
    match ended {
        Ended::Stopped { code } => Ok(Measured::Ended(ExitCode::from(code))),
        Ended::Itself(status) if !status.success() => {
            terminal::complain(format_args!("the load on {version} ended: {status}"));
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Ok(Measured::Ended(ExitCode::from(code.unwrap_or(RED))))
        }
        Ended::Itself(_) => match (plan, run) {
            (Some(plan), Some(run)) => Ok(Measured::Run(Box::new((plan, run)))),
            _ => bail!("the load on {version} ended without a result"),
        },
    }
}

fn print(plan: &Plan, runs: &[Run]) {
    let unit = match plan.measure {
        Measure::LatencyMs => " ms",
        Measure::Count => "",
    };
    let mut heading = vec![
        "version".to_owned(),
        "requests".to_owned(),
        "failed".to_owned(),
        "timed out".to_owned(),
        format!("p50{unit}"),
        format!("p99{unit}"),
        format!("worst{unit}"),
        "work done".to_owned(),
        "per second".to_owned(),
        "late p99 ms".to_owned(),
    ];
    heading.extend(plan.counts.clone());
    let rows = runs.iter().map(|run| {
        let sum = &run.summary;
        let mut row = vec![
            run.version.clone(),
            sum.requests.to_string(),
            sum.failed.to_string(),
            sum.timed_out.to_string(),
            format!("{:.1}", sum.p50),
            format!("{:.1}", sum.p99),
            format!("{:.1}", sum.max),
            format!("{}/{}", run.work.done, run.work.sent),
            format!("{:.1}", run.work.per_second),
            format!("{:.1}", run.generator_late_p99_ms),
        ];
        if plan.counts.is_some() {
            row.push(run.counted.map_or_else(String::new, |n| n.to_string()));
        }
        row
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    let mut align = vec![Align::Right; rows[0].len()];
    align[0] = Align::Left;
    let paint = Paint::stdout();
    say!("{}", paint.bold(&plan.title));
    say!(
        "{} at {}/s for {} s; {} from {} to {} s; promised within {} ms; profile dev",
        plan.probe,
        plan.probes_per_second,
        plan.seconds,
        plan.load.label,
        plan.load.from,
        plan.load.to,
        plan.budget_ms
    );
    say!();
    for line in table::lines(&align, &rows) {
        say!("{line}");
    }
    say!();
    say!(
        "Latency counts from when a request was due. \"work\" is {}.",
        plan.load.request
    );
    say!("\"late\" is how late the generator itself sent; above {LATE} a run is void.");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn the_lines_of_a_load_are_understood() {
        let line: Line = serde_json::from_str(r#"{"samples":[[0.1,2.0,200]]}"#).unwrap();
        assert!(matches!(line, Line::Samples(samples) if samples.len() == 1));
    }

    #[test]
    fn a_recording_needs_both_ends() {
        let fixture = Fixture::new();
        let only = ["fixed".to_owned()];
        let error = run(&fixture.workspace, fixture.lab(), &only, true).unwrap_err();
        assert!(error.to_string().contains("needs broken"), "{error}");
    }
}
