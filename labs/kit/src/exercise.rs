//! What state an exercise is in, read from its source.

/// What a learner has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As shipped: it re-exports `broken`.
    NotStarted,
    /// Edited; it is judged by its claims.
    InProgress,
    /// It is `fixed`, re-exported or copied: listed as that, not as solved.
    ReferenceRepair,
}

/// Tells the state from the exercise's source and that of `broken`/`fixed`.
/// Comments and white space do not count. A copy of `broken` is in progress:
/// the learner has begun.
#[must_use]
pub fn state(source: &str, fixed: &str) -> State {
    let code = bare(source);
    if code == bare("pub use crate::broken::server;") {
        State::NotStarted
    } else if code == bare("pub use crate::fixed::server;") || code == bare(fixed) {
        State::ReferenceRepair
    } else {
        State::InProgress
    }
}

/// The code without line comments and white space.
fn bare(source: &str) -> String {
    source
        .lines()
        .map(|line| line.trim())
        .filter(|line| !line.starts_with("//"))
        .flat_map(str::split_whitespace)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXED: &str = "//! Fixed.\npub async fn server() {}\n";

    #[test]
    fn comments_do_not_start_an_exercise() {
        let shipped = "//! Begin: cargo lab start 01\n\npub use crate::broken::server;\n";
        assert_eq!(state(shipped, FIXED), State::NotStarted);
        let edited = "pub use crate::broken::server;\nfn helper() {}\n";
        assert_eq!(state(edited, FIXED), State::InProgress);
    }

    #[test]
    fn the_reference_repair_is_known_however_it_got_there() {
        assert_eq!(
            state("pub use crate::fixed::server;", FIXED),
            State::ReferenceRepair
        );
        let copied = "// mine\npub async fn server() {\n}\n";
        assert_eq!(state(copied, FIXED), State::ReferenceRepair);
    }
}
