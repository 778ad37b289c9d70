//! What holds for every strategy.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;

use super::{super::remembered::FORGETFUL, *};
use crate::{
    protocol::{Answer, Spread, Status},
    reload::Published,
    testing::{OTHERS_NONE, answer, country, plugins},
};

/// Ten-thousandths: low, likely, high.
pub(super) fn units(spread: &Spread) -> [i128; 3] {
    [&spread.low, &spread.likely, &spread.high].map(|text| text.replace('.', "").parse().unwrap())
}

fn sum<'s>(spreads: impl IntoIterator<Item = &'s Spread>) -> [i128; 3] {
    spreads.into_iter().fold([0; 3], |sum, spread| {
        let units = units(spread);
        std::array::from_fn(|i| sum[i] + units[i])
    })
}

/// Every total is the sum of the lines a reader sees, and every spread is in order.
#[track_caller]
fn adds_up(answer: &Answer) {
    for market in &answer.markets {
        let lines = || market.stages.values().flat_map(|stage| &stage.lines);
        for stage in market.stages.values() {
            if let (Some(total), Some(weighted)) = (&stage.total, &stage.weighted) {
                assert_eq!(units(total), sum(stage.lines.iter().map(|line| &line.total)));
                assert_eq!(units(weighted), sum(stage.lines.iter().map(|line| &line.weighted)));
            }
        }
        if let (Some(total), Some(weighted)) = (&market.total, &market.weighted) {
            assert_eq!(units(total), sum(lines().map(|line| &line.total)));
            assert_eq!(units(weighted), sum(lines().map(|line| &line.weighted)));
        }
        if market.status == Status::Complete {
            assert_eq!(
                units(market.total.as_ref().unwrap()),
                sum(market.stages.values().filter_map(|stage| stage.total.as_ref()))
            );
            assert!(market.stages.values().all(|stage| stage.total.is_some()));
        }
        for line in lines() {
            let [low, likely, high] = units(&line.total);
            assert!(0 <= low && low <= likely && likely <= high, "{line:?}");
        }
    }
    let weighted = sum(answer.markets.iter().filter_map(|market| market.weighted.as_ref()));
    let spend = sum(answer.markets.iter().filter_map(|market| market.total.as_ref()));
    match (&answer.objective, &answer.partial) {
        (Some(objective), None) => {
            assert_eq!((units(objective), units(answer.spend.as_ref().unwrap())), (weighted, spend));
            assert!(answer.markets.iter().all(|market| market.status == Status::Complete));
        }
        (None, Some(partial)) => {
            let all = Spread {
                low: partial.low.clone(),
                likely: partial.likely.clone(),
                high: partial.high.clone(),
            };
            assert_eq!((units(&all), units(&partial.spend)), (weighted, spend));
            assert!(answer.markets.iter().any(|market| market.status != Status::Complete));
        }
        both => panic!("{both:?}"),
    }
}

/// Three markets in three currencies, with everything that makes amounts crooked.
fn files() -> Files {
    let duties = obligations(&[
        (
            "records",
            "product.personal_data",
            "{once: {days: {counsel: {low: 0.3333, likely: 1.7, high: 2.1}}}}",
        ),
        (
            "officer",
            "market.users >= 1000 || company.sme",
            "{yearly: {fixed: {low: 0.0003 BRL, likely: 33.3333 BRL, high: 100.0001 BRL}}}",
        ),
        (
            "audit",
            "product.personal_data && market.revenue > money('5 EUR')",
            "choice: depth, options: {desk: {once: {fixed: 7.7777 USD}, times: \"product.systems\"}, field: {yearly: {fixed: 3.3333 CNY}}}",
        ),
        (
            "report",
            "!company.sme && product.systems > 2",
            "{once: {days: {counsel: 0.01}}, yearly: {fixed: 0.0001 EUR}, times: \"product.systems\"}",
        ),
    ]);
    let choices = "choices: {depth: {options: {desk: {}, field: {}}}}\n";
    let stages =
        OTHERS_NONE.replace("output: {none: not needed, by: test}", "output: {fixed: {amount: 12.3456 CUR}}");
    let mut files = Files::new().plugin("fixed", plugins::fixed("fixed", 1, 3));
    for (id, currency) in [("de", "EUR"), ("br", "BRL"), ("us", "USD")] {
        files = files.rule(
            id,
            country(id, currency, &format!("{choices}{duties}{}", stages.replace("CUR", currency))),
        );
    }
    files
}

/// The same, with law that changes and reads options: every kind of thing on whose sameness something rests.
fn changing() -> Arc<Published> {
    static PUBLISHED: std::sync::OnceLock<Arc<Published>> = std::sync::OnceLock::new();
    let law = "params:
  least: {type: count, doc: users, values: [{from: 2020-01-01, to: 2027-03-01, value: 900, cite: \"law#p\", confidence: high}, {from: 2027-03-01, value: 1_200, cite: \"law#q\", confidence: high}]}
  ending: {type: flag, doc: any, values: [{from: 2025-06-01, to: 2028-02-01, value: true, cite: \"law#r\", confidence: high}]}
";
    let duties = [
        (
            "many",
            "market.users >= param.least",
            "{yearly: {fixed: {low: 1 EUR, likely: 2.5 EUR, high: 9 EUR}}}",
        ),
        (
            "while_it_lasts",
            "param.ending || company.sme",
            "{once: {fixed: 3.3333 USD}, times: \"product.systems\"}",
        ),
        ("deep", "choice.depth == 'field' && market.users > 10", "{yearly: {days: {counsel: 0.5}}}"),
        (
            "by_option",
            "product.personal_data",
            "choice: depth, options: {desk: {once: {fixed: 5 EUR}}, field: {once: {fixed: 1 EUR}, times: \"param.least\"}}",
        ),
    ];
    let others = "choices: {depth: {options: {desk: {}, field: {allowed_when: \"market.users < param.least\", cite: \"law#o\"}}}}\n";
    let published = PUBLISHED.get_or_init(|| {
        let rest = format!("{law}{others}{}{OTHERS_NONE}", obligations(&duties));
        let files = [("de", "EUR"), ("br", "BRL"), ("us", "USD")];
        let files = files
            .into_iter()
            .fold(Files::new(), |files, (id, currency)| files.rule(id, country(id, currency, &rest)));
        let published = files.published();
        assert_eq!(crate::testing::problems(&published), "");
        published
    });
    Arc::clone(published)
}

fn world() -> Arc<Published> {
    let published = files().published();
    assert_eq!(crate::testing::problems(&published), "");
    published
}

/// A question about that world; what is `None` nobody gave.
#[derive(Debug, Clone)]
struct Question {
    currency: &'static str,
    years: u32,
    discount: u32,
    facts: BTreeMap<&'static str, u32>,
    /// Weight in ten-thousandths, users, revenue.
    markets: BTreeMap<&'static str, (u32, Option<u32>, Option<u32>)>,
    depth: Option<&'static str>,
}

fn question() -> impl Strategy<Value = Question> {
    let facts = vec!["sme", "personal_data", "systems"];
    let facts = proptest::collection::btree_map(proptest::sample::select(facts), 0..9_u32, 0..4);
    let market = (0..50_000_u32, proptest::option::of(0..2_000_u32), proptest::option::of(0..9_u32));
    let markets =
        proptest::collection::btree_map(proptest::sample::select(vec!["de", "br", "us"]), market, 1..4);
    let currency = proptest::sample::select(vec!["EUR", "BRL", "USD", "CNY"]);
    let depth = proptest::option::of(proptest::sample::select(vec!["desk", "field"]));
    (currency, 1..6_u32, 0..2_000_u32, facts, markets, depth).prop_map(
        |(currency, years, discount, facts, markets, depth)| Question {
            currency,
            years,
            discount,
            facts,
            markets,
            depth,
        },
    )
}

impl Question {
    /// The question as it is written, its parts in one order or the other.
    fn text(&self, backwards: bool) -> String {
        let fact = |name: &str| {
            let value = *self.facts.get(name)?;
            Some(if name == "systems" {
                format!("systems: {value}")
            } else {
                format!("{name}: {}", value % 2 == 0)
            })
        };
        let all = |parts: Vec<String>| {
            let mut parts = parts;
            if backwards {
                parts.reverse();
            }
            parts.join(", ")
        };
        let market = |(id, (weight, users, revenue)): (&&str, &(u32, Option<u32>, Option<u32>))| {
            let mut parts = vec![format!("weight: {}.{:04}", weight / 10_000, weight % 10_000)];
            parts.extend(users.map(|users| format!("users: {users}")));
            parts.extend(revenue.map(|revenue| format!("revenue: {revenue}.5 EUR")));
            format!("{id}: {{{}}}", all(parts))
        };
        let mut lines = vec![
            format!("currency: {}\n", self.currency),
            format!("horizon_years: {}\n", self.years),
            format!("discount: {}.{:02}%\n", self.discount / 100, self.discount % 100),
            format!("company: {{{}}}\n", fact("sme").unwrap_or_default()),
            format!(
                "product: {{{}}}\n",
                all(["personal_data", "systems"].into_iter().filter_map(fact).collect())
            ),
            format!("markets: {{{}}}\n", all(self.markets.iter().map(market).collect())),
        ];
        lines.extend(self.depth.map(|depth| format!("choices: {{depth: {depth}}}\n")));
        if backwards {
            lines.reverse();
        }
        lines.concat()
    }

    /// The same without one thing that was given.
    fn without(&self, which: usize) -> Option<Self> {
        let mut less = self.clone();
        let facts: Vec<_> = self.facts.keys().copied().filter(|fact| *fact != "sme").collect();
        if let Some(fact) = facts.get(which) {
            less.facts.remove(fact);
            return Some(less);
        }
        let given: Vec<(&str, bool)> = self
            .markets
            .iter()
            .flat_map(|(id, (_, users, revenue))| {
                [(*id, users.is_some(), false), (*id, revenue.is_some(), true)]
            })
            .filter(|(_, given, _)| *given)
            .map(|(id, _, revenue)| (id, revenue))
            .collect();
        let (id, revenue) = *given.get(which - facts.len())?;
        let market = less.markets.get_mut(id)?;
        if revenue {
            market.2 = None;
        } else {
            market.1 = None;
        }
        Some(less)
    }
}

fn high(answer: &Answer) -> i128 {
    let text = answer
        .objective
        .as_ref()
        .map(|spread| &spread.high)
        .or(answer.partial.as_ref().map(|partial| &partial.high));
    text.unwrap().replace('.', "").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_total_is_the_sum_of_its_lines_in_any_order_of_the_question(question in question()) {
        let published = world();

        let found = answer(&published, &question.text(false));
        adds_up(&found);
        let backwards = answer(&published, &question.text(true));
        prop_assert_eq!(serde_json::to_string(&backwards).unwrap(), serde_json::to_string(&found).unwrap());
    }

    #[test]
    fn what_is_remembered_changes_no_byte(
        question in question(),
        as_of in proptest::sample::select(vec!["2026-11-23", "2027-02-01", "2027-12-31", "2029-01-01"]),
    ) {
        let published = changing();

        let text = format!("as_of: {as_of}\n{}", question.text(false));
        let found = answer(&published, &text);
        FORGETFUL.set(true);
        let again = answer(&published, &text);
        FORGETFUL.set(false);
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&found).unwrap());
    }

    #[test]
    fn a_fact_taken_away_never_makes_it_cheaper(question in question(), which in 0..8_usize) {
        let Some(less) = question.without(which) else { return Ok(()) };
        let published = world();

        let known = answer(&published, &question.text(false));
        let unknown = answer(&published, &less.text(false));
        if unknown.status == Status::Complete {
            // Nothing read what was taken away.
            prop_assert_eq!(&unknown.objective, &known.objective);
            prop_assert_eq!(&unknown.spend, &known.spend);
        }
        // Where every choice is pinned, and whatever may apply has a price, it is in `high`.
        let priced = unknown.markets.iter().flat_map(|market| &market.undetermined).all(|duty| duty.if_applies.is_some());
        if question.depth.is_some() && priced {
            prop_assert!(high(&unknown) >= high(&known), "{} < {}", high(&unknown), high(&known));
        }
    }
}

#[test]
fn the_order_of_files_plugins_and_stages_changes_no_digit() {
    let world = files();
    let question = "company: {sme: false}\nproduct: {personal_data: true, systems: 5}\nmarkets: {de: {weight: 1.5, users: 5, revenue: 9 EUR}, br: {weight: 2, users: 2000, revenue: 3 EUR}, us: {weight: 1, users: 2000, revenue: 7 EUR}}\n";
    let first = world.published();
    let again = Files { rules: world.rules.clone(), plugins: world.plugins.clone() }.published();
    let digest = |published: &crate::reload::Published| published.generation.as_ref().unwrap().digest;
    assert_eq!(digest(&first), digest(&again));
    assert_eq!(answer(&first, question), answer(&again, question));
    // Stages in another order are other bytes, and the same digits.
    let head = "stages:\n  market-selection: {none: not needed, by: test}\n";
    let turned = world.replace("de", head, "stages:\n").replace(
        "de",
        "  output: {fixed",
        "  market-selection: {none: not needed, by: test}\n  output: {fixed",
    );
    let turned = turned.published();
    assert_ne!(digest(&first), digest(&turned));
    let (first, turned) = (answer(&first, question), answer(&turned, question));
    assert_eq!((first.objective, first.spend), (turned.objective, turned.spend));
}
