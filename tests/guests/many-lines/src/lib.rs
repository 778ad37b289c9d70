//! Returns twenty thousand lines: too many lines, and otherwise within all limits.

use landfall_plugin::{About, Amount, Case, Failure, Line, NoSettings, Plugin, Spread, about, export};

/// Returns twenty thousand lines.
#[derive(Debug)]
pub struct ManyLines;

const LINES: usize = 20_000;

impl Plugin for ManyLines {
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

export!(ManyLines);
