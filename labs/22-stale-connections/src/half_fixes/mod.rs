//! Tempting repairs that still fail a claim, one idea per file. The first two
//! keep the one connection; the others have a pool.

pub mod client_timeout_only;
pub mod ping_asks_the_database;
pub mod pool_without_limits;
pub mod reconnect_on_error;
pub mod retry_everything;
pub mod statement_timeout_only;
