//! Lab 06: layers in the order of another framework.
//!
//! In actix-web, the layer that is registered last meets a request first. A
//! list of layers that is carried over from Express line by line therefore
//! runs inside out: whoever refuses a request stands outside of whatever
//! should have counted it, logged it and dressed the answer. A browser's
//! preflight gets a 401, and guessed tokens are never limited.

pub use labkit::Env;
use labkit::{Lab, version};

pub mod broken;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod limiter;
mod matrix;
mod shop;

pub use limiter::Limiter;
pub use shop::{Customer, Order, Shop};

/// This lab.
pub const LAB: Lab = Lab {
    id: "06",
    title: "Middleware order",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "options_through_auth",
            half_fixes::options_through_auth,
            "half_fixes/options_through_auth.rs"
        ),
        version!(
            HalfFix,
            "headers_by_hand",
            half_fixes::headers_by_hand,
            "half_fixes/headers_by_hand.rs"
        ),
        version!(
            HalfFix,
            "cors_last",
            half_fixes::cors_last,
            "half_fixes/cors_last.rs"
        ),
        version!(
            HalfFix,
            "layers_on_the_scope",
            half_fixes::layers_on_the_scope,
            "half_fixes/layers_on_the_scope.rs"
        ),
        version!(
            HalfFix,
            "any_origin",
            half_fixes::any_origin,
            "half_fixes/any_origin.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: labkit::ground::none,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: experiment::load,
};
