//! The incident card: what a reader in trouble needs, in twelve lines.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::Surroundings;
use crate::book::front_matter::{ChapterFront, NotThis};
use crate::book::html::{block, esc, inline, plain};
use crate::workspace::Lab;

/// Characters of a row in a window of 1280 pixels, in the widest of the fonts
/// that a system may have.
const COLUMNS: usize = 74;
/// What the button beside a command takes of them.
const BUTTON: usize = 7;

/// Draws the card.
pub fn draw(around: &Surroundings<'_>, lab: &Lab) -> Result<String> {
    let front = around
        .chapters
        .get(&lab.id)
        .with_context(|| format!("no chapter has `lab = \"{}\"` in its front matter", lab.id))?;
    let mut rows = String::new();
    let mut row = |class: &str, term: &str, text: String| {
        let _ = writeln!(
            rows,
            r#"<div class="card-{class}"><dt>{term}</dt><dd>{text}</dd></div>"#
        );
    };
    let symptoms: Vec<_> = front.symptoms.iter().map(|s| inline(s)).collect();
    row(
        "see",
        "You see",
        symptoms.join(r#"<span class="card-or"> · </span>"#),
    );
    row(
        "confirm",
        "Confirm in one minute",
        format!(
            r#"<code class="lab-command">{}</code> <span>{}</span>"#,
            esc(&front.confirm.command),
            inline(&front.confirm.decides)
        ),
    );
    row(
        "aid",
        "First aid now",
        format!(
            r#"{} <span class="card-risk"><b>Risk:</b> {}</span>"#,
            inline(&front.first_aid.action),
            inline(&front.first_aid.risk)
        ),
    );
    if !front.not_this.is_empty() {
        let others: Vec<_> = front.not_this.iter().map(|n| other(around, n)).collect();
        row(
            "other",
            "Not this?",
            others.join(r#"<span class="card-or"> · </span>"#),
        );
    }
    row("applies", "Applies to", inline(&front.applies_to));
    row(
        "go",
        "Go to",
        r##"<a href="#the-fix">the fix</a> · <a href="#half-fixes">fixes that do not work</a> · <a href="#the-proof">the proof</a> · <a href="#your-turn">your turn</a>"##
            .to_owned(),
    );
    Ok(block(&format!(
        "<section class=\"lab-card\" aria-label=\"Incident card of lab {}\">\n\
         <dl>\n{rows}</dl>\n</section>",
        esc(&lab.id)
    )))
}

fn other(around: &Surroundings<'_>, other: &NotThis) -> String {
    let name = format!("{} {}", esc(&other.lab), inline(&other.name));
    let symptom = inline(&other.symptom);
    match around.paths.get(&other.lab) {
        Some(path) => {
            format!(
                r#"{symptom}: <a href="{}{}">{name}</a>"#,
                around.to_root,
                esc(path)
            )
        }
        None => format!("{symptom}: {name}"),
    }
}

/// How many lines the card has at the width of a page.
pub fn lines(front: &ChapterFront) -> usize {
    let rows = [
        front
            .symptoms
            .iter()
            .map(|s| plain(s))
            .collect::<Vec<_>>()
            .join(" · "),
        format!(
            "{} {} {}",
            front.confirm.command,
            " ".repeat(BUTTON),
            plain(&front.confirm.decides)
        ),
        format!(
            "{} Risk: {}",
            plain(&front.first_aid.action),
            plain(&front.first_aid.risk)
        ),
        front
            .not_this
            .iter()
            .map(|n| format!("{}: {} {}", plain(&n.symptom), n.lab, plain(&n.name)))
            .collect::<Vec<_>>()
            .join(" · "),
        plain(&front.applies_to),
        "the links".to_owned(),
    ];
    rows.iter()
        .map(|row| row.chars().count().div_ceil(COLUMNS))
        .sum()
}
