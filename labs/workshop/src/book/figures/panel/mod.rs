//! The panel: a recorded load run, one mark per request.
//!
//! The SVG is stretched to its box; marks are strokes that do not scale, and
//! labels are HTML placed by per cent, so both keep their size on a phone.
//! The table under it says the same in numbers.

mod plot;
mod scale;
mod table;

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use labkit::recording::{Measure, Plan, Recording, Run};
use serde_json::json;

use super::{read, shown};
use crate::book::html::{block, esc};
use crate::workspace::Lab;

/// A run as the figure draws it.
struct Series<'a> {
    run: &'a Run,
    /// Class of its colour: `broken`, `fixed`, `other-1` ….
    class: String,
    /// Name for people.
    name: String,
    mark: &'static Mark,
}

/// The shape of a request in the figure: an offset from its point, and the
/// stroke from there.
struct Mark {
    name: &'static str,
    dx: f64,
    dy: f64,
    stroke: &'static str,
}

const CROSS: Mark = Mark {
    name: "cross",
    dx: -3.2,
    dy: -4.0,
    stroke: "l6.4 8m0-8l-6.4 8",
};
const DOT: Mark = Mark {
    name: "dot",
    dx: 0.0,
    dy: 0.0,
    stroke: "h0",
};
const OTHERS: [Mark; 3] = [
    Mark {
        name: "dash",
        dx: -4.0,
        dy: 0.0,
        stroke: "h8",
    },
    Mark {
        name: "caret",
        dx: -3.6,
        dy: 3.0,
        stroke: "l3.6-7l3.6 7",
    },
    Mark {
        name: "bar",
        dx: 0.0,
        dy: -4.5,
        stroke: "v9",
    },
];

/// Draws the recording of `lab`.
pub fn draw(lab: &Lab) -> Result<String> {
    let text = read(lab, "recording.json")?;
    let recording =
        Recording::parse(&text).with_context(|| format!("in {}", shown(lab, "recording.json")))?;
    for version in ["broken", "fixed"] {
        if recording
            .run(version)
            .is_none_or(|run| run.samples.is_empty())
        {
            bail!("{} has no run of {version}", shown(lab, "recording.json"));
        }
    }
    if recording.lab != lab.id {
        bail!(
            "{} is of lab {}",
            shown(lab, "recording.json"),
            recording.lab
        );
    }
    figure(lab, &recording)
}

fn figure(lab: &Lab, recording: &Recording) -> Result<String> {
    let series = series(recording);
    let plan = &recording.plan;
    let plot = plot::draw(plan, &series);
    let table = table::draw(plan, &series);
    let data = data(lab, plan, &series)?;
    Ok(block(&format!(
        "<figure class=\"lab-live wide\" data-lab=\"{id}\">\n\
         <figcaption><strong>{title}</strong> <span class=\"lab-state\">recorded run</span></figcaption>\n\
         <div class=\"lab-controls\" hidden></div>\n\
         {plot}\n{table}\n{made}\n\
         <script type=\"application/json\" class=\"lab-data\">{data}</script>\n\
         </figure>",
        id = esc(&lab.id),
        title = esc(&plan.title),
        made = made(lab, recording),
    )))
}

/// Broken and fixed first, so that they keep shape and colour in every lab.
fn series(recording: &Recording) -> Vec<Series<'_>> {
    let mut all: Vec<Series<'_>> = Vec::new();
    let mut others = 0;
    for run in &recording.runs {
        let (class, name, mark) = match run.version.as_str() {
            "broken" => ("broken".to_owned(), "Broken".to_owned(), &CROSS),
            "fixed" => ("fixed".to_owned(), "Fixed".to_owned(), &DOT),
            version => {
                let mark = &OTHERS[others % OTHERS.len()];
                others += 1;
                (format!("other-{others}"), version.replace('_', " "), mark)
            }
        };
        all.push(Series {
            run,
            class,
            name,
            mark,
        });
    }
    all.sort_by_key(|s| match s.class.as_str() {
        "broken" => 0,
        "fixed" => 1,
        _ => 2,
    });
    all
}

/// Where the runs were made, and how to make one's own.
fn made(lab: &Lab, recording: &Recording) -> String {
    let made = &recording.made;
    let mut facts = String::new();
    for fact in [
        format!(
            "{}, {} cores, {} GiB",
            made.cpu, made.cores, made.memory_gib
        ),
        made.os.clone(),
        format!("{}, {} build", made.date, made.profile),
        format!("commit {}", made.commit),
        format!("rustc {}", made.rustc.trim_start_matches("rustc ")),
        format!("actix-web {}", made.actix_web),
    ] {
        let _ = write!(facts, "<span>{}</span> ", esc(&fact));
    }
    format!(
        "<div class=\"lab-made\"><p>Recorded on: {facts}</p>\n<p>Make your own: {}</p></div>",
        super::command(&format!("cargo lab load {} --record", lab.id))
    )
}

/// What replay and read-out need, in the page itself, so that both work
/// offline and from `file://`.
fn data(lab: &Lab, plan: &Plan, series: &[Series<'_>]) -> Result<String> {
    let runs: Vec<_> = series
        .iter()
        .map(|s| {
            json!({
                "version": s.run.version,
                "class": s.class,
                "name": s.name,
                "mark": [s.mark.dx, s.mark.dy, s.mark.stroke],
                "samples": s.run.samples,
            })
        })
        .collect();
    let data = serde_json::to_string(&json!({
        "lab": lab.id,
        "measure": plan.measure,
        "seconds": plan.seconds,
        "timeout": plan.timeout_ms,
        "runs": runs,
    }))?;
    // The one sequence that could end the element early.
    Ok(data.replace("</", "<\\/"))
}

/// A value of a sample for people.
fn value(measure: Measure, v: f64) -> String {
    match measure {
        Measure::Count => format!("{v:.0}"),
        Measure::LatencyMs if v >= 1000.0 => format!("{:.2} s", v / 1000.0),
        Measure::LatencyMs if v >= 10.0 => format!("{v:.0} ms"),
        Measure::LatencyMs => format!("{v:.1} ms"),
    }
}

#[cfg(test)]
mod tests;
