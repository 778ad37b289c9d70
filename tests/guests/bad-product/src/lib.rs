//! Answers with an amount that is not its count times its price.

use landfall_plugin::{
    About, Amount, Case, Cost, Count, Failure, Line, NoSettings, Plugin, Spread, about, export,
};

/// Answers with an amount that is not its count times its price.
#[derive(Debug)]
pub struct BadProduct;

impl Plugin for BadProduct {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        let price = Spread::certain(Amount::units(10));
        let mut cost = Cost::count(Count(3), "day", price)?;
        cost.amount = Spread::certain(Amount::units(31));
        Ok(vec![Line::once("days", cost)])
    }
}

export!(BadProduct);
