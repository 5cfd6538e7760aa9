//! Lab 15: a limit that counts apart, by a name that the client chooses.
//!
//! A limiter that each worker of each instance makes for itself allows four
//! times what it says. When it takes the client's address from a header, it
//! allows everything: the attacker writes another address each time. And one
//! that counts by address alone does not see a botnet.

use std::num::NonZeroU32;

pub use labkit::Env;
use labkit::{Lab, version};

pub mod broken;
mod claims;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod internet;
mod keys;
mod load;
mod local;
mod login;
mod outage;
mod wire;

pub use local::LocalLimit;
pub use login::{Login, PAGE};

/// Attempts an hour that a client has.
pub const PER_CLIENT: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// Attempts an hour that an account has.
pub const PER_ACCOUNT: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

/// This lab.
pub const LAB: Lab = Lab {
    id: "15",
    title: "Rate limiting",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: claims::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "limiter_outside_the_factory",
            half_fixes::limiter_outside_the_factory,
            "half_fixes/limiter_outside_the_factory.rs"
        ),
        version!(
            HalfFix,
            "leftmost_address",
            half_fixes::leftmost_address,
            "half_fixes/leftmost_address.rs"
        ),
        version!(
            HalfFix,
            "peer_address",
            half_fixes::peer_address,
            "half_fixes/peer_address.rs"
        ),
        version!(
            HalfFix,
            "client_only",
            half_fixes::client_only,
            "half_fixes/client_only.rs"
        ),
        version!(
            HalfFix,
            "account_locked",
            half_fixes::account_locked,
            "half_fixes/account_locked.rs"
        ),
        version!(
            HalfFix,
            "incr_then_expire",
            half_fixes::incr_then_expire,
            "half_fixes/incr_then_expire.rs"
        ),
        version!(
            HalfFix,
            "reset_on_success",
            half_fixes::reset_on_success,
            "half_fixes/reset_on_success.rs"
        ),
        version!(
            HalfFix,
            "open_without_redis",
            half_fixes::open_without_redis,
            "half_fixes/open_without_redis.rs"
        ),
        version!(
            HalfFix,
            "closed_without_redis",
            half_fixes::closed_without_redis,
            "half_fixes/closed_without_redis.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: || Box::pin(experiment::ground()),
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: load::load,
};
