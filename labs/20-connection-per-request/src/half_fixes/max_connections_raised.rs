//! The shop's price service as it was, with more room at the database.

use crate::Deployment;

pub use crate::broken::server;

// ANCHOR: half-fix
/// `alter role shop connection limit 60;`, and `max_connections` to
/// match. Five were not enough at peak.
pub const DEPLOYMENT: Deployment = Deployment {
    connection_limit: Some(60),
    ..Deployment::DEFAULT
};
// ANCHOR_END: half-fix
