//! Tempting repairs that still fail a claim, one idea per file.

pub mod bigger_max_size;
pub mod max_connections_raised;
pub mod no_timeout;
pub mod pool_per_worker;
