//! The transcript: what was done, what came back, and which claims hold.

use std::fmt;

use crate::lab::Claim;

/// The widest line of a transcript, in columns.
pub const COLUMNS: usize = 72;

/// What an experiment found out about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The promise is kept.
    Holds,
    /// The promise is broken.
    Fails,
    /// The experiment ended before it could tell.
    NotReached,
}

/// A claim and what became of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// What was found.
    pub finding: Finding,
    /// The transcript's last line before the claim was judged.
    pub because: String,
}

/// The record of one run of an experiment.
///
/// Lines start with `#` (a phase), `>` (a request), `<` (an answer), `=` (a
/// fact) or `!` (why the experiment ended early). After an empty line come
/// the claims.
#[derive(Debug, Clone)]
pub struct Transcript {
    lines: Vec<String>,
    claims: Vec<Judged>,
}

impl Transcript {
    /// An empty transcript that knows its claims.
    #[must_use]
    pub fn new(claims: &[Claim]) -> Self {
        let judged = |claim: &Claim| Judged {
            claim: *claim,
            finding: Finding::NotReached,
            because: String::new(),
        };
        Self {
            lines: Vec::new(),
            claims: claims.iter().map(judged).collect(),
        }
    }

    /// Adds a line; a long text is folded, with an indent, at [`COLUMNS`].
    pub fn line(&mut self, mark: char, text: &str) {
        self.lines
            .extend(fold(text, &format!("{mark} "), "    ", COLUMNS));
    }

    /// Judges a claim. The last line before it is kept as the reason.
    ///
    /// # Panics
    /// When the lab does not declare the claim, or it was judged before:
    /// both are mistakes of the experiment.
    pub fn claim(&mut self, claim: Claim, holds: bool) {
        let because = self.reason();
        let judged = self
            .claims
            .iter_mut()
            .find(|judged| judged.claim == claim && judged.finding == Finding::NotReached);
        let Some(judged) = judged else {
            panic!(
                "claim not declared in LAB, or judged twice: {}",
                claim.promise
            );
        };
        judged.finding = if holds {
            Finding::Holds
        } else {
            Finding::Fails
        };
        judged.because = because;
    }

    /// The last line, and the request that it answers.
    fn reason(&self) -> String {
        let Some(last) = self.lines.last() else {
            return String::new();
        };
        let text = last.trim_start_matches(['=', '<', '#', '>', ' ']);
        let request = self
            .lines
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix("> "));
        match request {
            Some(request) if last.starts_with('<') => format!("{request}: {text}"),
            _ => text.to_owned(),
        }
    }

    /// Every claim of the lab, in its order.
    #[must_use]
    pub fn claims(&self) -> &[Judged] {
        &self.claims
    }

    /// Whether every claim holds.
    #[must_use]
    pub fn all_hold(&self) -> bool {
        self.claims.iter().all(|c| c.finding == Finding::Holds)
    }

    /// The lines, claims included.
    #[must_use]
    pub fn text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "✓ holds",
            Self::Fails => "✗ fails",
            Self::NotReached => "– not reached",
        })
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        writeln!(f)?;
        for judged in &self.claims {
            writeln!(f, "{}: {}", judged.finding, judged.claim.promise)?;
        }
        Ok(())
    }
}

/// Folds `text` into lines of at most `columns`, the first with the prefix
/// `first`, the others with `rest`. A word that is too long stands alone.
#[must_use]
pub fn fold(text: &str, first: &str, rest: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        let width = line.chars().count() + word.chars().count() + usize::from(!empty);
        if !empty && width > columns {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Claim = Claim {
        promise: "it is kept",
        matters: "",
    };
    const UNSEEN: Claim = Claim {
        promise: "it is not reached",
        matters: "",
    };

    #[test]
    fn claims_stand_in_the_declared_order_after_an_empty_line() {
        let mut transcript = Transcript::new(&[UNSEEN, KEPT]);
        transcript.line('=', "a fact");
        transcript.claim(KEPT, true);
        assert_eq!(
            transcript.text(),
            "= a fact\n\n– not reached: it is not reached\n✓ holds: it is kept\n"
        );
        assert!(!transcript.all_hold());
        assert_eq!(transcript.claims()[1].because, "a fact");
    }

    #[test]
    #[should_panic(expected = "judged twice")]
    fn a_claim_is_judged_once() {
        let mut transcript = Transcript::new(&[KEPT]);
        transcript.claim(KEPT, false);
        transcript.claim(KEPT, true);
    }

    #[test]
    fn long_lines_are_folded_with_an_indent() {
        let folded = fold("one two three four", "! ", "    ", 12);
        assert_eq!(folded, ["! one two", "    three", "    four"]);
    }
}
