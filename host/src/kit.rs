//! What the authors of plugins work with: a folder to start from, a build without hand-set tools, a check, cases to
//! test with, a measure.
//!
//! Everything runs plugins under the engine and limits of production. Prints nothing: `cli/plugin` asks, `render` shows.

pub mod build;
pub mod case;
pub mod follow;
pub mod loaded;
pub mod new;
pub mod project;
pub mod run;
pub mod running;
mod template;
pub mod tools;
