//! Lab 17: the session cookie.
//!
//! An id that stays the same through a login belongs to whoever planted it,
//! too. A cookie without attributes goes to scripts, to networks and to
//! neighbours. And a key that is made at start makes every restart forget
//! all users, although Redis remembers them.

pub use labkit::Env;
use labkit::{Lab, version};

mod account;
pub mod broken;
mod experiment;
pub mod fixed;
pub mod half_fixes;
pub mod page;
pub mod sessions;
pub mod shop;

pub use account::{Account, Login, Pin};

/// This lab.
pub const LAB: Lab = Lab {
    id: "17",
    title: "The session cookie",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "clear_then_insert",
            half_fixes::clear_then_insert,
            "half_fixes/clear_then_insert.rs"
        ),
        version!(
            HalfFix,
            "purge_then_insert",
            half_fixes::purge_then_insert,
            "half_fixes/purge_then_insert.rs"
        ),
        version!(
            HalfFix,
            "strict_cookie",
            half_fixes::strict_cookie,
            "half_fixes/strict_cookie.rs"
        ),
        version!(
            HalfFix,
            "renew_when_anonymous",
            half_fixes::renew_when_anonymous,
            "half_fixes/renew_when_anonymous.rs"
        ),
        version!(
            HalfFix,
            "renew_at_login_alone",
            half_fixes::renew_at_login_alone,
            "half_fixes/renew_at_login_alone.rs"
        ),
        version!(
            HalfFix,
            "http_only_alone",
            half_fixes::http_only_alone,
            "half_fixes/http_only_alone.rs"
        ),
        version!(
            HalfFix,
            "plain_name",
            half_fixes::plain_name,
            "half_fixes/plain_name.rs"
        ),
        version!(
            HalfFix,
            "key_with_a_default",
            half_fixes::key_with_a_default,
            "half_fixes/key_with_a_default.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: || Box::pin(experiment::ground()),
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: experiment::load,
};
