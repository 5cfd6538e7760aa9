//! Lab 14: headers that are missing where they count, and HTTPS by hearsay.
//!
//! The layer that sets the headers never sees an error that another layer
//! returns, nor the redirect outside of it. Whether a request came by
//! HTTPS, from where, and to which host is taken from headers that anybody
//! can send. So the shop is served in clear text to whoever asks for that,
//! and mails links to the host that the asker has named.

pub use labkit::Env;
use labkit::{Lab, version};

pub mod accounts;
pub mod broken;
mod browser;
mod by_http;
mod claims;
mod experiment;
mod figure;
pub mod fixed;
pub mod half_fixes;
mod hearsay;
mod mail;
mod markup;
pub mod page;
mod policy;
mod protection;
mod site;
pub mod staff;
pub mod tls;
mod visitor;
mod wire;

/// This lab.
pub const LAB: Lab = Lab {
    id: "14",
    title: "Headers and HTTPS",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: claims::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "headers_in_each_handler",
            half_fixes::headers_in_each_handler,
            "half_fixes/headers_in_each_handler.rs"
        ),
        version!(
            HalfFix,
            "errors_pass_by",
            half_fixes::errors_pass_by,
            "half_fixes/errors_pass_by.rs"
        ),
        version!(
            HalfFix,
            "unsafe_inline",
            half_fixes::unsafe_inline,
            "half_fixes/unsafe_inline.rs"
        ),
        version!(
            HalfFix,
            "nonce_at_start",
            half_fixes::nonce_at_start,
            "half_fixes/nonce_at_start.rs"
        ),
        version!(
            HalfFix,
            "policy_from_the_manual",
            half_fixes::policy_from_the_manual,
            "half_fixes/policy_from_the_manual.rs"
        ),
        version!(
            HalfFix,
            "hsts_everywhere",
            half_fixes::hsts_everywhere,
            "half_fixes/hsts_everywhere.rs"
        ),
        version!(
            HalfFix,
            "moved_permanently",
            half_fixes::moved_permanently,
            "half_fixes/moved_permanently.rs"
        ),
        version!(
            HalfFix,
            "listener_decides",
            half_fixes::listener_decides,
            "half_fixes/listener_decides.rs"
        ),
        version!(
            HalfFix,
            "leftmost_address",
            half_fixes::leftmost_address,
            "half_fixes/leftmost_address.rs"
        ),
        version!(
            HalfFix,
            "host_header",
            half_fixes::host_header,
            "half_fixes/host_header.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: || Box::pin(site::ground()),
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: figure::load,
};
