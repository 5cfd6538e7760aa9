//! `hint`: one hint more, or all of them.

use std::process::ExitCode;

use anyhow::Result;

use crate::hints::{self, COUNT, Hint, Shown};
use crate::say;
use crate::terminal::Paint;
use crate::workspace::{Lab, Workspace};

/// Prints the next hint of `lab`, or all of them.
///
/// # Errors
/// When the hints cannot be read or the count not kept.
pub fn run(workspace: &Workspace, lab: &Lab, all: bool) -> Result<ExitCode> {
    let hints = hints::of(lab)?;
    let id = &lab.id;
    let mut shown = Shown::load(&workspace.root);
    if all {
        for hint in &hints {
            print(hint);
            say!();
        }
        shown.set(lab, COUNT)?;
        return Ok(ExitCode::SUCCESS);
    }
    let count = shown.count(lab);
    let Some(hint) = hints.get(count) else {
        say!("All {COUNT} hints of lab {id} have been shown: `cargo lab hint {id} --all`");
        say!("prints them again. The repair is in the chapter, under \"The fix\".");
        return Ok(ExitCode::SUCCESS);
    };
    print(hint);
    say!();
    match COUNT - count - 1 {
        0 => say!("That was the last hint. `cargo lab hint {id} --all` prints them again."),
        1 => say!("One more hint: cargo lab hint {id}"),
        left => say!("{left} more hints: cargo lab hint {id}"),
    }
    // Counted last, so that a hint nobody could read is shown again.
    shown.set(lab, count + 1)?;
    Ok(ExitCode::SUCCESS)
}

fn print(hint: &Hint) {
    say!("{}", Paint::stdout().bold(&hint.title));
    say!();
    say!("{}", hint.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn hints_are_counted_to_the_last() {
        let fixture = Fixture::new();
        let (workspace, lab) = (&fixture.workspace, fixture.lab());
        for expected in [1, 2, 3, 3] {
            run(workspace, lab, false).unwrap();
            assert_eq!(Shown::load(&workspace.root).count(lab), expected);
        }
    }
}
