//! What a learner starts from: contract, claims, hints, commands.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::{read, shown};
use crate::book::html::{block, esc};
use crate::book::snapshot::Snapshot;
use crate::workspace::Lab;

/// What every version must keep; the manifest has it in Markdown.
pub fn contract(lab: &Lab) -> String {
    format!(
        "\n<div class=\"lab-contract\">\n<p class=\"lab-label\">The contract</p>\n\n{}\n\n</div>\n",
        lab.contract
    )
}

/// The claims, from the transcript of the fixed version.
pub fn claims(lab: &Lab) -> Result<String> {
    let snapshot = Snapshot::read(lab, "fixed")?;
    let mut items = String::new();
    for (_, words) in &snapshot.claims {
        let _ = writeln!(items, "<li>{}</li>", esc(words));
    }
    Ok(block(&format!(
        "<p class=\"lab-label\">The claims: each of them must hold</p>\n\
         <ol class=\"lab-claims\" aria-label=\"Claims\">\n{items}</ol>"
    )))
}

/// Three graded hints, each folded.
pub fn hints(lab: &Lab) -> Result<String> {
    let text = read(lab, "hints.md")?;
    let mut out = String::new();
    let mut count = 0;
    for part in text
        .split("\n## ")
        .flat_map(|part| part.strip_prefix("## ").or(Some(part)))
    {
        let Some((heading, body)) = part.split_once('\n') else {
            continue;
        };
        let Some((number, name)) = heading.split_once(". ") else {
            continue;
        };
        count += 1;
        if number.trim() != count.to_string() {
            bail!(
                "{}: hint {count} is headed `## {heading}`",
                shown(lab, "hints.md")
            );
        }
        // Blank lines around the body, so that it is read as Markdown.
        let _ = write!(
            out,
            "\n<details class=\"lab-hint\"><summary>Hint {count} of 3: {}</summary>\n\n{}\n\n</details>\n",
            esc(&lower_first(name.trim())),
            body.trim()
        );
    }
    if count != 3 {
        bail!(
            "{} has {count} hints: there are three, headed `## 1. Where to look`, \
             `## 2. The mechanism`, `## 3. The name of the tool`",
            shown(lab, "hints.md")
        );
    }
    Ok(out)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// The commands of an exercise.
pub fn commands(lab: &Lab) -> String {
    let id = &lab.id;
    let package = &lab.package;
    let rows = [
        (
            format!("cargo lab start {id}"),
            "what to edit, the contract, and the claims that fail",
        ),
        (
            format!("cargo lab watch {id}"),
            "the verdict, again on each save",
        ),
        (format!("cargo test -p {package}"), "the verdict, once"),
        (format!("cargo lab hint {id}"), "the next of three hints"),
    ];
    let mut out =
        String::from("<p class=\"lab-label\">The commands</p>\n<dl class=\"lab-commands\">\n");
    for (command, does) in rows {
        let _ = writeln!(
            out,
            "<div><dt>{}</dt><dd>{does}</dd></div>",
            super::command(&command)
        );
    }
    out.push_str("</dl>");
    block(&out)
}
