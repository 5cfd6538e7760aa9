//! The proof of this lab: see `labkit::proof`. The exercise is compiled here, and
//! not in the library, so that an edit of it costs no more than itself.

use labkit::{Lab, version};
// The exercise finds the lab's modules where a version finds them: in `crate`.
pub use lab_15::*;

pub mod exercise;

/// The lab with the learner's version.
pub const LAB: Lab = Lab {
    exercise: Some(version!(
        Exercise,
        "exercise",
        exercise,
        "exercise.rs"
    )),
    ..lab_15::LAB
};

fn main() -> std::process::ExitCode {
    labkit::proof::main(&LAB)
}
