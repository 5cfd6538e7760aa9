//! Tempting repairs that still fail a claim, one idea per file. Each
//! has the rest of the service repaired.

pub mod errors_pass_by;
pub mod headers_in_each_handler;
pub mod host_header;
pub mod hsts_everywhere;
pub mod leftmost_address;
pub mod listener_decides;
pub mod moved_permanently;
pub mod nonce_at_start;
pub mod policy_from_the_manual;
pub mod unsafe_inline;
