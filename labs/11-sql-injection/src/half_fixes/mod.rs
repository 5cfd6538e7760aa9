//! Tempting repairs that still fail a claim, one idea per file.

pub mod deny_list;
pub mod like_unescaped;
pub mod prepared_statements;
pub mod quotes_doubled;
pub mod sort_bound;
pub mod stripped;
pub mod values_bound;
pub mod word_pattern;
