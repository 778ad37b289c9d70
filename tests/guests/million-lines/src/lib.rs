//! Returns a million lines.
//!
//! They take some 300 MB, so a limit on memory or on returned data may be met before one on lines.

use landfall_plugin::{About, Amount, Case, Failure, Line, NoSettings, Plugin, Spread, about, export};

/// Returns a million lines.
#[derive(Debug)]
pub struct MillionLines;

const LINES: usize = 1_000_000;

impl Plugin for MillionLines {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        let line = Line::once(String::new(), Spread::certain(Amount(1)));
        Ok(vec![line; LINES])
    }
}

export!(MillionLines);
