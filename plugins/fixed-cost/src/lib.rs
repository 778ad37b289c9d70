//! A stage cost that a rule file states as one amount. Works for any stage and needs nothing.
//!
//! It is for what is known only as a sum. It costs no obligations, and refuses them: to take one
//! and charge nothing for it would lose it.

pub mod fixed_cost;

use landfall_plugin::{About, Case, Failure, Line, Plugin, about, export};

use fixed_cost::Settings;

/// One amount, from the settings.
#[derive(Debug)]
pub struct FixedCost;

impl Plugin for FixedCost {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output; separable);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = Settings;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        if !case.obligations.is_empty() {
            return Err(Failure::refused("fixed-cost costs no obligations: let another plugin cost them"));
        }
        Ok(vec![fixed_cost::line(case.settings)])
    }
}

export!(FixedCost);
