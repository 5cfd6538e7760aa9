//! What the whole-book tests share: the repository's parts as its readers see
//! them, and a copy of it that tests may edit and build.
//!
//! The tests are in `tests/`, one file per promise of the book. `ci/bench` is
//! the binary `bench` of this crate.

pub mod copy;
pub mod documents;
pub mod known;
pub mod markup;
pub mod mutants;
pub mod pages;
pub mod processes;
pub mod prose;
pub mod ran;
pub mod repository;
pub mod running;
pub mod seed;
pub mod snapshots;
pub mod variants;

pub use copy::Copy;
pub use known::Known;
pub use ran::Ran;
pub use repository::{Lab, Repository};
pub use running::Running;
