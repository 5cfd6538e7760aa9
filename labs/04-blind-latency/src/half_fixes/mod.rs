//! Tempting repairs that still fail a claim, one idea per file.

pub mod average;
pub mod better_logs;
pub mod in_scope;
pub mod on_connect_timer;
pub mod registry_per_worker;
pub mod slow_route_only;
