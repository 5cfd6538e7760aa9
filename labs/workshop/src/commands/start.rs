//! `start`: the broken version becomes the learner's own.

use std::process::ExitCode;

use anyhow::{Result, bail};
use labkit::exercise::State;

use crate::claims::{self, Finding};
use crate::exercise::{self, Exercise};
use crate::say;
use crate::terminal::Paint;
use crate::workspace::{Lab, Workspace};

/// Copies broken.rs to exercise.rs and says what is to be done.
///
/// # Errors
/// When the exercise is started already, or a file cannot be read or written.
pub fn run(workspace: &Workspace, lab: &Lab) -> Result<ExitCode> {
    let id = &lab.id;
    let exercise = Exercise::read(lab)?;
    let file = exercise::shown(&exercise.path, &workspace.root);
    match exercise.state {
        State::NotStarted => {}
        State::InProgress => bail!(
            "exercise {id} is already started: go on in {file}, or begin anew with \
             `cargo lab reset {id}` and `cargo lab start {id}`"
        ),
        State::ReferenceRepair => {
            bail!("{file} is the reference repair: `cargo lab reset {id}` puts the exercise back")
        }
    }
    let claims = claims::of_broken(lab)?;
    exercise::replace(&exercise.path, &exercise::starter(lab)?)?;

    let paint = Paint::stdout();
    say!("{}", paint.bold(&format!("Lab {id}: {}", lab.title)));
    say!();
    say!("Edit:  {file}");
    say!("       It now holds a copy of broken.rs. Edit only this file.");
    say!();
    say!("{}", paint.bold("What every repair keeps"));
    say!("{}", lab.contract);
    say!();
    say!("{}", paint.bold("What the broken version does not hold"));
    for claim in claims {
        match claim.finding {
            Finding::Holds => {}
            Finding::Fails => say!("{}", paint.bad(&format!("✗ fails: {}", claim.promise))),
            Finding::NotReached => {
                say!(
                    "{}",
                    paint.warn(&format!("– not reached: {}", claim.promise))
                );
            }
        }
    }
    say!();
    say!("{}", paint.bold("Next"));
    say!("  cargo lab watch {id}       judges it on each save");
    say!(
        "  cargo test -p {}     judges it once, with the other versions",
        lab.package
    );
    say!("  cargo lab run {id}         runs it as a server");
    say!("  cargo lab hint {id}        the first of three hints");
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn a_second_start_changes_nothing() {
        let fixture = Fixture::new();
        run(&fixture.workspace, fixture.lab()).unwrap();
        let path = fixture.lab().dir.join("src/exercise.rs");
        let mine = std::fs::read_to_string(&path).unwrap() + "// mine\n";
        std::fs::write(&path, &mine).unwrap();
        let error = run(&fixture.workspace, fixture.lab())
            .unwrap_err()
            .to_string();
        assert!(error.contains("cargo lab reset 01"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), mine);
    }
}
