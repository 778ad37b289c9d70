//! The `landfall` program; everything is in the library.

fn main() -> std::process::ExitCode {
    landfall::cli::main().into()
}
