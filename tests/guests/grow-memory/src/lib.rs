//! Grows memory without end.

use landfall_plugin::{About, Case, Failure, Line, NoSettings, Plugin, about, export};

/// Grows memory without end.
#[derive(Debug)]
pub struct GrowMemory;

impl Plugin for GrowMemory {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        loop {
            std::hint::black_box(vec![1_u8; 1024 * 1024]);
        }
    }
}

export!(GrowMemory);
