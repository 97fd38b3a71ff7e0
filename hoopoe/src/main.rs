//! The operator's binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    hoopoe::cli::main()
}
