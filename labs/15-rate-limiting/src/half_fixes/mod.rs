//! Tempting repairs that still fail a claim, one idea per file.

pub mod account_locked;
pub mod client_only;
pub mod closed_without_redis;
pub mod incr_then_expire;
pub mod leftmost_address;
pub mod limiter_outside_the_factory;
pub mod open_without_redis;
pub mod peer_address;
pub mod reset_on_success;
