//! Tables for what a strategy comes to, with real plugins, and the laws that hold for all of them.

mod budget;
mod choices;
mod constructs;
mod demands;
mod laws;
mod missing;
mod penalties;
mod periods;
mod pricing;
mod tangles;
mod together;

use crate::testing::{DE, Files, obligations, spread, strategy, summary};

/// What an effort in Germany comes to, under a strategy that asks about Germany unless it says otherwise.
#[track_caller]
fn costs(effort: &str, rest: &str, expected: &str) {
    let rest = if rest.contains("markets:") { rest.to_owned() } else { format!("{rest}{DE}") };
    assert_eq!(summary(&Files::effort(effort).ask(&rest)), expected);
}
