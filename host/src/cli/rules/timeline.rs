//! `landfall rules timeline`: J by date of asking, as a step function of the law.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use jiff::civil::Date;

use super::{
    super::{ask::Ask, put, put_json, put_raw, whom::Whom},
    Failure, parse_date,
};
use crate::{
    exit_code::Outcome,
    files,
    protocol::{TimelineRequest, TimelineResponse},
    render,
};

const AFTER_HELP: &str = "\
The number of each day is J over the whole horizon under the law of that day, as if it never changed
again; exchange and day rates stay those of the strategy's as_of. So it changes only on days on which
something dated changes in the rules. It is not what `landfall query --as-of D` answers: that counts
the law as it will change within the horizon.

Examples:
  landfall rules timeline s.yaml --from 2026-01-01 --to 2029-01-01
  landfall rules timeline s.yaml --from 2020-01-01 --to 2023-01-01 --format csv
  landfall rules timeline s.yaml --from 2026-01-01 --to 2029-01-01 --format svg --out steps.svg
  landfall rules timeline s.yaml --from 2026-01-01 --to 2029-01-01 --scenario br.cap_doubles

Exits with 4 where a step is incomplete or blocked.";

/// Show J by date of asking: when it steps, by how much, and which rule and article make it
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    ask: Ask,
    /// The first day
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    from: Date,
    /// The day after the last
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    to: Date,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write it to a file, in the place of what is there
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    whom: Whom,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs; names are stable.
    Json,
    /// One row for each rule of each step.
    Csv,
    /// A chart.
    Svg,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    if args.from >= args.to {
        return Err(Failure::Usage {
            message: format!("--from {} is not before --to {}", args.from, args.to),
            help: Some("the timeline runs from the first day to the day after the last".to_owned()),
        });
    }
    let request =
        TimelineRequest { query: args.ask.request()?, from: args.from.to_string(), to: args.to.to_string() };
    let response = args.whom.open()?.timeline(&request)?;
    show(args, &response)?;
    Ok(Outcome::Answer(response.timeline.status))
}

fn show(args: &Args, response: &TimelineResponse) -> Result<(), Failure> {
    let csv = || render::timeline_csv(response).map_err(|error| Failure::system("write CSV", error));
    let Some(out) = &args.out else {
        return match args.format {
            Format::Table => put(&render::timeline(response)),
            Format::Json => put_json(response),
            Format::Csv => put_raw(&csv()?),
            Format::Svg => put_raw(render::timeline_svg(response).as_bytes()),
        };
    };
    let bytes = match args.format {
        Format::Table => render::plain(&render::timeline(response)).into_bytes(),
        Format::Json => {
            render::json(response).map_err(|error| Failure::system("write JSON", error))?.into_bytes()
        }
        Format::Csv => csv()?,
        Format::Svg => render::timeline_svg(response).into_bytes(),
    };
    Ok(files::replace(out, &bytes)?)
}
