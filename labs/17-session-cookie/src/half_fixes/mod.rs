//! Tempting repairs that still fail a claim, one idea per file.

pub mod clear_then_insert;
pub mod http_only_alone;
pub mod key_with_a_default;
pub mod plain_name;
pub mod purge_then_insert;
pub mod renew_at_login_alone;
pub mod renew_when_anonymous;
pub mod strict_cookie;
