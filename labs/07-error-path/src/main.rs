//! Serves, proves and loads the versions of this lab, for the workshop. The
//! exercise is in `proof.rs`: one that does not compile takes nothing else away.

fn main() -> std::process::ExitCode {
    labkit::cli::main(&lab_07::LAB)
}
