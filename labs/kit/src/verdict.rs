//! What a learner reads when an exercise was judged: at most 25 lines.

use std::fmt::Write;

use similar::TextDiff;

use crate::lab::{Kind, Lab, Version};
use crate::proof::snapshot::body_of;
use crate::run::Outcome;
use crate::transcript::{Finding, Judged, fold};

/// The most lines that a verdict may have.
pub const LINES: usize = 25;

/// Claims that are explained in full; the rest is counted.
const EXPLAINED: usize = 3;

/// The verdict on an exercise that does not hold every claim.
#[must_use]
pub fn not_yet(lab: &Lab, exercise: &Version, outcome: &Outcome) -> String {
    let claims = outcome.transcript.claims();
    let holding = claims
        .iter()
        .filter(|c| c.finding == Finding::Holds)
        .count();
    let mut out = String::new();
    let mut say = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{line}");
    };
    say(&format!(
        "Exercise {}: not yet. {holding} of {} claims hold.",
        lab.id,
        claims.len()
    ));
    let failing: Vec<&Judged> = claims
        .iter()
        .filter(|c| c.finding == Finding::Fails)
        .collect();
    for judged in failing.iter().take(EXPLAINED) {
        say("");
        say(&format!("✗ {}", judged.claim.promise));
        explain("happened", &judged.because, 1, &mut say);
        explain("matters", judged.claim.matters, 2, &mut say);
    }
    if failing.len() > EXPLAINED {
        say(&format!("✗ and {} more", failing.len() - EXPLAINED));
    }
    if let Some(cause) = &outcome.stopped {
        say("");
        explain("stopped", cause, 2, &mut say);
        let unreached = claims
            .iter()
            .filter(|c| c.finding == Finding::NotReached)
            .count();
        explain(
            "so",
            &format!("{unreached} claims were not reached"),
            1,
            &mut say,
        );
    }
    if let Some(panic) = outcome.panics.first() {
        explain("panic", panic, 2, &mut say);
    }
    say("");
    if let Some(known) = recognise(lab, exercise, outcome) {
        for line in fold(&known, "", "", 76) {
            say(&line);
        }
    }
    say(&format!(
        "Next: edit {}/src/exercise.rs, then cargo test -p lab-{}",
        lab.folder(),
        lab.id
    ));
    say(&format!("Stuck? cargo lab hint {}", lab.id));
    out
}

fn explain(label: &str, text: &str, most: usize, say: &mut impl FnMut(&str)) {
    let first = format!("  {label:<9}");
    let mut lines = fold(text, &first, &" ".repeat(first.len()), 78);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    for line in lines {
        say(&line);
    }
}

/// Names the version that the service cannot be told from, by its committed
/// transcript. Of several, the one whose source is the nearest comes first.
fn recognise(lab: &Lab, exercise: &Version, outcome: &Outcome) -> Option<String> {
    let text = outcome.transcript.text();
    let mut alike: Vec<(f32, &Version)> = lab
        .versions
        .iter()
        .filter(|v| matches!(v.kind, Kind::Broken | Kind::HalfFix))
        .filter(|v| body_of(lab, v).is_some_and(|body| body.trim() == text.trim()))
        .map(|v| (nearness(v.source, exercise.source), v))
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (_, nearest) = alike.first()?;
    let others: Vec<String> = alike
        .iter()
        .skip(1)
        .filter(|(_, v)| v.kind == Kind::HalfFix)
        .take(2)
        .map(|(_, v)| format!("`{}`", v.name))
        .collect();
    Some(match nearest.kind {
        Kind::Broken => "To a client this is still broken.rs.".to_owned(),
        _ if others.is_empty() => {
            format!("This is what the half-fix `{}` does.", nearest.name)
        }
        _ => format!(
            "This is what the half-fix `{}` does (to a client, {} too).",
            nearest.name,
            others.join(" and ")
        ),
    })
}

/// How alike two sources are, from 0 to 1, without comments and white space.
fn nearness(a: &str, b: &str) -> f32 {
    let code = |source: &str| -> String {
        source
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .fold(String::new(), |all, line| all + line + "\n")
    };
    TextDiff::from_words(code(a).as_str(), code(b).as_str()).ratio()
}
