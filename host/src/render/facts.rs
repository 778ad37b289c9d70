//! The facts a strategy leaves open, for a terminal.

use super::{
    BOLD, DIM, count,
    escape::terminal,
    number::{NONE, Unit},
    rows::{Lean, rows},
};
use crate::protocol::{Fact, FactNeedKind, Facts, FactsResponse, Status};

/// Most rules named beside one fact; the rest is counted.
const MOST_RULES: usize = 6;

/// What is missing, what the largest sums hang on first; then what has a default.
#[must_use]
pub fn facts(response: &FactsResponse) -> String {
    let facts = &response.facts;
    let unit = Unit::named(facts.report.as_ref(), &facts.currency);
    let mut text = head(facts);
    if !facts.missing.is_empty() {
        let header = [format!("decides ({})", unit.label), "rules".into(), "fact".into(), "type".into()];
        let table = facts.missing.iter().flat_map(|fact| missing(fact, &unit)).collect();
        text.push_str(&format!("\n{}", rows(&[Lean::Right, Lean::Right], Some(header.to_vec()), table)));
    }
    if !facts.defaulted.is_empty() {
        let table = facts.defaulted.iter().map(defaulted).collect();
        text.push_str(&format!("\nnobody gave, and a default stands in\n{}", rows(&[], None, table)));
    }
    text.push('\n');
    for line in foot(response, &unit) {
        text.push_str(&format!("{DIM}{}{DIM:#}\n", terminal(&line)));
    }
    text
}

fn head(facts: &Facts) -> String {
    let title = facts.title.as_deref().map(|title| format!("{BOLD}{}{BOLD:#}\n", terminal(title)));
    let what_if = match facts.scenarios.as_slice() {
        [] => String::new(),
        names => format!(", what if: {}", names.join(", ")),
    };
    let said = match facts.missing.len() {
        0 => "no fact is missing".to_owned(),
        1 => "1 fact is missing".to_owned(),
        many => format!("{many} facts are missing"),
    };
    format!("{}{said} as of {}{}\n", title.unwrap_or_default(), terminal(&facts.as_of), terminal(&what_if))
}

/// What it decides, what it is, and what needs it.
fn missing(fact: &Fact, unit: &Unit) -> Vec<Vec<String>> {
    let obligations = || fact.needed_by.iter().filter(|need| need.kind == FactNeedKind::Obligation);
    let decides = match (obligations().next().is_some(), obligations().any(|need| need.if_applies.is_some()))
    {
        (true, true) => unit.cell(&fact.decides),
        (true, false) => "unknown".to_owned(),
        (false, _) => NONE.to_owned(),
    };
    let below = |text: String| vec![String::new(), String::new(), String::new(), text];
    let mut lines = vec![vec![decides, fact.rules.to_string(), terminal(&fact.path), kind(fact)]];
    lines.push(below(terminal(&fact.doc)));
    lines.push(below(format!("needed by {}", needed_by(fact))));
    lines
}

fn kind(fact: &Fact) -> String {
    let mut text = fact.value_type.clone();
    for more in fact.unit.iter().chain(&fact.vocabulary) {
        text.push_str(&format!(", {more}"));
    }
    if !fact.values.is_empty() {
        text.push_str(&format!(" of {}", fact.values.join(", ")));
    }
    terminal(&text)
}

/// Each rule once, whatever the markets.
fn needed_by(fact: &Fact) -> String {
    let mut names: Vec<String> = Vec::new();
    for need in &fact.needed_by {
        let name = match need.kind {
            FactNeedKind::Obligation => need.id.clone(),
            kind => format!("{} {}", kind.as_str(), need.id),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(MOST_RULES);
    names.truncate(MOST_RULES);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    terminal(&format!("{}{more}", names.join(", ")))
}

fn defaulted(fact: &Fact) -> Vec<String> {
    let default = fact.default.as_deref().unwrap_or(NONE);
    vec![terminal(&fact.path), terminal(default), terminal(&fact.doc)]
}

fn foot(response: &FactsResponse, unit: &Unit) -> Vec<String> {
    let facts = &response.facts;
    let mut lines = Vec::new();
    lines.extend(facts.unseen.iter().map(|unseen| match unseen.status {
        Status::Blocked => {
            format!("{} is blocked, and not looked into any further: {}", unseen.market, unseen.reason)
        }
        _ => format!("{}: nobody can say what is missing: {}", unseen.market, unseen.reason),
    }));
    if facts.missing.is_empty() && facts.unseen.is_empty() && facts.status == Status::Incomplete {
        lines.push("the answer is incomplete all the same: `landfall query` says why".to_owned());
    }
    if !facts.missing.is_empty() {
        lines.push("decides: what the obligations that need it would cost at the most".to_owned());
    }
    if unit.has_rounded() {
        lines.push("amounts are rounded; --format json has every digit".to_owned());
    }
    let served = &response.served;
    lines.push(format!("generation {} ({})", served.number, super::short(&served.generation)));
    lines.extend(
        (!served.stale_items.is_empty())
            .then(|| format!("{} not served as on disk", count(served.stale_items.len(), "file"))),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use crate::fixture;

    #[test]
    fn the_table_says_what_is_missing_and_what_stands_in() {
        let expected = "\
Brazil <b>�
2 facts are missing as of 2026-11-23

  decides (EUR)  rules  fact              type
          5,000      2  markets.br.users  count, people
                                          how many people�use it
                                          needed by br.dpo, br.fine
              —      0  product.kinds     count, people
                                          how many people�use it
                                          needed by

nobody gave, and a default stands in
  markets.br.familiarity  0%  how many people�use it

de: nobody can say what is missing: the rules of `de` are unavailable: no rule file
decides: what the obligations that need it would cost at the most
";
        let text = plain(&super::facts(&fixture::facts()));
        assert_eq!(text.split_once("generation ").unwrap().0, expected);
    }
}
