//! Lab 03: a lock held across an await.
//!
//! A handler that locks a `std` mutex and then awaits keeps the lock for
//! as long as it waits. Whoever wants the lock meanwhile does not await it
//! but stops a whole worker, with all of its connections. When it stops
//! the worker that is to finish the waiting handler, nobody ever gives the
//! lock back.

use std::ops::RangeInclusive;

pub use labkit::Env;
use labkit::{Lab, version};

#[expect(
    clippy::await_holding_lock,
    reason = "this is the failure that the lab shows"
)]
pub mod broken;
mod claims;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod load;
mod payments;
mod tickets;

pub use payments::{PaymentError, Payments};

/// The seats of the theatre.
pub const SEATS: RangeInclusive<u32> = 1..=40;

/// This lab.
pub const LAB: Lab = Lab {
    id: "03",
    title: "A lock held across an await",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: claims::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "parking_lot",
            half_fixes::parking_lot,
            "half_fixes/parking_lot.rs"
        ),
        version!(
            HalfFix,
            "more_workers",
            half_fixes::more_workers,
            "half_fixes/more_workers.rs"
        ),
        version!(
            HalfFix,
            "try_lock",
            half_fixes::try_lock,
            "half_fixes/try_lock.rs"
        ),
        version!(
            HalfFix,
            "async_mutex_across_payment",
            half_fixes::async_mutex_across_payment,
            "half_fixes/async_mutex_across_payment.rs"
        ),
        version!(
            HalfFix,
            "read_then_write",
            half_fixes::read_then_write,
            "half_fixes/read_then_write.rs"
        ),
        version!(
            HalfFix,
            "give_back_on_error",
            half_fixes::give_back_on_error,
            "half_fixes/give_back_on_error.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: experiment::ground,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: load::load,
};
