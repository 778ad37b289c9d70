//! Loops for ever.

use landfall_plugin::{About, Case, Failure, Line, NoSettings, Plugin, about, export};

/// Loops for ever.
#[derive(Debug)]
pub struct LoopForever;

impl Plugin for LoopForever {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        loop {
            std::hint::black_box(());
        }
    }
}

export!(LoopForever);
