//! Lab 16: sessions in the memory of a process.
//!
//! A session that lives in a process is known to that process alone. With
//! two workers that each have a store, and two instances, a login counts on
//! one request in four. A restart forgets everybody, a logout that lands
//! elsewhere ends nothing, and what nobody uses is kept for good.

pub use labkit::{Balancer, Deployment, Env};
use labkit::{Lab, version};

pub mod broken;
mod claims;
mod customer;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod load;
mod login;
mod memory;

pub use login::Login;
pub use memory::MemoryStore;

/// This lab.
pub const LAB: Lab = Lab {
    id: "16",
    title: "In-memory sessions",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: claims::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "store_outside_the_factory",
            half_fixes::store_outside_the_factory,
            "half_fixes/store_outside_the_factory.rs"
        ),
        version!(
            HalfFix,
            "sticky_sessions",
            half_fixes::sticky_sessions,
            "half_fixes/sticky_sessions.rs",
            DEPLOYMENT
        ),
        version!(
            HalfFix,
            "cookie_store",
            half_fixes::cookie_store,
            "half_fixes/cookie_store.rs"
        ),
        version!(
            HalfFix,
            "key_generated_at_start",
            half_fixes::key_generated_at_start,
            "half_fixes/key_generated_at_start.rs"
        ),
        version!(
            HalfFix,
            "store_from_a_url",
            half_fixes::store_from_a_url,
            "half_fixes/store_from_a_url.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: || Box::pin(experiment::ground()),
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: load::load,
};
