//! The case and its lines in no engine's types: what every side is given, and what it must say.
//!
//! Amounts are ten-thousandths, ratios billionths, as on Landfall's own boundary, so that nobody has to parse decimals.

use serde::{Deserialize, Serialize};

/// What the plugin is asked.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Given {
    pub(super) maturity: i64,
    pub(super) users: i64,
    pub(super) destinations: Vec<&'static str>,
    pub(super) reuse: i64,
    pub(super) saves_once: i64,
    pub(super) saves_yearly: i64,
    pub(super) per_million: i64,
    pub(super) request_price: i64,
    pub(super) adequate: Vec<&'static str>,
    pub(super) clauses: i64,
    pub(super) publication: i64,
    pub(super) obligations: Vec<Duty>,
}

/// An obligation that is triggered.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Duty {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) known: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) once: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) yearly: Option<Spread>,
}

/// Low, likely, high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spread {
    pub(super) low: i64,
    pub(super) likely: i64,
    pub(super) high: i64,
}

/// A line item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Line {
    pub(super) obligation: u32,
    pub(super) label: String,
    pub(super) cadence: Cadence,
    pub(super) amount: Spread,
    pub(super) used: Vec<String>,
    pub(super) quantity: Option<Quantity>,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Cadence {
    Once,
    Yearly,
}

/// A count times a price.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Quantity {
    pub(super) count: i64,
    pub(super) unit: String,
    pub(super) price: Spread,
}

/// Those with a decision of the Brazilian authority, as `rules/world/br.yaml` has them.
const ADEQUATE: [&str; 30] = [
    "at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie", "is", "it",
    "li", "lt", "lu", "lv", "mt", "nl", "no", "pl", "pt", "ro", "se", "si", "sk",
];

/// Twelve obligations: nine of plain effort, and the three that the plugin treats in its own way.
pub(super) fn case() -> Given {
    let effort = |number: i64, unit: i64| {
        let likely = (number + 3) * unit;
        Some(Spread { low: likely * 6 / 10, likely, high: likely * 23 / 10 })
    };
    let duty = |number: i64| match number {
        3 => Duty { known: Some("dpo"), once: effort(3, 24_276_800), yearly: effort(3, 366_666_000) },
        9 => Duty { known: Some("subject_requests"), once: None, yearly: effort(9, 25_289_170) },
        11 => Duty { known: Some("transfers"), once: None, yearly: None },
        _ => Duty { known: None, once: effort(number, 21_242_230), yearly: effort(number, 6_069_190) },
    };
    Given {
        maturity: 400_000_000,
        users: 2_500_000,
        destinations: vec!["cn", "de", "us"],
        reuse: 600_000_000,
        saves_once: 700_000_000,
        saves_yearly: 400_000_000,
        per_million: 266,
        request_price: 81_348_771_498,
        adequate: ADEQUATE.to_vec(),
        clauses: 180_000_000,
        publication: 45_000_000,
        obligations: (0..12).map(duty).collect(),
    }
}
