//! Lab 09: output encoding for the wrong context.
//!
//! Text that a visitor typed becomes part of a page. Where it stands
//! there decides what in it has a meaning: in an element, an attribute,
//! an address, a script, or an answer whose type nobody stated. Put in
//! as it is, it turns into elements and scripts, and runs in the
//! browser of everybody who opens the page, as that user.

pub use labkit::Env;
use labkit::{Lab, version};

pub mod broken;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod page;
mod payload;
mod ticket;

pub use page::page;
pub use ticket::{Ticket, Tickets};

/// This lab.
pub const LAB: Lab = Lab {
    id: "09",
    title: "Cross-site scripting",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "script_stripped",
            half_fixes::script_stripped,
            "half_fixes/script_stripped.rs"
        ),
        version!(
            HalfFix,
            "escaped_on_input",
            half_fixes::escaped_on_input,
            "half_fixes/escaped_on_input.rs"
        ),
        version!(
            HalfFix,
            "brackets_only",
            half_fixes::brackets_only,
            "half_fixes/brackets_only.rs"
        ),
        version!(
            HalfFix,
            "sanitised_everywhere",
            half_fixes::sanitised_everywhere,
            "half_fixes/sanitised_everywhere.rs"
        ),
        version!(
            HalfFix,
            "text_template",
            half_fixes::text_template,
            "half_fixes/text_template.rs"
        ),
        version!(
            HalfFix,
            "policy_only",
            half_fixes::policy_only,
            "half_fixes/policy_only.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: labkit::ground::none,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: experiment::load,
};
