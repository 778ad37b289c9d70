//! `landfall completions`: a script for a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, Failure, put_raw};
use crate::exit_code::Outcome;

const AFTER_HELP: &str = "\
Examples:
  landfall completions bash > ~/.local/share/bash-completion/completions/landfall
  landfall completions zsh > ~/.zfunc/_landfall
  landfall completions fish > ~/.config/fish/completions/landfall.fish";

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "landfall", &mut script);
    put_raw(&script)?;
    Ok(Outcome::Done)
}
