//! `ci/bench`: what a learner waits for, as a Markdown table.
//!
//! Everything is measured on the copy that the tests use, so that the tree
//! itself stays as it is.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result};
use book_tests::pages::Site;
use book_tests::{Copy, Lab, ran};
use labkit::recording::{Recording, Run};

const USAGE: &str = "\
Measures what a learner waits for, and prints a Markdown table.

  ci/bench          from an edit to the verdict, the book's build, its pages'
                    weight, the ratios in the labs' recordings, and what a
                    meter costs
  ci/bench --cold   also builds from an empty target folder, which takes minutes

Close other programs first. Times are medians of 5, cold builds single runs.";

/// Runs of which the median is taken.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let cold = match words[..] {
        [] => false,
        ["--cold"] => true,
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!(
                "error: `{}` is no option of ci/bench\n\n{USAGE}",
                words.join(" ")
            );
            return ExitCode::from(2);
        }
    };
    match measure(cold) {
        Ok(rows) => {
            println!("| what | result | how |\n|---|---:|---|");
            for Row { what, result, how } in rows {
                println!("| {what} | {result} | {how} |");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

struct Row {
    what: String,
    result: String,
    how: String,
}

fn row(what: impl Into<String>, result: impl Into<String>, how: impl Into<String>) -> Row {
    Row {
        what: what.into(),
        result: result.into(),
        how: how.into(),
    }
}

fn measure(cold: bool) -> Result<Vec<Row>> {
    let copy = Copy::take()?;
    let labs = copy.repository.labs()?;
    let mut rows = Vec::new();
    for lab in &labs {
        let times = verdicts(&copy, lab)?;
        let how = format!("`cargo test -p lab-{}`, {}", lab.id, spread(&times));
        rows.push(row(
            format!("edit to verdict, lab {}", lab.id),
            seconds(median(&times)),
            how,
        ));
    }
    copy.refresh()?;
    let (times, site) = book(&copy)?;
    rows.push(row(
        "the book",
        seconds(median(&times)),
        format!("`build`, {}", spread(&times)),
    ));
    for lab in &labs {
        let (file, bytes) = weight(&site, lab)?;
        let how = format!("{file} with its style sheets and scripts, gzipped");
        let result = format!("{:.1} KiB", bytes as f64 / 1024.0);
        rows.push(row(format!("page of lab {}", lab.id), result, how));
    }
    for lab in &labs {
        rows.extend(ratios(&copy, lab)?);
    }
    rows.push(meter(&copy)?);
    if cold {
        let first = format!("lab-{}", labs.first().context("a lab")?.id);
        for arguments in [
            &["test", "-p", &first, "--no-run"][..],
            &["build", "-p", "workshop"],
        ] {
            let line = format!("`cargo {}`", arguments.join(" "));
            let how = "from an empty target folder, once";
            rows.push(row(line, seconds(cold_build(&copy, arguments)?), how));
        }
    }
    Ok(rows)
}

/// Times from a save of the exercise to the verdict.
fn verdicts(copy: &Copy, lab: &Lab) -> Result<Vec<Duration>> {
    let folder = format!("tests/repairs/{}", lab.id);
    let repairs = copy.repository.stems(&folder, ".rs")?;
    let repair = repairs
        .first()
        .with_context(|| format!("no repair in {folder}"))?;
    let repair = copy.read(&format!("{folder}/{repair}.rs"))?;
    let package = format!("lab-{}", lab.id);
    let mut times = Vec::new();
    // The first run builds what was not built yet.
    for run in 0..=RUNS {
        progress(&format!("lab {}, edit {run} of {RUNS}", lab.id));
        // A line more at the top moves all the others, as an edit does.
        copy.exercise(
            lab,
            &format!("//! Edit {}.\n{}{repair}", run, "//!\n".repeat(run)),
        )?;
        let test = copy.cargo(&["test", "-q", "--locked", "-p", &package])?;
        times.push(test.ok()?.took);
    }
    Ok(times.split_off(1))
}

fn book(copy: &Copy) -> Result<(Vec<Duration>, Site)> {
    let folder = copy.target.join("book");
    let dest = folder.to_string_lossy().into_owned();
    let mut times = Vec::new();
    for run in 1..=RUNS {
        progress(&format!("the book, {run} of {RUNS}"));
        times.push(copy.workshop(&["build", "-d", &dest])?.ok()?.took);
    }
    Ok((times, Site::read(&folder, "")?))
}

/// A chapter's page, and its bytes with style sheets and scripts, gzipped.
fn weight(site: &Site, lab: &Lab) -> Result<(String, usize)> {
    let ending = format!("/{}.html", lab.name);
    let file = site.pages.keys().find(|file| file.ends_with(&ending));
    let file = file.with_context(|| format!("no page *{ending}"))?;
    Ok((file.clone(), site.weight(file)?))
}

/// What the recording of a lab says of broken and fixed.
fn ratios(copy: &Copy, lab: &Lab) -> Result<Vec<Row>> {
    let recording = Recording::parse(&copy.read(&lab.file("recording.json"))?)?;
    let run = |name: &str| {
        let run = recording.run(name);
        run.with_context(|| format!("lab {} has no recording of {name}", lab.id))
    };
    let (broken, fixed) = (run("broken")?, run("fixed")?);
    let made = &recording.made;
    let how = format!(
        "recorded {} on {}, {} cores",
        made.date, made.cpu, made.cores
    );
    let ratio = |a: f64, b: f64| {
        if b > 0.0 {
            format!("{:.2}", a / b)
        } else {
            "none".to_owned()
        }
    };
    let p99 = (broken.summary.p99, fixed.summary.p99);
    let work = (fixed.work.per_second, broken.work.per_second);
    let lost = |run: &Run| {
        let lost = run.summary.failed + run.summary.timed_out;
        format!(
            "{:.1} %",
            100.0 * lost as f64 / run.summary.requests.max(1) as f64
        )
    };
    Ok(vec![
        row(
            format!(
                "lab {}: lost of {}, broken : fixed",
                lab.id, recording.plan.probe
            ),
            format!("{} : {}", lost(broken), lost(fixed)),
            how.clone(),
        ),
        row(
            format!(
                "lab {}: p99 of {}, broken / fixed",
                lab.id, recording.plan.probe
            ),
            ratio(p99.0, p99.1),
            format!("{:.1} ms / {:.1} ms, {how}", p99.0, p99.1),
        ),
        row(
            format!("lab {}: work per second, fixed / broken", lab.id),
            ratio(work.0, work.1),
            format!("{:.1} / {:.1}, {how}", work.0, work.1),
        ),
    ])
}

/// What lab 04's meter takes from the requests per second of a page.
fn meter(copy: &Copy) -> Result<Row> {
    progress("lab 04, with and without its meter");
    let program = ["--bin", "lab-04-cost"];
    let mut cargo = copy.cargo_command(&["run", "-q", "--locked", "-p", "lab-04"]);
    cargo.args(program);
    let said = ran::run(cargo)?.ok()?.out;
    let cost: serde_json::Value = serde_json::from_str(said.trim())?;
    let number = |name: &str| cost[name].as_f64().with_context(|| format!("no {name}"));
    Ok(row(
        "lab 04: what the meter takes",
        format!("{:.1} %", number("cost_percent")?),
        format!(
            "`GET /items/teapot`, {:.0} a second without it, {:.0} with it, {} pairs of runs",
            number("without")?,
            number("with")?,
            cost["pairs"]
        ),
    ))
}

fn cold_build(copy: &Copy, arguments: &[&str]) -> Result<Duration> {
    progress(&format!("cargo {}", arguments.join(" ")));
    // Downloads are no part of a build.
    let mut fetch: Command = copy.cargo_command(&["fetch", "--locked"]);
    fetch.stdin(std::process::Stdio::null());
    ran::run(fetch)?.ok()?;
    let empty = tempfile::tempdir()?;
    let mut cargo = copy.cargo_command(arguments);
    cargo
        .args(["-q", "--locked"])
        .env("CARGO_TARGET_DIR", empty.path());
    Ok(ran::run(cargo)?.ok()?.took)
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn spread(times: &[Duration]) -> String {
    let ends = times.iter().min().zip(times.iter().max());
    let (least, most) = ends.map_or_else(Default::default, |(a, b)| (seconds(*a), seconds(*b)));
    format!("median of {}, from {least} to {most}", times.len())
}

/// On standard error, so that the table can be redirected.
fn progress(what: &str) {
    eprintln!("measuring: {what}");
}
