//! Tempting repairs that still fail a claim, one idea per file.

pub mod double_submit;
pub mod logged_out_on_refusal;
pub mod login_forgotten;
pub mod metadata_required;
pub mod post_only;
pub mod same_site_trusted;
pub mod shared_token;
