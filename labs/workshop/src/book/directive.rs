//! The directives of a chapter: `{{#lab 01 panel}}` and its kin.

use std::ops::Range;

/// A part of a page that is made from a lab's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// The incident card.
    Card,
    /// The recorded load run.
    Panel,
    /// What every version must keep.
    Contract,
    /// Broken against fixed.
    Diff,
    /// The telling part of a half-fix, and the claims that it fails.
    HalfFix(String),
    /// The snapshots of broken and fixed.
    Proof,
    /// The claims.
    Claims,
    /// The graded hints, folded.
    Hints,
    /// What a real tool printed.
    Evidence(String),
    /// The same in Express.
    Express(String),
    /// The commands that start, judge and help.
    Commands,
}

impl Figure {
    /// The word that stands for it in a directive.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Panel => "panel",
            Self::Contract => "contract",
            Self::Diff => "diff",
            Self::HalfFix(_) => "half-fix",
            Self::Proof => "proof",
            Self::Claims => "claims",
            Self::Hints => "hints",
            Self::Evidence(_) => "evidence",
            Self::Express(_) => "express",
            Self::Commands => "commands",
        }
    }
}

/// A directive that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// A figure of a lab.
    Lab {
        /// The lab's number.
        lab: String,
        /// The figure.
        figure: Figure,
    },
    /// The checklists of all chapters.
    Checklists,
    /// Symptom to chapter.
    Symptoms,
    /// Subject to chapter.
    Coverage,
    /// Which chapters there are, and which are to come.
    Chapters,
    /// From a symptom to the test that splits, and on to a chapter.
    Diagnosis,
    /// From Express to actix-web.
    Dictionary,
    /// The sessions of a workshop.
    Agenda(String),
    /// How to lead each lab.
    Facilitate,
    /// mdBook's own include of a file.
    Include {
        /// Relative to the chapter.
        path: String,
        /// Anchor or line range, as written.
        part: Option<String>,
    },
}

/// A directive as it stands in a page.
#[derive(Debug)]
pub struct Found<'a> {
    /// Where, in the body.
    pub range: Range<usize>,
    /// Its text.
    pub text: &'a str,
    /// What it means, or why it means nothing.
    pub meaning: Result<Directive, String>,
}

/// Every directive in `body`, but for those escaped by a backslash.
#[must_use]
pub fn find(body: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = body[from..].find("{{").map(|n| from + n) {
        from = at + 2;
        let inner = body[from..].trim_start_matches([' ', '\t']);
        if !inner.starts_with('#') || body[..at].ends_with('\\') {
            continue;
        }
        let line_end = body[at..].find('\n').map_or(body.len(), |n| at + n);
        let Some(end) = body[at..line_end].find("}}").map(|n| at + n + 2) else {
            found.push(Found {
                range: at..line_end,
                text: &body[at..line_end],
                meaning: Err("this directive is not closed by `}}` on its line".to_owned()),
            });
            continue;
        };
        let inner = body[at + 2..end - 2].trim().trim_start_matches('#');
        found.push(Found {
            range: at..end,
            text: &body[at..end],
            meaning: parse(inner),
        });
        from = end;
    }
    found
}

/// How often a page says `{{#` on purpose, escaped.
#[must_use]
pub fn escaped(body: &str) -> usize {
    body.matches("\\{{#").count()
}

const FIGURES: &str = "card, panel, contract, diff, half-fix NAME, proof, claims, hints, \
                       evidence NAME, express NAME, commands";

fn parse(inner: &str) -> Result<Directive, String> {
    let words: Vec<&str> = inner.split_whitespace().collect();
    match words.as_slice() {
        ["checklists"] => Ok(Directive::Checklists),
        ["symptoms"] => Ok(Directive::Symptoms),
        ["coverage"] => Ok(Directive::Coverage),
        ["chapters"] => Ok(Directive::Chapters),
        ["diagnosis"] => Ok(Directive::Diagnosis),
        ["dictionary"] => Ok(Directive::Dictionary),
        ["facilitate"] => Ok(Directive::Facilitate),
        ["agenda", name] => Ok(Directive::Agenda((*name).to_owned())),
        ["agenda", ..] => Err("`agenda` takes one argument, a name".to_owned()),
        ["include" | "rustdoc_include", path] => {
            let (path, part) = match path.split_once(':') {
                Some((path, part)) => (path, Some(part.to_owned())),
                None => (*path, None),
            };
            Ok(Directive::Include {
                path: path.to_owned(),
                part,
            })
        }
        ["lab", lab, rest @ ..] => {
            let figure = figure(rest)?;
            Ok(Directive::Lab {
                lab: (*lab).to_owned(),
                figure,
            })
        }
        ["lab"] => Err(format!("which lab, and which figure? A lab has {FIGURES}")),
        [] => Err("empty directive".to_owned()),
        [
            "checklists" | "symptoms" | "coverage" | "chapters" | "diagnosis" | "dictionary"
            | "facilitate",
            ..,
        ] => Err(format!("`{}` takes no argument", words[0])),
        ["include" | "rustdoc_include", ..] => {
            Err(format!("`{}` takes one argument, FILE:ANCHOR", words[0]))
        }
        ["title", ..] => Err("the title of a page stands in its front matter".to_owned()),
        [word, ..] => Err(format!(
            "unknown directive `{word}`: there are lab, checklists, symptoms, coverage, \
             chapters, diagnosis, dictionary, agenda, facilitate and include"
        )),
    }
}

fn figure(words: &[&str]) -> Result<Figure, String> {
    match words {
        ["card"] => Ok(Figure::Card),
        ["panel"] => Ok(Figure::Panel),
        ["contract"] => Ok(Figure::Contract),
        ["diff"] => Ok(Figure::Diff),
        ["proof"] => Ok(Figure::Proof),
        ["claims"] => Ok(Figure::Claims),
        ["hints"] => Ok(Figure::Hints),
        ["commands"] => Ok(Figure::Commands),
        ["half-fix", name] => Ok(Figure::HalfFix((*name).to_owned())),
        ["evidence", name] => Ok(Figure::Evidence((*name).to_owned())),
        ["express", name] => Ok(Figure::Express((*name).to_owned())),
        ["half-fix" | "evidence" | "express", ..] => {
            Err(format!("`{}` takes one argument, a name", words[0]))
        }
        [
            word @ ("card" | "panel" | "contract" | "diff" | "proof" | "claims" | "hints"
            | "commands"),
            ..,
        ] => Err(format!("`{word}` takes no argument")),
        [word, ..] => Err(format!("unknown figure `{word}`: a lab has {FIGURES}")),
        [] => Err(format!("which figure? A lab has {FIGURES}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(text: &str) -> Result<Directive, String> {
        find(text).remove(0).meaning
    }

    #[test]
    fn figures_are_understood() {
        assert_eq!(
            meaning("{{#lab 01 half-fix async_block}}"),
            Ok(Directive::Lab {
                lab: "01".into(),
                figure: Figure::HalfFix("async_block".into())
            })
        );
        assert_eq!(
            meaning("{{#include ../labs/x.rs:part}}"),
            Ok(Directive::Include {
                path: "../labs/x.rs".into(),
                part: Some("part".into())
            })
        );
    }

    #[test]
    fn mistakes_are_explained() {
        for (text, why) in [
            ("{{#lab 01 chart}}", "unknown figure `chart`"),
            ("{{#lab 01 card now}}", "`card` takes no argument"),
            ("{{#lab 01 half-fix}}", "`half-fix` takes one argument"),
            ("{{#lab}}", "which lab"),
            ("{{#lab 01}}", "which figure?"),
            ("{{#agendum}}", "unknown directive `agendum`"),
            ("{{#agenda}}", "`agenda` takes one argument"),
            ("{{#facilitate 01}}", "`facilitate` takes no argument"),
            ("{{#diagnosis 01}}", "`diagnosis` takes no argument"),
            ("{{#title x}}", "front matter"),
            ("{{#lab 01 card", "not closed"),
        ] {
            let error = meaning(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn escaped_directives_are_left_alone() {
        assert!(find("say `\\{{#lab 01 card}}` to get one").is_empty());
        assert_eq!(escaped("say `\\{{#lab 01 card}}`"), 1);
    }
}
