//! The proof of this lab: see `labkit::proof`.

fn main() -> std::process::ExitCode {
    labkit::proof::main(&lab_09::LAB)
}
