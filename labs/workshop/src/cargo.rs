//! Building a lab with cargo, when its program is first needed.
//!
//! The programs are kept in `lab-bin` beside cargo's own folder, so that a
//! build that fails, or one with other features, does not take away what runs.

mod child;
mod kept;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use self::child::Event;
pub use self::child::program;
use self::kept::keep;
use crate::compiler::{Diagnostic, Failure, Message};
use crate::workspace::{Lab, Workspace};

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

/// A lab's program for one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// It is ready.
    Ready {
        /// The program.
        program: PathBuf,
        /// What the compiler says about exercise.rs, which was left out.
        left_out: Option<Failure>,
    },
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
    /// An exercise that does not compile is left out when another version is
    /// wanted.
    ///
    /// # Errors
    /// When cargo cannot be started or its result cannot be kept.
    pub fn lab(self, lab: &Lab, version: &str, step: &mut dyn FnMut(&Step)) -> Result<Built> {
        let package = lab.package.as_str();
        let bin = [
            "build",
            "-p",
            package,
            "--bin",
            package,
            "--features",
            "serve",
        ];
        let failure = match self.executable(&bin, (package, "bin"), step)? {
            Ok(built) => {
                let program = keep(&built, "")?;
                return Ok(Built::Ready {
                    program,
                    left_out: None,
                });
            }
            Err(failure) => failure,
        };
        if version == "exercise" {
            return Ok(Built::Failed(failure));
        }
        // Wherever the error lies: an exercise without a `server` fails in
        // lib.rs. If it was not the exercise, this fails too.
        let without = [&bin[..], &["--no-default-features"]].concat();
        Ok(match self.executable(&without, (package, "bin"), step)? {
            Ok(built) => {
                let program = keep(&built, "without-exercise")?;
                Built::Ready {
                    program,
                    left_out: Some(failure),
                }
            }
            Err(_) => Built::Failed(failure),
        })
    }

    /// Builds the tests of `lab`, and gives the test program.
    ///
    /// # Errors
    /// When cargo cannot be started.
    pub fn proof(self, lab: &Lab, step: &mut dyn FnMut(&Step)) -> Result<Built> {
        let arguments = ["test", "-p", &lab.package, "--test", "proof", "--no-run"];
        Ok(
            match self.executable(&arguments, ("proof", "test"), step)? {
                Ok(program) => Built::Ready {
                    program,
                    left_out: None,
                },
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
        let built = cargo.lab(lab, "broken", &mut note).unwrap();
        let Built::Ready {
            program,
            left_out: None,
        } = built
        else {
            panic!("{built:?}")
        };
        assert!(program.ends_with("lab-bin/lab-01"), "{}", program.display());
        assert!(
            steps
                .iter()
                .any(|step| matches!(step, Step::Compiling { .. })),
            "{steps:?}"
        );

        fs::write(
            fixture.file("src/exercise.rs"),
            "pub fn server() -> bool { 1 }",
        )
        .unwrap();
        let built = cargo.lab(lab, "broken", &mut |_| {}).unwrap();
        let Built::Ready {
            program: other,
            left_out: Some(failure),
        } = built
        else {
            panic!("{built:?}")
        };
        assert_ne!(program, other);
        assert!(program.is_file() && other.is_file());
        assert!(
            failure.text.contains("mismatched types"),
            "{}",
            failure.text
        );
        let built = cargo.lab(lab, "exercise", &mut |_| {}).unwrap();
        assert_eq!(built, Built::Failed(failure));
    }

    #[test]
    fn an_exercise_without_a_server_is_left_out_too() {
        let fixture = Fixture::new();
        fs::write(fixture.file("src/exercise.rs"), "pub fn serve() {}").unwrap();
        let cargo = Cargo::new(&fixture.workspace, false);
        let built = cargo.lab(fixture.lab(), "fixed", &mut |_| {}).unwrap();
        assert!(
            matches!(
                built,
                Built::Ready {
                    left_out: Some(_),
                    ..
                }
            ),
            "{built:?}"
        );
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
        let built = cargo.lab(fixture.lab(), "fixed", &mut |_| {}).unwrap();
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
