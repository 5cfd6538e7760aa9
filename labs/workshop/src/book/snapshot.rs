//! A committed transcript of a version, as insta keeps it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::problem::Problems;
use crate::workspace::Lab;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `✓ holds`.
    Holds,
    /// `✗ fails`.
    Fails,
    /// `– not reached`.
    NotReached,
}

/// A transcript and its claims.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The transcript's lines, claims included.
    pub lines: Vec<String>,
    /// The claims in their order, with the index of their line.
    pub claims: Vec<(Outcome, String)>,
}

/// The outcome and the words of a line that is a claim.
#[must_use]
pub fn claim(line: &str) -> Option<(Outcome, &str)> {
    [
        ("✓ holds: ", Outcome::Holds),
        ("✗ fails: ", Outcome::Fails),
        ("– not reached: ", Outcome::NotReached),
    ]
    .into_iter()
    .find_map(|(mark, outcome)| Some((outcome, line.strip_prefix(mark)?)))
}

impl Snapshot {
    /// Where the snapshot of `version` is kept: `broken`, `fixed` or
    /// `half-fix-NAME`.
    #[must_use]
    pub fn path(lab: &Lab, version: &str) -> PathBuf {
        lab.dir
            .join("tests/snapshots")
            .join(format!("{version}.snap"))
    }

    /// Reads the snapshot of `version`.
    ///
    /// # Errors
    /// When it is missing, or is no snapshot with claims.
    pub fn read(lab: &Lab, version: &str) -> Result<Self> {
        let path = Self::path(lab, version);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Reads a snapshot from its text.
    ///
    /// # Errors
    /// When it is no snapshot with claims.
    pub fn parse(text: &str) -> Result<Self> {
        // insta heads the transcript with YAML between two `---` lines.
        let body = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .map(|(_, body)| body);
        let Some(body) = body else {
            bail!("no header between `---` lines: is this an insta snapshot?");
        };
        let lines: Vec<String> = body.trim_end().lines().map(str::to_owned).collect();
        let claims: Vec<_> = lines
            .iter()
            .filter_map(|line| claim(line).map(|(outcome, words)| (outcome, words.to_owned())))
            .collect();
        if claims.is_empty() {
            bail!(
                "no claim: a transcript ends with lines that begin with `✓ holds: ` or `✗ fails: `"
            );
        }
        Ok(Self { lines, claims })
    }

    /// The words of the claims that do not hold.
    pub fn failed(&self) -> impl Iterator<Item = (Outcome, &str)> {
        self.claims
            .iter()
            .filter(|(outcome, _)| *outcome != Outcome::Holds)
            .map(|(outcome, words)| (*outcome, words.as_str()))
    }
}

/// Checks that a lab's snapshots tell one story: the same claims in each, all
/// of them holding for fixed, none idle.
pub fn check(root: &Path, lab: &Lab, problems: &mut Problems) {
    let shown = |version: &str| {
        let path = Snapshot::path(lab, version);
        path.strip_prefix(root)
            .unwrap_or(&path)
            .display()
            .to_string()
    };
    let mut versions = vec!["broken".to_owned(), "fixed".to_owned()];
    match lab.half_fixes() {
        Ok(names) => versions.extend(names.iter().map(|name| format!("half-fix-{name}"))),
        Err(error) => problems.add(&shown("broken"), 1, format!("{error:#}")),
    }
    let mut read = Vec::new();
    for version in &versions {
        match Snapshot::read(lab, version) {
            Ok(snapshot) => read.push((version, snapshot)),
            Err(error) => problems.add(&shown(version), 1, format!("{:#}", error.root_cause())),
        }
    }
    let Some((_, fixed)) = read.iter().find(|(version, _)| *version == "fixed") else {
        return;
    };
    for (version, snapshot) in &read {
        let words = |s: &Snapshot| s.claims.iter().map(|c| c.1.clone()).collect::<Vec<_>>();
        if words(snapshot) != words(fixed) {
            problems.add(
                &shown(version),
                1,
                "its claims are not those of fixed.snap, in their order",
            );
        }
        let bad = snapshot.failed().count();
        if *version == "fixed" && bad > 0 {
            problems.add(&shown(version), 1, "a claim does not hold for fixed");
        } else if *version != "fixed" && bad == 0 {
            problems.add(
                &shown(version),
                1,
                "every claim holds: this version shows no failure",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_with_their_outcome() {
        let text =
            "---\nsource: x\n---\n# phase\n> GET /\n\n✗ fails: a\n✓ holds: b\n– not reached: c\n";
        let snapshot = Snapshot::parse(text).unwrap();
        assert_eq!(snapshot.lines.len(), 6);
        assert_eq!(
            snapshot.failed().collect::<Vec<_>>(),
            [(Outcome::Fails, "a"), (Outcome::NotReached, "c")]
        );
    }

    #[test]
    fn a_file_without_claims_is_refused() {
        assert!(Snapshot::parse("---\nx: y\n---\nnothing\n").is_err());
        assert!(Snapshot::parse("nothing").is_err());
    }
}
