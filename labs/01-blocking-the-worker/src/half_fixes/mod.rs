//! Tempting repairs that still fail a claim, one idea per file.

pub mod async_block;
pub mod fire_and_forget;
pub mod global_pool;
pub mod more_workers;
pub mod par_iter_in_handler;
pub mod spawned_task;
pub mod yield_once;
