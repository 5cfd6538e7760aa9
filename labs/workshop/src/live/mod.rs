//! Live runs: a page of the book starts a lab's load and watches it.
//!
//! This part of the server starts processes, so it is the part to defend.
//! [`guard`] lets through only requests that a page of this very server sent;
//! [`api`] takes lab and version from a list; [`runs`] allows one run per lab
//! and ends a run when nobody watches it; [`run`] is one run, bounded.

mod api;
mod event;
mod guard;
mod run;
mod runs;

pub use api::routes;
pub use guard::same_origin;
pub use runs::Runs;
