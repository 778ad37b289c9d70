//! Landfall: what it costs to take an AI product into foreign markets, stage by stage, under the law
//! of each place, and why.
//!
//! Two flows meet in [`generation`]: files become an immutable generation (`watch`, `reload`, `rules`,
//! `plugin`), and a strategy becomes an evaluation of one (`strategy`, `evaluate`, `objective`).
//! ARCHITECTURE.md has the map.

pub mod address;
pub mod audit;
pub mod cli;
pub mod client;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod evaluate;
pub mod exit_code;
pub mod facts;
pub mod failure;
pub mod files;
pub mod fill;
#[cfg(test)]
mod fixture;
pub mod generation;
pub mod git;
pub mod history;
pub mod host;
pub mod id;
pub mod import;
pub mod kit;
pub mod logging;
pub mod metrics;
pub mod money;
pub mod objective;
pub mod places;
pub mod plugin;
pub mod protocol;
pub mod recorder;
pub mod reload;
pub mod render;
pub mod rule_test;
pub mod rules;
pub mod scaffold;
pub mod server;
pub mod shape;
pub mod source;
pub mod stale;
pub mod state;
pub mod strategy;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod timeline;
pub mod trial;
pub mod trust;
pub mod value;
pub mod watch;
