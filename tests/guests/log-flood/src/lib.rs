//! Floods the log, then answers.

use landfall_plugin::{About, Case, Failure, Line, NoSettings, Plugin, about, export};

/// Floods the log, then answers.
#[derive(Debug)]
pub struct LogFlood;

impl Plugin for LogFlood {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        let message = "flood ".repeat(10_000);
        for _ in 0..10_000 {
            landfall_plugin::log::info(&message);
        }
        Ok(Vec::new())
    }
}

export!(LogFlood);
