//! Claims an id that is not the name of its file.

use landfall_plugin::{About, Case, Failure, Line, NoSettings, Plugin, about, export};

/// Claims an id that is not the name of its file.
#[derive(Debug)]
pub struct OtherName;

impl Plugin for OtherName {
    const ABOUT: About =
        About { id: "somebody-else", ..about!(MarketSelection, DataAdaptation, Compliance, Culture, Output) };
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        Ok(Vec::new())
    }
}

export!(OtherName);
