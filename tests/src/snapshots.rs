//! Committed transcripts, read without compiling a lab.

use anyhow::{Context as _, Result, ensure};

use crate::repository::{Lab, Repository};

/// What a transcript says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The promise was kept.
    Holds,
    /// It was not.
    Fails,
    /// The run ended before it was judged.
    NotReached,
}

/// The claims of a transcript, in their order.
pub type Claims = Vec<(Finding, String)>;

const MARKS: [(&str, Finding); 3] = [
    ("✓ holds: ", Finding::Holds),
    ("✗ fails: ", Finding::Fails),
    ("– not reached: ", Finding::NotReached),
];

/// The claims in `tests/snapshots/NAME.snap` of a lab.
///
/// # Errors
/// When there is no such file, or no claim in it.
pub fn claims(repository: &Repository, lab: &Lab, name: &str) -> Result<Claims> {
    let file = lab.file(&format!("tests/snapshots/{name}.snap"));
    let found = in_transcript(&repository.read(&file)?);
    ensure!(!found.is_empty(), "{file} has no claim");
    Ok(found)
}

/// The transcript in `tests/snapshots/NAME.snap` of a lab.
///
/// # Errors
/// When there is no such file, or it has no head.
pub fn body(repository: &Repository, lab: &Lab, name: &str) -> Result<String> {
    let file = lab.file(&format!("tests/snapshots/{name}.snap"));
    let text = repository.read(&file)?;
    let body = text
        .strip_prefix("---\n")
        .and_then(|t| t.split_once("\n---\n"));
    let (_, body) = body.with_context(|| format!("{file} has no head"))?;
    Ok(body.to_owned())
}

/// The claims in the text of a transcript.
#[must_use]
pub fn in_transcript(text: &str) -> Claims {
    let claim = |line: &str| {
        MARKS.iter().find_map(|(mark, finding)| {
            let words = line.strip_prefix(mark)?;
            Some((*finding, words.to_owned()))
        })
    };
    text.lines().filter_map(claim).collect()
}

/// The snapshot's name for a half-fix.
#[must_use]
pub fn of_half_fix(stem: &str) -> String {
    format!("half-fix-{stem}")
}

/// The versions of a lab that have a snapshot, by the snapshots' names.
///
/// # Errors
/// When the folder cannot be read.
pub fn names(repository: &Repository, lab: &Lab) -> Result<Vec<String>> {
    repository
        .stems(&lab.file("tests/snapshots"), ".snap")
        .with_context(|| format!("lab {} has no snapshots", lab.id))
}
