//! The book: figures from the labs, the lints of the anatomy, and the site
//! that is built, checked and served.
//!
//! The way of a chapter: [`preprocessor`] reads its front matter, lints it and
//! replaces each directive by a figure; mdBook renders it; [`finish`] gives the
//! page what mdBook has no place for; [`links`] follows every link; and
//! [`site`] knows what a server may hand out.

mod agenda;
mod anatomy;
mod build;
mod coverage;
mod diagnosis;
mod dictionary;
mod directive;
mod drawing;
mod edition;
mod figures;
mod finish;
mod front_matter;
mod guide;
mod highlight;
mod html;
mod includes;
mod indexes;
mod inputs;
mod links;
mod log;
mod markdown;
mod preprocessor;
mod problem;
mod server;
mod shelf;
mod site;
mod snapshot;
mod source;
mod tags;

pub use build::{Base, build, folder};
pub use preprocessor::{Labs, problems_of};
pub use problem::Problem;
pub use server::serve;
pub use shelf::{Refresh, Shelf};

#[cfg(test)]
mod tests;
