//! Lab 01: CPU work on the worker thread.
//!
//! An actix-web worker is one thread, and it serves many connections in
//! turn. A handler that computes without awaiting keeps that thread, and all
//! of the worker's other connections wait until it returns. New connections
//! are still dealt out to the busy worker, so with two workers every second
//! user hangs.

pub use labkit::Env;
use labkit::{Lab, version};

pub mod broken;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod report;

pub use report::ReportEngine;

/// This lab.
pub const LAB: Lab = Lab {
    id: "01",
    title: "Blocking the worker",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "async_block",
            half_fixes::async_block,
            "half_fixes/async_block.rs"
        ),
        version!(
            HalfFix,
            "spawned_task",
            half_fixes::spawned_task,
            "half_fixes/spawned_task.rs"
        ),
        version!(
            HalfFix,
            "yield_once",
            half_fixes::yield_once,
            "half_fixes/yield_once.rs"
        ),
        version!(
            HalfFix,
            "par_iter_in_handler",
            half_fixes::par_iter_in_handler,
            "half_fixes/par_iter_in_handler.rs"
        ),
        version!(
            HalfFix,
            "more_workers",
            half_fixes::more_workers,
            "half_fixes/more_workers.rs"
        ),
        version!(
            HalfFix,
            "fire_and_forget",
            half_fixes::fire_and_forget,
            "half_fixes/fire_and_forget.rs"
        ),
        version!(
            HalfFix,
            "global_pool",
            half_fixes::global_pool,
            "half_fixes/global_pool.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: labkit::ground::none,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: experiment::load,
};
