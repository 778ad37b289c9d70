//! Answers with a spread that is upside down.

use landfall_plugin::{About, Amount, Case, Failure, Line, NoSettings, Plugin, Spread, about, export};

/// Answers with a spread that is upside down.
#[derive(Debug)]
pub struct BadSpread;

impl Plugin for BadSpread {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        let amount = Spread { low: Amount::units(3), likely: Amount::units(2), high: Amount::units(1) };
        Ok(vec![Line::once("upside down", amount)])
    }
}

export!(BadSpread);
