//! Lab 10: the browser adds the cookie, whoever built the form.
//!
//! A browser sends a site's cookies with every request to that site,
//! also when a page of somebody else asks for it. A service that knows
//! its users by a cookie alone takes orders from any page that they
//! open. What tells the pages apart is in headers that scripts cannot
//! write, and in a secret that other pages cannot read.

pub use labkit::Env;
use labkit::{Lab, version};

mod attack;
mod bank;
pub mod broken;
mod customer;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod login;
mod page;

pub use bank::{Bank, Refused};
pub use login::Login;
pub use page::page;

/// This lab.
pub const LAB: Lab = Lab {
    id: "10",
    title: "Cross-site request forgery",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "post_only",
            half_fixes::post_only,
            "half_fixes/post_only.rs"
        ),
        version!(
            HalfFix,
            "double_submit",
            half_fixes::double_submit,
            "half_fixes/double_submit.rs"
        ),
        version!(
            HalfFix,
            "shared_token",
            half_fixes::shared_token,
            "half_fixes/shared_token.rs"
        ),
        version!(
            HalfFix,
            "same_site_trusted",
            half_fixes::same_site_trusted,
            "half_fixes/same_site_trusted.rs"
        ),
        version!(
            HalfFix,
            "login_forgotten",
            half_fixes::login_forgotten,
            "half_fixes/login_forgotten.rs"
        ),
        version!(
            HalfFix,
            "logged_out_on_refusal",
            half_fixes::logged_out_on_refusal,
            "half_fixes/logged_out_on_refusal.rs"
        ),
        version!(
            HalfFix,
            "metadata_required",
            half_fixes::metadata_required,
            "half_fixes/metadata_required.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: || Box::pin(experiment::ground()),
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: experiment::load,
};
