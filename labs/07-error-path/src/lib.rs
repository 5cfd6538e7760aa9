//! Lab 07: errors that skip the error handler.
//!
//! What a handler returns as `Err` becomes a response, and every layer sees
//! it. What a layer returns as `Err` is handed out past all layers outside of
//! it: no header, no error page, no line in the log. And whatever an error
//! says of itself is what the client reads, down to the names of the tables,
//! while the log keeps nothing but the status.

pub use labkit::Env;
use labkit::{Lab, version};

mod access;
pub mod broken;
mod claims;
mod customers;
mod database;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod judge;
mod load;
mod request_id;
mod rows;
pub mod schema;

pub use access::{Unauthorized, may_enter};
pub use customers::{Customer, Order};
pub use database::{Database, Failure};
pub use request_id::RequestId;

/// This lab.
pub const LAB: Lab = Lab {
    id: "07",
    title: "The error path",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: claims::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "error_handlers_alone",
            half_fixes::error_handlers_alone,
            "half_fixes/error_handlers_alone.rs"
        ),
        version!(
            HalfFix,
            "outermost_error_handlers",
            half_fixes::outermost_error_handlers,
            "half_fixes/outermost_error_handlers.rs"
        ),
        version!(
            HalfFix,
            "kept_request",
            half_fixes::kept_request,
            "half_fixes/kept_request.rs"
        ),
        version!(
            HalfFix,
            "everything_500",
            half_fixes::everything_500,
            "half_fixes/everything_500.rs"
        ),
        version!(
            HalfFix,
            "generic_message",
            half_fixes::generic_message,
            "half_fixes/generic_message.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: experiment::ground,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: load::load,
};
