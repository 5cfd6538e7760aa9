//! Tempting repairs that still fail a claim, one idea per file.

pub mod error_handlers_alone;
pub mod everything_500;
pub mod generic_message;
pub mod kept_request;
pub mod outermost_error_handlers;
