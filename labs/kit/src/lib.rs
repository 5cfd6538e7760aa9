//! labkit: what the experiments of *Failure Modes* are made of.
//!
//! A [`Lab`] is one failure of a web service in several [`Version`]s. Its
//! experiment drives any of them through a [`Bench`], over real sockets, and
//! writes a [`Transcript`] whose claims hold or fail. [`proof::main`] turns
//! the lot into tests, [`cli::main`] into a binary for the workshop.
//!
//! The rules that keep transcripts the same from run to run: hold instead of
//! sleep ([`gate`]), count instead of time, one deadline for "no answer"
//! ([`control`]), a fresh connection per request ([`client`]), every version
//! in a process of its own ([`subject`]).

#[cfg(windows)]
compile_error!(
    "Failure Modes runs on Linux, macOS and WSL2. On Windows, clone it inside \
     WSL2 and build it there."
);

pub mod bench;
pub mod cli;
pub mod client;
pub mod control;
pub mod deployment;
pub mod env;
pub mod exchange;
pub mod exercise;
pub mod folder;
pub mod gate;
pub mod ground;
pub mod jar;
pub mod lab;
pub mod load;
pub mod mask;
mod output;
pub mod port;
pub mod process;
pub mod progress;
pub mod proof;
pub mod recording;
pub mod run;
pub mod server;
pub mod service;
pub mod style;
pub mod subject;
pub mod table;
pub mod tally;
pub mod tap;
pub mod token;
pub mod transcript;
pub mod upstream;
pub mod verdict;

pub use bench::{Bench, Stopped};
pub use deployment::{Balancer, Deployment};
pub use env::{Env, Tls};
pub use ground::{Ground, GroundFuture};
pub use lab::{Claim, Kind, Lab, Version};
pub use transcript::Transcript;
