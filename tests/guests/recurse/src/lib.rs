//! Recurses without end.

use landfall_plugin::{About, Case, Failure, Line, NoSettings, Plugin, about, export};

#[expect(unconditional_recursion, reason = "what this guest is for")]
fn deeper(depth: u64) -> u64 {
    std::hint::black_box(deeper(std::hint::black_box(depth + 1)) + 1)
}

/// Recurses without end.
#[derive(Debug)]
pub struct Recurse;

impl Plugin for Recurse {
    const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
        let depth = deeper(1);
        Err(Failure::refused(depth.to_string()))
    }
}

export!(Recurse);
