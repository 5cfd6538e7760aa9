//! `check`: the verdict on the exercise, and nothing else.

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::RED;
use crate::cargo::{Built, Cargo};
use crate::process;
use crate::terminal::{self, Bar};
use crate::workspace::{Lab, Workspace};

/// Judges the exercise of `lab`.
///
/// # Errors
/// When cargo or the test program cannot be started.
pub fn run(workspace: &Workspace, lab: &Lab) -> Result<ExitCode> {
    Ok(if judge(workspace, lab)? {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(RED)
    })
}

/// Prints the verdict; whether it is green, or the exercise not started.
///
/// # Errors
/// When cargo or the test program cannot be started.
pub fn judge(workspace: &Workspace, lab: &Lab) -> Result<bool> {
    let mut bar = Bar::build(&lab.package);
    let cargo = Cargo::new(workspace, terminal::error_colours());
    let built = cargo.proof(lab, &mut |step| bar.step(step))?;
    drop(bar);
    let program = match built {
        Built::Ready(program) => program,
        Built::Failed(failure) => {
            super::not_compiled(workspace, lab, &failure);
            return Ok(false);
        }
    };
    // The folder and variables that cargo gives a test program.
    let status = process::command(&program)
        .args(["--exact", "exercise"])
        .current_dir(&lab.dir)
        .env("CARGO_MANIFEST_DIR", &lab.dir)
        .env("INSTA_WORKSPACE_ROOT", &workspace.root)
        .env("INSTA_UPDATE", "no")
        .env("INSTA_OUTPUT", "none")
        .env("LABKIT_VERDICT_ONLY", "1")
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if status.code().is_none() {
        terminal::complain(format_args!(
            "the test program of lab {} ended: {status}",
            lab.id
        ));
    }
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn the_verdict_comes_from_the_test_program() {
        let fixture = Fixture::new();
        let (workspace, lab) = (&fixture.workspace, fixture.lab());
        assert!(judge(workspace, lab).unwrap());
        let path = lab.dir.join("src/exercise.rs");
        std::fs::write(&path, "pub fn server() -> bool { false }").unwrap();
        assert!(!judge(workspace, lab).unwrap());
        std::fs::write(&path, "pub fn server() -> bool { no such thing }").unwrap();
        assert!(!judge(workspace, lab).unwrap());
    }
}
