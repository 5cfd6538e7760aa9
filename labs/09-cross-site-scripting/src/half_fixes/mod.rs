//! Tempting repairs that still fail a claim, one idea per file.

pub mod brackets_only;
pub mod escaped_on_input;
pub mod policy_only;
pub mod sanitised_everywhere;
pub mod script_stripped;
pub mod text_template;
