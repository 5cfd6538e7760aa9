//! The proof: the transcripts of broken and fixed, side by side.

use std::fmt::Write as _;

use anyhow::Result;

use crate::book::html::{block, esc};
use crate::book::snapshot::{Outcome, Snapshot, claim};
use crate::workspace::Lab;

/// Draws the pair.
pub fn draw(lab: &Lab) -> Result<String> {
    let mut cards = String::new();
    for (version, name) in [("broken", "Broken"), ("fixed", "Fixed")] {
        let snapshot = Snapshot::read(lab, version)?;
        let holds = snapshot.claims.len() - snapshot.failed().count();
        let _ = write!(
            cards,
            "<div class=\"card s-{version}\">\n\
             <p class=\"card-head\"><b>{name}</b> <code>tests/snapshots/{version}.snap</code> \
             <span class=\"card-count\">{holds} of {} claims hold</span></p>\n\
             <pre class=\"snap\" tabindex=\"0\" role=\"region\" aria-label=\"Transcript of lab {}, {version}\">{}</pre>\n\
             </div>\n",
            snapshot.claims.len(),
            esc(&lab.id),
            transcript(&snapshot.lines)
        );
    }
    Ok(block(&format!(
        "<figure class=\"lab-proof wide\">\n\
         <figcaption><strong>Transcripts of broken and fixed</strong> \
         <span class=\"lab-state\">compared by {}</span></figcaption>\n\
         <div class=\"cards\">\n{cards}</div>\n\
         </figure>",
        super::command(&format!("cargo test -p {}", lab.package))
    )))
}

fn transcript(lines: &[String]) -> String {
    let mut out = String::new();
    for line in lines {
        let class = match claim(line) {
            Some((Outcome::Holds, _)) => "row good",
            Some(_) => "row bad",
            None if line.starts_with("# ") => "row phase-line",
            None => "row",
        };
        let _ = writeln!(out, r#"<span class="{class}">{}</span>"#, esc(line));
    }
    out.trim_end().to_owned()
}
