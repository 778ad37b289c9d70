//! Declares a fact that no facts.yaml has.

use landfall_plugin::{
    About, Amount, Case, Count, Failure, Line, NoSettings, Plugin, Spread, about, export, needs,
};

needs! {
    /// What nobody can give.
    pub struct Facts {
        /// Declared nowhere.
        pub nobody: Count = "market.no_such_fact",
    }
}

/// Declares a fact that no facts.yaml has.
#[derive(Debug)]
pub struct UnknownFact;

impl Plugin for UnknownFact {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = Facts;
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        let amount = (case.facts.nobody * Amount::units(1)).amount()?;
        Ok(vec![Line::once("unknown", Spread::certain(amount)).used(&[&case.facts.nobody])])
    }
}

export!(UnknownFact);
