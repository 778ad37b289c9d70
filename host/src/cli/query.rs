//! `landfall query`: J and what it is made of.

use clap::ValueEnum;

use super::{Failure, ask::Ask, put, put_json, put_raw, watched, whom::Whom};
use crate::{exit_code::Outcome, protocol::QueryRequest, render, rules::yaml};

const AFTER_HELP: &str = "\
Examples:
  landfall query strategies/brazil-germany.yaml
  landfall query s.yaml --as-of 2027-01-01 --set markets.br.users=1000000
  landfall query s.yaml --format json | jq -r .answer.objective.likely
  landfall query s.yaml --format csv > lines.csv
  landfall query s.yaml --follow
  landfall query s.yaml --label \"board 2026-12-04\"

Exits with 4 where the answer is incomplete or blocked. With --follow it goes on until it is interrupted, and
shows a new answer, and what changed it, with each generation of the host.";

/// Ask what a strategy costs: J and spend, each market by stage, and what to know about them
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    ask: Ask,
    /// Answer again with each generation of a running host, and show what changed; as a table or, one object
    /// a line, as JSON
    #[arg(long, short, conflicts_with_all = ["rules", "plugins", "generation", "label"])]
    follow: bool,
    /// What the answer is called in the audit log, as in "board 2026-12-04"; what it rests on is then kept
    #[arg(long, value_name = "TEXT", conflicts_with = "rules")]
    label: Option<String>,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
    /// The same as JSON, to lie beside rule files.
    Yaml,
    /// One row per line item.
    Csv,
    /// For a page or an issue.
    Markdown,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    match (args.follow, args.format) {
        (true, Format::Table) => return watched::run(&args.ask, &args.whom, false),
        (true, Format::Json) => return watched::run(&args.ask, &args.whom, true),
        (true, _) => {
            let message = "answers are followed as a table or as JSON".to_owned();
            let help = Some("leave `--format` out, or write `--format json`".to_owned());
            return Err(Failure::Usage { message, help });
        }
        (false, _) => {}
    }
    let request = QueryRequest { label: args.label.clone(), ..args.ask.request()? };
    let response = args.whom.query(&request)?;
    match args.format {
        Format::Table => put(&render::query(&response))?,
        Format::Json => put_json(&response)?,
        Format::Yaml => {
            put_raw(yaml::write(&response).map_err(|error| Failure::system("write YAML", error))?.as_bytes())?
        }
        Format::Csv => {
            put_raw(&render::query_csv(&response).map_err(|error| Failure::system("write CSV", error))?)?;
        }
        Format::Markdown => put_raw(render::query_markdown(&response).as_bytes())?,
    }
    Ok(Outcome::Answer(response.answer.status))
}
