//! The LGPD's compliance stage as an Extism plugin: what `plugins/lgpd` computes, with JSON in and out.
//!
//! Amounts are ten-thousandths, ratios billionths; rounded once, half to even, in 128 bits.

use std::collections::HashSet;

use extism_pdk::{FnResult, Json, plugin_fn};
use serde::{Deserialize, Serialize};

const BILLION: i128 = 1_000_000_000;
const SCALE: i128 = 10_000;

/// What it is asked.
#[derive(Deserialize)]
struct Case {
    maturity: i64,
    users: i64,
    destinations: Vec<String>,
    reuse: i64,
    saves_once: i64,
    saves_yearly: i64,
    per_million: i64,
    request_price: i64,
    adequate: HashSet<String>,
    clauses: i64,
    publication: i64,
    obligations: Vec<Obligation>,
}

#[derive(Deserialize)]
struct Obligation {
    known: Option<Known>,
    once: Option<Spread>,
    yearly: Option<Spread>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Known {
    SubjectRequests,
    Transfers,
    Dpo,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
struct Spread {
    low: i64,
    likely: i64,
    high: i64,
}

/// A line item.
#[derive(Serialize)]
struct Line {
    obligation: usize,
    label: &'static str,
    cadence: Cadence,
    amount: Spread,
    used: &'static [&'static str],
    quantity: Option<Quantity>,
}

#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Cadence {
    Once,
    Yearly,
}

#[derive(Serialize)]
struct Quantity {
    count: i64,
    unit: &'static str,
    price: Spread,
}

const SAVED_ONCE: &[&str] =
    &["company.privacy_maturity", "param.programme_reuse", "param.programme_saves_once"];
const SAVED_YEARLY: &[&str] =
    &["company.privacy_maturity", "param.programme_reuse", "param.programme_saves_yearly"];
const REQUESTS: &[&str] = &["market.users", "param.requests_per_million", "param.request_price_per_1000"];
const CLAUSES: &[&str] =
    &["market.transfer_destinations", "param.adequate_countries", "param.transfer_clauses"];
const PUBLICATION: &[&str] =
    &["market.transfer_destinations", "param.adequate_countries", "param.transfer_publication"];

/// The stage.
#[plugin_fn]
pub fn estimate(Json(case): Json<Case>) -> FnResult<Json<Vec<Line>>> {
    let programme = i128::from(case.maturity) * i128::from(case.reuse);
    let left = |saves: i64| BILLION * BILLION * BILLION - programme * i128::from(saves);
    let (left_once, left_yearly) = (left(case.saves_once), left(case.saves_yearly));
    let mut lines = Vec::with_capacity(case.obligations.len() * 2);
    for (at, obligation) in case.obligations.iter().enumerate() {
        let efforts = [
            (obligation.once, Cadence::Once, "once", left_once, SAVED_ONCE),
            (obligation.yearly, Cadence::Yearly, "yearly", left_yearly, SAVED_YEARLY),
        ];
        for (effort, cadence, label, left, used) in efforts {
            let Some(effort) = effort else { continue };
            let (amount, used) = match obligation.known {
                Some(Known::Dpo) => (effort, &[] as &[&str]),
                _ => (effort.times(left, BILLION * BILLION * BILLION), used),
            };
            lines.push(Line { obligation: at, label, cadence, amount, used, quantity: None });
        }
        match obligation.known {
            Some(Known::SubjectRequests) => {
                let requests = i128::from(case.users) * i128::from(case.per_million);
                let count = round(requests * SCALE, BILLION);
                let price = (case.request_price, "1,000 requests");
                lines.push(by_count(at, "requests", Cadence::Yearly, count, price, REQUESTS));
            }
            Some(Known::Transfers) => {
                let without =
                    case.destinations.iter().filter(|country| !case.adequate.contains(*country)).count();
                let units = |count: usize| count as i64 * SCALE as i64;
                let clauses = (case.clauses, "destination");
                lines.push(by_count(at, "transfer clauses", Cadence::Once, units(without), clauses, CLAUSES));
                let page = (case.publication, "page");
                let pages = units(without.min(1));
                lines.push(by_count(at, "transfer publication", Cadence::Yearly, pages, page, PUBLICATION));
            }
            Some(Known::Dpo) | None => {}
        }
    }
    Ok(Json(lines))
}

impl Spread {
    fn certain(amount: i64) -> Self {
        Self { low: amount, likely: amount, high: amount }
    }

    fn times(self, over: i128, under: i128) -> Self {
        let times = |amount: i64| round(i128::from(amount) * over, under);
        Self { low: times(self.low), likely: times(self.likely), high: times(self.high) }
    }
}

fn by_count(
    obligation: usize,
    label: &'static str,
    cadence: Cadence,
    count: i64,
    (price, unit): (i64, &'static str),
    used: &'static [&'static str],
) -> Line {
    let amount = Spread::certain(round(i128::from(count) * i128::from(price), SCALE));
    let quantity = Some(Quantity { count, unit, price: Spread::certain(price) });
    Line { obligation, label, cadence, amount, used, quantity }
}

/// Half to even.
fn round(over: i128, under: i128) -> i64 {
    let (floor, rest) = (over.div_euclid(under), over.rem_euclid(under));
    let up = rest * 2 > under || (rest * 2 == under && floor % 2 != 0);
    (floor + i128::from(up)) as i64
}
