//! Lab 11: strings put together into SQL.
//!
//! A statement that is made of a customer's text is written by the customer.
//! A quote in a name ends the string, and what follows is read as SQL: it
//! reads other tables, and changes them. A number, and the name of a column
//! to sort by, do not even need the quote.

pub use labkit::Env;
use labkit::{Lab, version};

mod attack;
pub mod broken;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod item;
mod load;
mod raid;
pub mod schema;
mod state;
mod stock;
mod visit;

pub use item::Item;

/// The shop's page: a search form with a list, and one for wishes.
pub const PAGE: &str = include_str!("page.html");

/// This lab.
pub const LAB: Lab = Lab {
    id: "11",
    title: "SQL injection",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "quotes_doubled",
            half_fixes::quotes_doubled,
            "half_fixes/quotes_doubled.rs"
        ),
        version!(
            HalfFix,
            "deny_list",
            half_fixes::deny_list,
            "half_fixes/deny_list.rs"
        ),
        version!(
            HalfFix,
            "stripped",
            half_fixes::stripped,
            "half_fixes/stripped.rs"
        ),
        version!(
            HalfFix,
            "prepared_statements",
            half_fixes::prepared_statements,
            "half_fixes/prepared_statements.rs"
        ),
        version!(
            HalfFix,
            "values_bound",
            half_fixes::values_bound,
            "half_fixes/values_bound.rs"
        ),
        version!(
            HalfFix,
            "sort_bound",
            half_fixes::sort_bound,
            "half_fixes/sort_bound.rs"
        ),
        version!(
            HalfFix,
            "word_pattern",
            half_fixes::word_pattern,
            "half_fixes/word_pattern.rs"
        ),
        version!(
            HalfFix,
            "like_unescaped",
            half_fixes::like_unescaped,
            "half_fixes/like_unescaped.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: experiment::ground,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: load::load,
};
