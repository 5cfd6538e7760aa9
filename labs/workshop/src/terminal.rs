//! What the reader sees: lines, colours and progress bars.
//!
//! Colour and bars appear on a terminal only, and `NO_COLOR` is honoured.
//! A reader who pipes into `head` closes our output; that is no error.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use clap::builder::styling::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cargo::Step;

/// Work that is done sooner than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Prints a line on standard output.
#[macro_export]
macro_rules! say {
    () => { $crate::terminal::say(format_args!("")) };
    ($($part:tt)*) => { $crate::terminal::say(format_args!($($part)*)) };
}

/// Prints a line on standard output; ends the program when nobody reads it.
pub fn say(line: fmt::Arguments<'_>) {
    if cfg!(test) {
        // The test harness captures this, and only this.
        return println!("{line}");
    }
    let mut out = io::stdout().lock();
    // A line at once, because a watcher may read it through a pipe.
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints a line on standard error, as far as somebody listens.
pub fn complain(line: fmt::Arguments<'_>) {
    if cfg!(test) {
        return eprintln!("{line}");
    }
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether standard output shows colours.
#[must_use]
pub fn colours() -> bool {
    wants_colour(io::stdout().is_terminal())
}

/// Whether standard error shows colours.
#[must_use]
pub fn error_colours() -> bool {
    wants_colour(io::stderr().is_terminal())
}

fn wants_colour(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Paints words, when the output shows colours.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// For standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self { on: colours() }
    }

    /// For a heading.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// For what holds.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.with(AnsiColor::Green.on_default(), text)
    }

    /// For what fails.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default(), text)
    }

    /// For what deserves a look.
    #[must_use]
    pub fn warn(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.on {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Clears the screen and what has scrolled off it, on a terminal.
pub fn clear() {
    if io::stdout().is_terminal() {
        let mut out = io::stdout().lock();
        let _ = out
            .write_all(b"\x1b[2J\x1b[3J\x1b[H")
            .and_then(|()| out.flush());
    }
}

/// Asks a question that `y` or `yes` answers; `None` when nobody can be asked.
#[must_use]
pub fn confirm(question: &str) -> Option<bool> {
    if !io::stdin().is_terminal() {
        return None;
    }
    let mut err = io::stderr().lock();
    let _ = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// A progress bar on standard error that appears once the work takes long.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    begun: Instant,
    shown: bool,
}

impl Bar {
    /// A bar for cargo's work on `package`.
    #[must_use]
    pub fn build(package: &str) -> Self {
        let bar = Self::new("{spinner} compiling {prefix} {bar:30} {pos}/{len} {wide_msg}");
        bar.bar.set_prefix(package.to_owned());
        bar
    }

    /// A bar for `seconds` of load on `version`.
    #[must_use]
    pub fn load(version: &str, seconds: f64) -> Self {
        let bar = Self::new("{spinner} load on {prefix} {bar:30} {wide_msg}");
        bar.bar.set_prefix(version.to_owned());
        bar.bar.set_length((seconds * 1e3) as u64);
        bar
    }

    fn new(template: &str) -> Self {
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        bar.set_style(style);
        Self {
            bar,
            begun: Instant::now(),
            shown: false,
        }
    }

    /// Shows a step of cargo.
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Waiting => self.bar.set_message("waiting for another cargo to end"),
            Step::Tick => {}
            Step::Compiling { done, total, what } => {
                self.bar.set_length(*total);
                self.bar.set_position(*done);
                self.bar.set_message(what.clone());
            }
        }
        self.show();
    }

    /// Shows that `second` seconds of the load are over.
    pub fn second(&mut self, second: f64, seconds: f64) {
        self.bar.set_position((second * 1e3) as u64);
        self.bar
            .set_message(format!("{second:.1} of {seconds:.1} s"));
        self.show();
    }

    fn show(&mut self) {
        if !self.shown && self.begun.elapsed() > PATIENCE {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.tick();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
