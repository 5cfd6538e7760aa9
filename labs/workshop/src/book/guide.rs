//! The facilitator's view of each lab: what to ask, show and note, the
//! claims, the question with its answer, and the half-fixes to vote on.

use std::fmt::Write as _;

use super::agenda::Plan;
use super::directive;
use super::figures;
use super::front_matter::ChapterFront;
use super::indexes::Entry;
use super::markdown::{self, Heading};
use super::snapshot::{Outcome, Snapshot};
use crate::workspace::Lab;

/// One section for each chapter.
///
/// # Errors
/// When a chapter or a file of its lab lacks what a section is made from.
pub fn draw(
    plan: &Plan,
    labs: &[Lab],
    chapters: &[Entry<'_>],
    to_root: &str,
) -> Result<String, String> {
    let mut out = String::new();
    for entry in chapters {
        let Some(front) = entry.page.front.as_ref().and_then(|f| f.chapter()) else {
            continue;
        };
        // A lab that is missing has been reported.
        let Some(lab) = labs.iter().find(|lab| lab.id == front.lab) else {
            continue;
        };
        section(plan, lab, front, entry, to_root, &mut out)
            .map_err(|why| format!("{}: {why}", entry.page.file))?;
    }
    Ok(out)
}

fn section(
    plan: &Plan,
    lab: &Lab,
    front: &ChapterFront,
    entry: &Entry<'_>,
    to_root: &str,
    out: &mut String,
) -> Result<(), String> {
    let id = &lab.id;
    let notes = plan
        .notes(id)
        .ok_or_else(|| format!("nothing to say of lab {id}"))?;
    let claims = figures::claims(lab).map_err(|e| format!("{e:#}"))?;
    let question = Question::read(entry.page.body())?;
    let _ = write!(
        out,
        "\n## {} {{#lead-{id}}}\n\n\
         [Read the chapter]({to_root}{}). To talk it through takes {} minutes, \
         the exercise {}.\n\n\
         - **Ask.** {}\n- **Demo.** {}\n- **Note.** {}\n\n{claims}\n\
         ### Predict {{#predict-{id}}}\n\n{}\n>\n> **Answer.**\n>\n{}\n\n\
         ### Half-fixes {{#half-fixes-{id}}}\n\n\
         | Half-fix | The chapter says first | Claims that fail |\n|---|---|---|\n",
        entry.name,
        entry.path,
        front.minutes,
        front.lab_minutes,
        notes.ask.get_ref(),
        notes.demo.get_ref(),
        notes.note.get_ref(),
        quoted(question.ask),
        quoted(question.answer),
    );
    for (name, sentence) in half_fixes(entry.page.body())? {
        let snapshot =
            Snapshot::read(lab, &format!("half-fix-{name}")).map_err(|e| format!("{e:#}"))?;
        let _ = writeln!(
            out,
            "| `{name}` | {} | {} |",
            sentence.replace('|', "\\|"),
            failed(&snapshot)
        );
    }
    Ok(())
}

/// What stands under a heading, up to the next that is not below it.
fn under<'a>(body: &'a str, heads: &[Heading], n: usize) -> &'a str {
    let end = heads[n + 1..]
        .iter()
        .find(|h| h.level <= heads[n].level)
        .map_or(body.len(), |h| h.at);
    let text = &body[heads[n].at..end];
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

struct Question<'a> {
    ask: &'a str,
    answer: &'a str,
}

impl<'a> Question<'a> {
    /// The section `Predict`.
    fn read(body: &'a str) -> Result<Self, String> {
        let heads = markdown::outline(body).headings;
        let text = heads
            .iter()
            .position(|h| h.level == 2 && h.text == "Predict")
            .map(|n| under(body, &heads, n))
            .ok_or("no section `Predict`")?;
        let parts = text.split_once("<details>").and_then(|(ask, rest)| {
            let (_, rest) = rest.split_once("</summary>")?;
            let (answer, _) = rest.split_once("</details>")?;
            Some(Self {
                ask: ask.trim(),
                answer: answer.trim(),
            })
        });
        parts.ok_or_else(|| "`Predict` has no folded answer".to_owned())
    }
}

/// The half-fixes in the order of the chapter, each with its first sentence.
fn half_fixes(body: &str) -> Result<Vec<(String, String)>, String> {
    let heads = markdown::outline(body).headings;
    let start = heads
        .iter()
        .position(|h| h.level == 2 && h.text == "Half-fixes")
        .ok_or("no section `Half-fixes`")?;
    heads
        .iter()
        .enumerate()
        .skip(start + 1)
        .take_while(|(_, head)| head.level > 2)
        .filter(|(_, head)| head.level == 3)
        .map(|(n, head)| {
            let mut text = under(body, &heads, n).to_owned();
            let found: Vec<_> = directive::find(&text)
                .into_iter()
                .map(|found| found.range)
                .collect();
            for range in found.into_iter().rev() {
                text.replace_range(range, "");
            }
            let sentence = first_sentence(text.trim());
            if sentence.is_empty() {
                return Err(format!("half-fix `{}` has no text", head.text));
            }
            Ok((head.text.clone(), sentence))
        })
        .collect()
}

/// Up to the first full stop, question mark or end of the paragraph; those in
/// code spans do not count.
fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut code = false;
    for (at, c) in paragraph.char_indices() {
        let end = at + c.len_utf8();
        match c {
            '`' => code = !code,
            '.' | '?'
                if !code && (paragraph[end..].is_empty() || paragraph[end..].starts_with(' ')) =>
            {
                return paragraph[..end].to_owned();
            }
            _ => {}
        }
    }
    paragraph
}

/// As a quotation.
fn quoted(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("> {line}").trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// Which of the claims a version fails, by their numbers.
fn failed(snapshot: &Snapshot) -> String {
    let numbers = |wanted: Outcome| {
        let numbers: Vec<String> = snapshot
            .claims
            .iter()
            .enumerate()
            .filter(|(_, (outcome, _))| *outcome == wanted)
            .map(|(n, _)| (n + 1).to_string())
            .collect();
        numbers.join(", ")
    };
    let (fails, skipped) = (numbers(Outcome::Fails), numbers(Outcome::NotReached));
    if skipped.is_empty() {
        fails
    } else {
        format!("{fails}; not reached: {skipped}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "# T\n\n## Predict\n\nHow many?\n\nAnd now?\n\n<details>\n\
        <summary>Answer</summary>\n\nHalf.\n\n</details>\n\n## Half-fixes\n\nAll of them.\n\n\
        ### `one`\n\n{{#lab 01 half-fix one}}\n\nIt calls `a. b` and\nends. More.\n\n\
        ### `two`\n\n{{#lab 01 half-fix two}}\n\nNo stop\n\nNext.\n\n## The proof\n\n### No\n";

    #[test]
    fn question_and_half_fixes_are_read_from_the_chapter() {
        let question = Question::read(BODY).unwrap();
        assert_eq!(quoted(question.ask), "> How many?\n>\n> And now?");
        assert_eq!(question.answer, "Half.");
        assert_eq!(
            half_fixes(BODY).unwrap(),
            [
                ("one".to_owned(), "It calls `a. b` and ends.".to_owned()),
                ("two".to_owned(), "No stop".to_owned()),
            ]
        );
    }

    #[test]
    fn a_chapter_that_lacks_a_part_is_refused() {
        assert!(Question::read(&BODY.replace("</details>", "")).is_err());
        assert!(Question::read(&BODY.replace("## Predict", "## Guess")).is_err());
        assert!(half_fixes(&BODY.replace("## Half-fixes", "## Ideas")).is_err());
        let silent = BODY.replace("No stop\n\nNext.\n", "");
        let error = half_fixes(&silent).unwrap_err();
        assert_eq!(error, "half-fix `two` has no text");
    }

    #[test]
    fn claims_that_fail_are_numbered() {
        let text = "---\nsource: x\n---\n✗ fails: a\n✓ holds: b\n✗ fails: c\n– not reached: d\n";
        let snapshot = Snapshot::parse(text).unwrap();
        assert_eq!(failed(&snapshot), "1, 3; not reached: 4");
    }
}
