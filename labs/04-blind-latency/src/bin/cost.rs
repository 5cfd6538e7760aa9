//! Measures what the meter costs, for `ci/bench`:
//! `lab-04-cost [PAIRS]` prints one line of JSON.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The services are this executable, too.
    if let Some(code) = labkit::subject::dispatch(&lab_04::LAB) {
        return ExitCode::from(code);
    }
    let pairs = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let cost = lab_04::cost(pairs.unwrap_or(10));
    let cost = labkit::run::runtime().block_on(cost);
    labkit::server::end_all();
    match cost {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
