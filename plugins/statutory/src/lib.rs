//! The default way to cost an obligation: the effort its rule file states, as the host has priced it.
//!
//! It adds nothing and needs nothing. A method that knows more of a law is a plugin of its own.

pub mod statutory;

use landfall_plugin::{About, Case, Failure, Line, NoSettings, Plugin, about, export};

/// Passes priced effort through.
#[derive(Debug)]
pub struct Statutory;

impl Plugin for Statutory {
    const ABOUT: About = about!(Compliance; separable);
    type Facts = ();
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        Ok(statutory::lines(&case.obligations))
    }
}

export!(Statutory);
