//! Everything a query says beside its table, as sections of rows. Plain text: each output escapes it.

use super::{
    changes::said as state,
    number::{NONE, Unit, full, percent},
};
use crate::protocol::{Answer, Choice, Market, Partial, Penalty, QueryResponse, Spread, StaleItem};

/// A heading and rows of cells under it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) rows: Vec<Vec<String>>,
}

/// The sections that have something to say, the gravest first.
pub(super) fn sections(answer: &Answer, unit: &Unit) -> Vec<Section> {
    let markets = || answer.markets.iter();
    let all = [
        ("incomplete or blocked", markets().flat_map(reasons).collect()),
        ("blocks", markets().flat_map(blocks).collect()),
        (
            "undetermined (a fact is missing; counted in high alone)",
            markets().flat_map(|m| undetermined(m, unit)).collect(),
        ),
        ("gaps (law that is known and not computed)", markets().flat_map(gaps).collect()),
        ("choices", markets().flat_map(|m| choices(m, unit)).collect()),
        (
            "penalties (the most the law can take; never in J)",
            markets().flat_map(|m| m.penalties.iter().map(|p| penalty(m, p, unit))).collect(),
        ),
        ("drivers (the largest lines of J)", drivers(answer, unit)),
        ("facts nobody gave, with their default", markets().flat_map(defaulted).collect()),
        ("upcoming", upcoming(answer)),
        ("warnings", answer.warnings.iter().map(|text| vec![text.clone()]).collect()),
    ];
    all.into_iter()
        .filter(|(_, rows): &(_, Vec<Vec<String>>)| !rows.is_empty())
        .map(|(title, rows)| Section { title, rows })
        .collect()
}

/// What J is, in rows of name, amount and what it means.
pub(super) fn headline(answer: &Answer, unit: &Unit) -> Vec<[String; 3]> {
    let weighted = format!("weighted; a weight is a {}", answer.weight_means);
    let none = format!("{NONE} ({})", answer.status.as_str());
    match (&answer.objective, &answer.spend, &answer.partial) {
        (Some(objective), Some(spend), _) => [
            amount_rows("J", objective, &weighted, unit),
            amount_rows("spend", spend, "without weights", unit),
        ]
        .concat(),
        (_, _, Some(partial)) => {
            let Partial { low, likely, high, spend, markets } = partial.clone();
            let of = format!("not J: what could be computed of {}", list(&markets));
            [
                vec![row("J", none, "something below could not be counted")],
                amount_rows("partial", &Spread { low, likely, high }, &format!("{of}; {weighted}"), unit),
                amount_rows("partial spend", &spend, "the same without weights", unit),
            ]
            .concat()
        }
        _ => vec![row("J", none, "nothing could be counted")],
    }
}

fn row(name: &str, amount: String, meaning: &str) -> [String; 3] {
    [name.to_owned(), amount, meaning.to_owned()]
}

fn amount_rows(name: &str, amount: &Spread, meaning: &str, unit: &Unit) -> Vec<[String; 3]> {
    let mut rows = vec![row(name, unit.say(&amount.likely), meaning)];
    if let Some(range) = unit.range(amount) {
        let meaning = "all low – all high, not percentiles";
        rows.push(row("", format!("{range} {}", unit.label), meaning));
    }
    rows
}

fn list(names: &[String]) -> String {
    match names.is_empty() {
        true => "no market".to_owned(),
        false => names.join(", "),
    }
}

/// Who answered, and what is not as it stands on disk.
pub(super) fn footer(response: &QueryResponse, unit: &Unit) -> Vec<String> {
    let served = &response.served;
    let mut lines = vec![format!(
        "generation {} ({}), receipt {}",
        served.number,
        super::short(&served.generation),
        super::short(&response.receipt)
    )];
    for item in &served.stale_items {
        lines.push(stale(item));
    }
    if unit.has_rounded() {
        lines.push("rounded for reading; --format json has every digit".to_owned());
    }
    lines
}

/// `br.yaml is served from last good since …, because … at br.yaml:31:3`.
fn stale(item: &StaleItem) -> String {
    let said =
        |before: &str, what: Option<&String>| what.map(|what| format!("{before}{what}")).unwrap_or_default();
    let since = said(" since ", item.since.as_ref());
    let because = said(", because ", item.reason.as_ref());
    let at = said(" at ", item.at.as_ref());
    format!("{} is {}{since}{because}{at}", item.file, state(item.state))
}

fn reasons(market: &Market) -> Vec<Vec<String>> {
    let row =
        |stage: String, text: &str, at: Option<&String>| vec![market.id.clone(), stage, located(text, at)];
    let each: Vec<_> = market
        .reasons
        .iter()
        .map(|r| row(r.stage.map(|s| s.to_string()).unwrap_or_default(), &r.message, r.at.as_ref()))
        .collect();
    match &market.reason {
        // What blocks it has a section of its own.
        Some(reason) if each.is_empty() && market.blocks.is_empty() => {
            vec![row(market.status.as_str().to_owned(), reason, None)]
        }
        _ => each,
    }
}

fn blocks(market: &Market) -> Vec<Vec<String>> {
    let row = |block: &crate::protocol::Block| {
        let title = block.title.clone().unwrap_or_default();
        vec![
            market.id.clone(),
            block.id.clone(),
            format!("from {}", block.from),
            with_cites(&located(&title, Some(&block.at)), &block.cites),
        ]
    };
    market.blocks.iter().map(row).collect()
}

fn undetermined(market: &Market, unit: &Unit) -> Vec<Vec<String>> {
    let row = |duty: &crate::protocol::Undetermined| {
        let cost = match &duty.if_applies {
            Some(spread) => format!("{} if it applies", unit.say(&spread.likely)),
            None => "its cost could not be computed".to_owned(),
        };
        let title = duty.title.clone().unwrap_or_default();
        vec![
            market.id.clone(),
            duty.obligation.clone(),
            format!("needs {}", duty.needs.join(", ")),
            cost,
            located(&title, Some(&duty.at)),
        ]
    };
    market.undetermined.iter().map(row).collect()
}

fn gaps(market: &Market) -> Vec<Vec<String>> {
    let row = |gap: &crate::protocol::Gap| {
        let accepted = gap.accepted.as_ref().map_or_else(String::new, |accepted| {
            format!("; accepted by {} until {}", accepted.by, accepted.until)
        });
        let text = with_cites(&located(&format!("{}{accepted}", gap.reason), Some(&gap.at)), &gap.cites);
        vec![market.id.clone(), gap.id.clone(), gap.stage.to_string(), text]
    };
    market.gaps.iter().map(row).collect()
}

fn choices(market: &Market, unit: &Unit) -> Vec<Vec<String>> {
    let row = |(name, choice): (&String, &Choice)| {
        let chosen = choice.chosen.clone().unwrap_or_else(|| "undecided".to_owned());
        let how = if choice.open { "open" } else { "pinned" };
        let next = next_best(choice, |gap| unit.say(gap));
        let struck: Vec<String> = choice
            .struck
            .iter()
            .map(|s| format!("not {}: {}", s.option, with_cites(&s.reason, &s.cites)))
            .collect();
        vec![market.id.clone(), name.clone(), chosen, how.to_owned(), next, struck.join("; ")]
    };
    market.choices.iter().map(row).collect()
}

/// `then inhouse, 12,500.00 EUR more`.
pub(super) fn next_best(choice: &Choice, say: impl Fn(&str) -> String) -> String {
    match (&choice.runner_up, &choice.gap) {
        (Some(next), Some(gap)) => format!("then {next}, {} more", say(gap)),
        (Some(next), None) => format!("then {next}"),
        (None, _) => String::new(),
    }
}

fn penalty(market: &Market, penalty: &Penalty, unit: &Unit) -> Vec<String> {
    let maximum = match &penalty.maximum {
        Some(maximum) => unit.say(maximum),
        None => format!("{NONE} needs {}", penalty.needs.join(", ")),
    };
    let native = penalty.native.as_ref().map(|n| format!("{} {}", full(&n.amount), n.currency));
    vec![
        market.id.clone(),
        penalty.id.clone(),
        maximum,
        native.unwrap_or_default(),
        format!("per {}", penalty.per),
        format!("{} liable", penalty.liable),
        penalty.cites.join(", "),
    ]
}

fn drivers(answer: &Answer, unit: &Unit) -> Vec<Vec<String>> {
    let row = |driver: &crate::protocol::Driver| {
        let who = driver.obligation.as_ref().unwrap_or(&driver.plugin);
        vec![
            driver.share.as_deref().map_or_else(|| NONE.to_owned(), percent),
            unit.say(&driver.weighted.likely),
            driver.market.clone(),
            driver.stage.to_string(),
            format!("{who}: {}", driver.label),
        ]
    };
    answer.drivers.iter().map(row).collect()
}

fn defaulted(market: &Market) -> Vec<Vec<String>> {
    market.defaulted.iter().map(|d| vec![market.id.clone(), d.fact.clone(), d.value.clone()]).collect()
}

fn upcoming(answer: &Answer) -> Vec<Vec<String>> {
    let row = |change: &crate::protocol::Upcoming| {
        vec![change.on.clone(), change.id.clone(), with_cites(&change.what, &change.cites)]
    };
    answer.upcoming.iter().map(row).collect()
}

fn located(text: &str, at: Option<&String>) -> String {
    match at {
        Some(at) if text.is_empty() => at.clone(),
        Some(at) => format!("{text} ({at})"),
        None => text.to_owned(),
    }
}

pub(super) fn with_cites(text: &str, cites: &[String]) -> String {
    match cites.is_empty() {
        true => text.to_owned(),
        false => format!("{text} [{}]", cites.join(", ")),
    }
}
