//! Building a lab with cargo, when its program is first needed.
//!
//! A lab has two programs. Its binary runs the versions that the lab comes with;
//! its proof has the learner's exercise, too. So an exercise that does not compile
//! takes nothing else away. They are kept in `lab-bin` beside cargo's own folder,
//! so that a build does not take away what runs.

mod child;
mod kept;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use self::child::Event;
pub use self::child::program;
use self::kept::keep;
use crate::compiler::{Diagnostic, Failure, Message};
use crate::workspace::{Lab, Workspace};

/// The version that the proof has and the binary has not.
const EXERCISE: &str = "exercise";

/// How far cargo is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Another cargo holds the target folder.
    Waiting,
    /// Crates are being compiled.
    Compiling {
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// Names of the units in work.
        what: String,
    },
    /// Nothing new; time passes.
    Tick,
}

/// A lab's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// It is ready.
    Ready(PathBuf),
    /// It does not compile.
    Failed(Failure),
}

/// Cargo, as the workshop calls it.
#[derive(Debug, Clone, Copy)]
pub struct Cargo<'a> {
    workspace: &'a Workspace,
    colours: bool,
}

impl<'a> Cargo<'a> {
    /// For the labs of `workspace`; the compiler's messages come with the
    /// terminal's colours if `colours`.
    #[must_use]
    pub fn new(workspace: &'a Workspace, colours: bool) -> Self {
        Self { workspace, colours }
    }

    /// Builds the program that runs `version` of `lab`.
    ///
    /// # Errors
    /// When cargo cannot be started or its result cannot be kept.
    pub fn lab(self, lab: &Lab, version: &str, step: &mut dyn FnMut(&Step)) -> Result<Built> {
        let package = lab.package.as_str();
        if version == EXERCISE {
            return Ok(match self.proof(lab, step)? {
                Built::Ready(built) => {
                    Built::Ready(keep(&built, &format!("{package}-{EXERCISE}"))?)
                }
                failed @ Built::Failed(_) => failed,
            });
        }
        let arguments = ["build", "-p", package, "--bin", package];
        Ok(match self.executable(&arguments, (package, "bin"), step)? {
            Ok(built) => Built::Ready(keep(&built, package)?),
            Err(failure) => Built::Failed(failure),
        })
    }

    /// Builds the proof of `lab`, and gives its program where cargo has put it.
    ///
    /// # Errors
    /// When cargo cannot be started.
    pub fn proof(self, lab: &Lab, step: &mut dyn FnMut(&Step)) -> Result<Built> {
        let arguments = ["test", "-p", &lab.package, "--test", "proof", "--no-run"];
        Ok(
            match self.executable(&arguments, ("proof", "test"), step)? {
                Ok(program) => Built::Ready(program),
                Err(failure) => Built::Failed(failure),
            },
        )
    }

    /// Runs cargo and picks the program of the target `(name, kind)`.
    fn executable(
        self,
        arguments: &[&str],
        (name, kind): (&str, &str),
        step: &mut dyn FnMut(&Step),
    ) -> Result<Result<PathBuf, Failure>> {
        let mut command = child::command()?;
        command.current_dir(&self.workspace.root).args(arguments);
        command.arg(if self.colours {
            "--message-format=json-diagnostic-rendered-ansi"
        } else {
            "--message-format=json"
        });
        // Cargo draws its progress even into a pipe when it is told how wide.
        command.env("CARGO_TERM_PROGRESS_WHEN", "always");
        command.env("CARGO_TERM_PROGRESS_WIDTH", "100");
        command.env("CARGO_TERM_COLOR", "never");
        command
            .env_remove("CARGO_TERM_QUIET")
            .env_remove("CARGO_TERM_VERBOSE");

        let mut program = None;
        let mut errors: Vec<Diagnostic> = Vec::new();
        let mut said = String::new();
        let success = child::run(command, &mut |event| match event {
            Event::Out(line) => match serde_json::from_str(&line) {
                Ok(Message::Artifact { target, executable })
                    if target.name == name && target.kind.iter().any(|k| k == kind) =>
                {
                    program = executable.or(program.take());
                }
                Ok(Message::Said { message }) if message.is_error() => {
                    errors.push(message);
                }
                _ => {}
            },
            Event::Err(line) => match child::parse_step(&line) {
                Some(new) => step(&new),
                None => said.push_str(&line),
            },
            Event::Quiet => step(&Step::Tick),
        })?;
        if !success {
            return Ok(Err(Failure::new(&errors, &said)));
        }
        let program = program
            .with_context(|| format!("cargo built no program `{name}`: is it in the manifest?"))?;
        Ok(Ok(program))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn an_exercise_that_does_not_compile_takes_nothing_else_away() {
        let fixture = Fixture::new();
        let (workspace, lab) = (&fixture.workspace, fixture.lab());
        let cargo = Cargo::new(workspace, false);
        let mut steps = Vec::new();
        let mut note = |step: &Step| steps.push(step.clone());
        let built = cargo.lab(lab, "exercise", &mut note).unwrap();
        let Built::Ready(exercise) = built else {
            panic!("{built:?}")
        };
        assert!(
            exercise.ends_with("lab-bin/lab-01-exercise"),
            "{}",
            exercise.display()
        );
        assert!(
            steps
                .iter()
                .any(|step| matches!(step, Step::Compiling { .. })),
            "{steps:?}"
        );

        for wrong in ["pub fn server() -> bool { 1 }", "pub fn serve() {}"] {
            fs::write(fixture.file("src/exercise.rs"), wrong).unwrap();
            let built = cargo.lab(lab, "broken", &mut |_| {}).unwrap();
            let Built::Ready(program) = built else {
                panic!("{built:?}")
            };
            assert!(program.ends_with("lab-bin/lab-01"), "{}", program.display());
            assert!(program.is_file() && exercise.is_file());
            let built = cargo.lab(lab, "exercise", &mut |_| {}).unwrap();
            assert!(matches!(built, Built::Failed(_)), "{built:?}");
        }
    }

    #[test]
    fn a_mistake_elsewhere_is_not_blamed_on_the_exercise() {
        let fixture = Fixture::new();
        fs::write(
            fixture.file("src/broken.rs"),
            "pub fn server() -> bool { 1 }",
        )
        .unwrap();
        let cargo = Cargo::new(&fixture.workspace, false);
        for version in ["fixed", "exercise"] {
            let built = cargo.lab(fixture.lab(), version, &mut |_| {}).unwrap();
            let Built::Failed(failure) = built else {
                panic!("{built:?}")
            };
            let exercise = fixture.file("src/exercise.rs");
            assert!(
                !failure.only_in(&fixture.workspace.root, &exercise),
                "{failure:?}"
            );
        }
    }
}
