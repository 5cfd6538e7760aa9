//! Without a build script, build-dependencies would not count.

fn main() {}
