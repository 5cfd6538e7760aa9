//! No code: this crate pins features, see its `Cargo.toml`.
