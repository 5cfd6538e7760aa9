//! Lab 08: panics, poisoned locks and forgotten tasks.
//!
//! A handler that panics ends its connection and nothing else, so the service
//! looks well. But the lock that it held is poisoned, and every request after
//! it panics there. And a task that nobody awaits fails without a word: its
//! work is lost when the mail server refuses it, and when the process ends.

pub use labkit::Env;
use labkit::{Lab, version};

pub mod broken;
mod claims;
mod database;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod load;
mod mail;
mod order;
mod orders;
mod refusal;
pub mod schema;
pub mod tariff;
mod upload;

pub use database::{Database, Unavailable};
pub use mail::{Mail, Mailer};
pub use order::{Order, Placed};

/// This lab.
pub const LAB: Lab = Lab {
    id: "08",
    title: "Uncaught failures",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: claims::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "check_the_weight",
            half_fixes::check_the_weight,
            "half_fixes/check_the_weight.rs"
        ),
        version!(
            HalfFix,
            "catch_panic_alone",
            half_fixes::catch_panic_alone,
            "half_fixes/catch_panic_alone.rs"
        ),
        version!(
            HalfFix,
            "parking_lot_mutex",
            half_fixes::parking_lot_mutex,
            "half_fixes/parking_lot_mutex.rs"
        ),
        version!(
            HalfFix,
            "exit_hook",
            half_fixes::exit_hook,
            "half_fixes/exit_hook.rs"
        ),
        version!(
            HalfFix,
            "mail_in_the_request",
            half_fixes::mail_in_the_request,
            "half_fixes/mail_in_the_request.rs"
        ),
        version!(
            HalfFix,
            "retry_in_the_task",
            half_fixes::retry_in_the_task,
            "half_fixes/retry_in_the_task.rs"
        ),
        version!(
            HalfFix,
            "outbox_after_the_order",
            half_fixes::outbox_after_the_order,
            "half_fixes/outbox_after_the_order.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: experiment::ground,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: load::load,
};
