//! Serves, proves and loads the versions of this lab, for the workshop.

fn main() -> std::process::ExitCode {
    labkit::cli::main(&lab_10::LAB)
}
