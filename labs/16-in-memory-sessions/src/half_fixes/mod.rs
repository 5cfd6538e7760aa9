//! Tempting repairs that still fail a claim, one idea per file.

pub mod cookie_store;
pub mod key_generated_at_start;
pub mod sticky_sessions;
pub mod store_from_a_url;
pub mod store_outside_the_factory;
