//! `landfall events`: what changed in a host, and why.

use clap::ValueEnum;

use super::{
    Failure,
    following::{Heard, follow, may_pass},
    put, put_raw,
    whom::HostArgs,
};
use crate::{client, exit_code::Outcome, protocol::EventsResponse, render};

const AFTER_HELP: &str = "\
Examples:
  landfall events
  landfall events --follow
  landfall events --follow --format json | jq -c 'select(.state != \"live\")'

A host remembers its last thousand changes since it was started. With --follow this goes on until it is
interrupted, also while the host is away.";

/// Show what changed in a host, and why; with --follow, as it happens
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Go on with what changes from now on
    #[arg(long, short)]
    follow: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    host: HostArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: one object a line for each change.
    Json,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let target = args.host.target()?;
    // Who is not there at all is not waited for.
    let known = client::events(&target, None, 0)?;
    show(&known, args.format)?;
    if !args.follow {
        return Ok(Outcome::Done);
    }
    let mut is_away = false;
    for heard in follow(target, Some(known.next))? {
        match heard {
            Heard::Changes(changes) => {
                if is_away {
                    render::note("the host is back\n");
                }
                is_away = false;
                show(&changes, args.format)?;
            }
            Heard::Gone(error) if may_pass(&error) => {
                if !is_away {
                    render::note(&format!("{error}; waiting for it\n"));
                }
                is_away = true;
            }
            Heard::Gone(error) => return Err(error.into()),
            Heard::Stop => break,
        }
    }
    Ok(Outcome::Done)
}

fn show(changes: &EventsResponse, format: Format) -> Result<(), Failure> {
    if changes.missed > 0 {
        render::note(&format!("{} changes before these are no longer kept\n", changes.missed));
    }
    for change in &changes.events {
        match format {
            Format::Table => put(&render::change(change))?,
            Format::Json => {
                let line = render::json_line(change).map_err(|error| Failure::system("write JSON", error))?;
                put_raw(line.as_bytes())?;
            }
        }
    }
    Ok(())
}
