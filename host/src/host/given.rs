//! What a plugin was given in an answer: the one case somebody wants to keep.

use jiff::civil::Date;

use super::{over_budget, strategy_of, under_scenarios};
use crate::{
    diagnostic::{Diagnostic, did_you_mean},
    evaluate::{GivenCase, MarketEvaluation, cases, evaluate},
    id::Stage,
    protocol::{QueryRequest, Refusal},
    reload::Kept,
};

/// Which case of an answer.
#[derive(Debug, Clone, Copy)]
pub struct WantedCase<'a> {
    /// Of this market.
    pub market: &'a str,
    /// Of this stage.
    pub stage: Stage,
    /// Of this plugin; of the only one where nobody says.
    pub plugin: Option<&'a str>,
    /// Of the period with this day in it; of the first where nobody says.
    pub on: Option<Date>,
}

/// Why there is no such case.
#[derive(Debug)]
pub enum NoCase {
    /// There is no answer.
    Refused(Refusal),
    /// The answer has no such case: what is asked for instead.
    Unknown(Diagnostic),
}

impl From<Refusal> for NoCase {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The case that a plugin was given in the answer to a question.
///
/// # Errors
/// [`NoCase`].
pub fn given(kept: &Kept, request: &QueryRequest, wanted: &WantedCase<'_>) -> Result<GivenCase, NoCase> {
    let generation = &*under_scenarios(&kept.generation, &request.scenario)?;
    let strategy = strategy_of(generation, request)?;
    let evaluation =
        evaluate(generation, strategy).map_err(|over| Refusal::strategy(vec![over_budget(&over)]))?;
    let market = find(&evaluation.markets, wanted.market)?;
    let given = cases(generation, &evaluation.strategy, market, wanted.stage);
    let given = given.map_err(|why| unknown(why.to_string(), "ask `landfall explain` why"))?;
    let given = of_plugin(given, wanted)?;
    let first = given.first().map(|case| case.period.from);
    let last = given.last().map(|case| case.period.to);
    let holds =
        |case: &GivenCase| wanted.on.is_none_or(|day| case.period.from <= day && day < case.period.to);
    let found = given.into_iter().find(holds).ok_or_else(|| {
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        let day = wanted.on.unwrap_or_default();
        unknown(
            format!("{day} is not in the horizon of the strategy"),
            &format!("name a day from {first} to the one before {last}"),
        )
    })?;
    match &found.case {
        Err(why) => Err(unknown(format!("the plugin was not asked: {why}"), "ask `landfall explain` why")),
        Ok(_) => Ok(found),
    }
}

fn unknown(message: String, help: &str) -> NoCase {
    NoCase::Unknown(Diagnostic::error(message).help(help))
}

fn find<'m>(markets: &'m [MarketEvaluation], wanted: &str) -> Result<&'m MarketEvaluation, NoCase> {
    markets.iter().find(|market| market.id.as_str() == wanted).ok_or_else(|| {
        let help = did_you_mean(wanted, markets.iter().map(|market| market.id.as_str()));
        unknown(format!("the strategy has no market `{wanted}`"), &help)
    })
}

/// The cases of one plugin, by period: those of the country, where its regions bind it too.
fn of_plugin(given: Vec<GivenCase>, wanted: &WantedCase<'_>) -> Result<Vec<GivenCase>, NoCase> {
    let mut ids: Vec<String> = given.iter().map(|case| case.plugin.description.id.to_string()).collect();
    ids.dedup();
    let id = match (wanted.plugin, ids.as_slice()) {
        (Some(id), _) => id,
        (None, [only]) => only,
        (None, _) => {
            let help = format!("name one of them: {}", flags(&ids));
            return Err(unknown(format!("several plugins compute {}", wanted.stage), &help));
        }
    };
    let mut of_it: Vec<GivenCase> =
        given.into_iter().filter(|case| case.plugin.description.id.as_str() == id).collect();
    let region = of_it.first().and_then(|case| case.region.clone());
    of_it.retain(|case| case.region == region);
    if of_it.is_empty() {
        let help = did_you_mean(id, ids.iter().map(String::as_str));
        return Err(unknown(format!("no plugin `{id}` computes {} there", wanted.stage), &help));
    }
    Ok(of_it)
}

fn flags(ids: &[String]) -> String {
    ids.iter().map(|id| format!("`--plugin {id}`")).collect::<Vec<_>>().join(" or ")
}
