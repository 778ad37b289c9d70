//! `landfall explain`: why a number is what it is; and what a plugin was given for it, as a case to test with.

use std::path::{Path, PathBuf};

use clap::{
    ValueEnum, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::civil::Date;
use serde::Serialize;

use super::{
    Failure,
    ask::Ask,
    put, put_json, put_raw,
    seam::{self, Given},
    whom::Whom,
};
use crate::{
    diagnostic::did_you_mean,
    exit_code::Outcome,
    files,
    host::WantedCase,
    id::Stage,
    kit::case::{self, Asked, Expect},
    logging,
    protocol::{Market, QueryResponse, Served, Shared},
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall explain strategies/brazil-germany.yaml
  landfall explain s.yaml --market br --stage compliance
  landfall explain s.yaml --market de --format markdown
  landfall explain s.yaml --market br --stage compliance --plugin lgpd --record-case plugins/lgpd/cases/br.yaml \\
      --rules rules/world --plugins target/plugins

With --record-case what a plugin was given is written into a file, with what it answered as what must come back:
`landfall plugin test` runs it. A host answers with lines and not with what it gave, so that takes --rules and
--plugins. Exits with 4 where the answer is incomplete or blocked.";

/// Show why: every line with its rule, article, facts, plugin and amounts
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    ask: Ask,
    /// Only this market
    #[arg(long, value_name = "MARKET", value_hint = ValueHint::Other)]
    market: Option<String>,
    /// Only this stage
    #[arg(long, value_name = "STAGE", value_parser = stage_parser())]
    stage: Option<Stage>,
    /// How to show the reasons
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    record: Record,
    #[command(flatten)]
    whom: Whom,
}

/// One case of the answer, kept as a file.
#[derive(Debug, clap::Args)]
struct Record {
    /// Write the case a plugin was given into this new file, and show nothing
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Recording a case")]
    #[arg(requires = "market", requires = "stage")]
    record_case: Option<PathBuf>,
    /// Whose case, where several plugins compute the stage
    #[arg(long, value_name = "PLUGIN", value_hint = ValueHint::Other, help_heading = "Recording a case")]
    #[arg(id = "of_plugin", long = "plugin", requires = "record_case")]
    plugin: Option<String>,
    /// Of the period with this day in it [default: the first]
    #[arg(long, value_name = "DATE", help_heading = "Recording a case", requires = "record_case")]
    on: Option<Date>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Tree,
    /// For programs: the markets as `query --format json` shows them.
    Json,
    /// For a page or an issue.
    Markdown,
}

/// What `--format json` shows.
#[derive(Debug, Serialize)]
struct Explanation<'a> {
    as_of: &'a str,
    currency: &'a str,
    markets: &'a [Market],
    shared: &'a [Shared],
    receipt: &'a str,
    served: &'a Served,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    if let Some(file) = &args.record.record_case {
        return record(args, file);
    }
    let response = args.whom.query(&args.ask.request()?)?;
    let status = response.answer.status;
    let shown = only(response, args.market.as_deref(), args.stage)?;
    match args.format {
        Format::Tree => put(&render::explain(&shown))?,
        Format::Json => put_json(&Explanation {
            as_of: &shown.answer.as_of,
            currency: &shown.answer.currency,
            markets: &shown.answer.markets,
            shared: &shown.answer.shared,
            receipt: &shown.receipt,
            served: &shown.served,
        })?,
        Format::Markdown => put_raw(render::explain_markdown(&shown).as_bytes())?,
    }
    Ok(Outcome::Answer(status))
}

/// Writes the case that a plugin was given, with what it answers to it.
fn record(args: &Args, file: &Path) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let (Some(market), Some(stage)) = (&args.market, args.stage) else {
        return Err(Failure::usage("a case is of one market and one stage"));
    };
    let Some(folders) = args.whom.folders() else {
        return Err(Failure::Usage {
            message: "a host answers with lines, and not with what it gave its plugins".to_owned(),
            help: Some("record the case without one: add `--rules DIR --plugins DIR`".to_owned()),
        });
    };
    let request = args.ask.request()?;
    let (plugin, on) = (args.record.plugin.as_deref(), args.record.on);
    let wanted = WantedCase { market, stage, plugin, on };
    let Given { plugin, case, obligations, period: (from, to) } = seam::given(&folders, &request, &wanted)?;
    let answer = plugin.estimate(&case).map(|estimate| estimate.lines);
    if let Some(error) = answer.as_ref().err().filter(|error| error.is_retryable()) {
        return Err(Failure::system("record what came", error));
    }
    let expect = Expect::of(&answer);
    let (name, id) = (format!("{market} from {from}"), &plugin.description.id);
    let whence = format!(
        "Recorded by `landfall explain`: {}, {market}, {stage} by {id}, {from} to {to}.",
        request.strategy.name
    );
    let asked = Asked { plugin: &plugin, case: &case, obligations: &obligations, name: &name, from: &whence };
    let written = [(file.display().to_string(), case::recorded(&asked, &expect))];
    files::write_new(Path::new("."), &written)?;
    render::note(&format!("wrote {}\n", file.display()));
    Ok(Outcome::Done)
}

/// The part of an answer that was asked about.
fn only(
    mut response: QueryResponse,
    market: Option<&str>,
    stage: Option<Stage>,
) -> Result<QueryResponse, Failure> {
    let markets = &mut response.answer.markets;
    if let Some(wanted) = market {
        if !markets.iter().any(|market| market.id == wanted) {
            let help = did_you_mean(wanted, markets.iter().map(|market| market.id.as_str()));
            let message = format!("the strategy has no market `{wanted}`");
            return Err(Failure::Usage { message, help: Some(help) });
        }
        markets.retain(|market| market.id == wanted);
        response.answer.shared.retain(|row| row.members.iter().any(|member| member == wanted));
    }
    if let Some(stage) = stage {
        markets.iter_mut().for_each(|market| narrow(market, stage));
        response.answer.shared.retain(|row| row.stage == stage);
    }
    Ok(response)
}

/// Leaves the stage, and what is wrong with it.
fn narrow(market: &mut Market, stage: Stage) {
    market.stages.retain(|name, _| *name == stage);
    market.reasons.retain(|reason| reason.stage.is_none_or(|of| of == stage));
    market.gaps.retain(|gap| gap.stage == stage);
    let lines: Vec<_> = market.stages.values().flat_map(|answer| &answer.lines).collect();
    market
        .undetermined
        .retain(|duty| lines.iter().any(|line| line.obligation.as_ref() == Some(&duty.obligation)));
    // In which stage a duty would be computed that does not apply, nobody has asked.
    market.not_triggered.clear();
    market.penalties.clear();
    market.choices.clear();
}

fn stage_parser() -> impl TypedValueParser<Value = Stage> {
    // Possible values first: completions offer them, and a slip is answered with the nearest.
    PossibleValuesParser::new(Stage::ALL.map(Stage::as_str))
        .try_map(|text| Stage::parse(&text).ok_or_else(|| format!("`{text}` is not a stage")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn one_market_and_one_stage() {
        let shown = only(fixture::troubled(), Some("br"), Some(Stage::Compliance)).unwrap();
        let [br] = &shown.answer.markets[..] else { panic!("{:?}", shown.answer.markets) };
        assert_eq!(br.stages.keys().collect::<Vec<_>>(), [&Stage::Compliance]);
        assert_eq!((br.gaps.len(), br.undetermined.len(), br.penalties.len()), (1, 1, 0));
        let shown = only(fixture::troubled(), None, Some(Stage::Output)).unwrap();
        assert_eq!(shown.answer.markets[0].undetermined, []);
    }

    #[test]
    fn an_unknown_market_names_the_nearest() {
        let refused = only(fixture::seed(), Some("bra"), None).unwrap_err();
        let said = &refused.diagnostics()[0];
        assert_eq!(said.message, "the strategy has no market `bra`");
        assert_eq!(said.help.as_deref(), Some("did you mean `br`?"));
    }
}
