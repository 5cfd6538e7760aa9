//! A lab's claims, read from the transcript that its tests compare with.

use std::fs;

use anyhow::{Context as _, Result};

use crate::workspace::Lab;

/// What the experiment found of one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It holds.
    Holds,
    /// It fails.
    Fails,
    /// The experiment stopped before it.
    NotReached,
}

/// One line of a transcript's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What was found.
    pub finding: Finding,
    /// What the service promises.
    pub promise: String,
}

impl Claim {
    fn parse(line: &str) -> Option<Self> {
        const STARTS: [(&str, Finding); 3] = [
            ("✓ holds: ", Finding::Holds),
            ("✗ fails: ", Finding::Fails),
            ("– not reached: ", Finding::NotReached),
        ];
        STARTS.iter().find_map(|(start, finding)| {
            let promise = line.strip_prefix(start)?.to_owned();
            Some(Self {
                finding: *finding,
                promise,
            })
        })
    }
}

/// The claims of `lab`, with what its snapshot of the broken version says.
///
/// # Errors
/// When the snapshot cannot be read.
pub fn of_broken(lab: &Lab) -> Result<Vec<Claim>> {
    let path = lab.dir.join("tests/snapshots/broken.snap");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().filter_map(Claim::parse).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn claims_are_read_from_the_snapshot() {
        let fixture = Fixture::new();
        let claims = of_broken(fixture.lab()).unwrap();
        let found: Vec<_> = claims
            .iter()
            .map(|c| (c.finding, c.promise.as_str()))
            .collect();
        let expected = [
            (Finding::Fails, "a slow request delays nobody else"),
            (Finding::Holds, "the work is done"),
            (Finding::NotReached, "the service survives"),
        ];
        assert_eq!(found, expected);
    }
}
