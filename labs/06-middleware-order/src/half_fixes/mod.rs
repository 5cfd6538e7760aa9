//! Tempting repairs that still fail a claim, one idea per file.

pub mod any_origin;
pub mod cors_last;
pub mod headers_by_hand;
pub mod layers_on_the_scope;
pub mod options_through_auth;
