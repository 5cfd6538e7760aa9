//! The accounts of a shop, with one store for all workers, behind a
//! load balancer that keeps each user on one instance.

pub use crate::half_fixes::store_outside_the_factory::server;
use crate::{Balancer, Deployment};

// ANCHOR: half-fix
/// The balancer's cookie names the instance that answered first.
pub const DEPLOYMENT: Deployment = Deployment {
    balancer: Balancer::Sticky,
    ..Deployment::DEFAULT
};
// ANCHOR_END: half-fix
