//! The command line: one command, one file.
//!
//! A command reads its arguments, asks a [`Host`](crate::server::Host) here or over there, and hands
//! the answer to `render`. It computes nothing.

mod accept;
mod ask;
mod audit;
mod check;
mod compile;
mod completions;
mod dev;
mod diff;
mod events;
mod explain;
mod facts;
mod following;
mod format;
mod generations;
mod hold;
mod init;
mod plugin;
mod query;
mod reload;
mod replay;
mod rules;
mod seam;
mod serve;
mod status;
mod stop;
mod sweep;
mod test;
mod token;
mod watched;
mod whom;

use clap::{Parser, Subcommand};

use crate::{
    exit_code::{ExitCode, Outcome},
    failure::Failure,
    render,
};

const AFTER_HELP: &str = "\
Exit codes:
  0  answered
  1  it could not be done
  2  the command line is wrong
  3  the rules, plugins or strategy have errors
  4  answered, but incomplete or blocked
  5  no host answers
  6  differences or findings

Environment:
  LANDFALL_HOST    the host to ask: unix:PATH, tcp:127.0.0.1:PORT or tls:HOST:PORT
  LANDFALL_TOKEN   the token to present over tcp: or tls:
  LANDFALL_CA      file of the certificates to trust over tls:, in PEM
  LANDFALL_TOOLS   folder of the compilers of plugins in Python and JavaScript
  LANDFALL_LOG     what to log: error, warn, info, debug, trace, or a tracing filter
  NO_COLOR         no colours

Examples:
  landfall serve --rules rules/world --plugins target/plugins
  landfall query strategies/brazil-germany.yaml
  landfall explain strategies/brazil-germany.yaml --market br --stage compliance
  landfall query strategies/seed.yaml --rules rules/seed --plugins target/plugins --format json";

/// What it costs to take an AI product into foreign markets, and why.
#[derive(Debug, Parser)]
#[command(name = "landfall", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Query(query::Args),
    Explain(explain::Args),
    Sweep(sweep::Args),
    Facts(facts::Args),
    Status(status::Args),
    Events(events::Args),
    Check(check::Args),
    Test(test::Args),
    Diff(diff::Args),
    Dev(dev::Args),
    Reload(reload::Args),
    Generations(generations::Args),
    Rollback(hold::RollbackArgs),
    Pin(hold::PinArgs),
    Unpin(hold::UnpinArgs),
    Accept(accept::Args),
    Rules(rules::Args),
    Plugin(plugin::Args),
    Token(token::Args),
    Init(init::Args),
    Audit(audit::Args),
    Replay(replay::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    Compile,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = run(Cli::parse().command);
    if let Err(failure) = &outcome {
        render::note(&render::diagnostics(&failure.diagnostics()));
    }
    ExitCode::of(&outcome)
}

fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Facts(args) => facts::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Events(args) => events::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Dev(args) => dev::run(&args),
        Command::Reload(args) => reload::run(&args),
        Command::Generations(args) => generations::run(&args),
        Command::Rollback(args) => hold::rollback(&args),
        Command::Pin(args) => hold::pin(&args),
        Command::Unpin(args) => hold::unpin(&args),
        Command::Accept(args) => accept::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Plugin(args) => plugin::run(&args),
        Command::Token(args) => token::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Compile => compile::run(),
    }
}

/// Puts out what was asked for. Whoever closes the pipe has read enough.
fn put(text: &str) -> Result<(), Failure> {
    written(render::data(text))
}

/// The same, byte for byte.
fn put_raw(bytes: &[u8]) -> Result<(), Failure> {
    written(render::raw(bytes))
}

fn put_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = render::json(value).map_err(|error| Failure::system("write JSON", error))?;
    put_raw(text.as_bytes())
}

fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::system("write to stdout", error)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn rules_and_plugins_go_together_and_exclude_a_host() {
        let parse = |args: &str| Cli::try_parse_from(args.split(' ')).map(drop).map_err(|e| e.kind());
        use clap::error::ErrorKind::{ArgumentConflict, MissingRequiredArgument};
        assert_eq!(parse("landfall query s.yaml"), Ok(()));
        assert_eq!(parse("landfall query s.yaml --rules r --plugins p"), Ok(()));
        assert_eq!(parse("landfall query s.yaml --rules r"), Err(MissingRequiredArgument));
        assert_eq!(
            parse("landfall query s.yaml --host unix:/x --rules r --plugins p"),
            Err(ArgumentConflict)
        );
        assert_eq!(parse("landfall check"), Err(MissingRequiredArgument));
        assert_eq!(parse("landfall serve --rules r"), Err(MissingRequiredArgument));
        assert_eq!(parse("landfall compile"), Ok(()));
    }

    #[test]
    fn help_shows_an_example_for_every_verb() {
        all_show_examples(&mut Cli::command());
    }

    /// Of a group too, and of each verb in it.
    fn all_show_examples(of: &mut clap::Command) {
        for command in of.get_subcommands_mut().filter(|of| !of.is_hide_set() && of.get_name() != "help") {
            let help = command.render_long_help().to_string();
            assert!(help.contains("Example"), "{}", command.get_name());
            assert!(command.get_about().is_some(), "{}", command.get_name());
            all_show_examples(command);
        }
    }
}
