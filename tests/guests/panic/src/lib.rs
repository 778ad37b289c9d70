//! Panics with a message.

use landfall_plugin::{About, Case, Failure, Line, NoSettings, Plugin, about, export};

/// Panics with a message.
#[derive(Debug)]
pub struct Panic;

impl Plugin for Panic {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        let reason = "the sky is falling";
        #[expect(clippy::panic, reason = "what this guest is for")]
        {
            panic!("{reason}")
        }
    }
}

export!(Panic);
