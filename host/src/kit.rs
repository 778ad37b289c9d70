//! What the authors of plugins work with: a folder to start from, a build without hand-set tools, a check, cases to
//! test with, a measure.
//!
//! Everything runs plugins under the engine and limits of production. Prints nothing: `cli/plugin` asks, `render` shows.

pub mod bench;
pub mod build;
pub mod case;
pub mod check;
pub mod follow;
mod headroom;
pub mod inspect;
pub mod loaded;
pub mod new;
pub mod project;
mod provided;
pub mod run;
pub mod running;
mod sample;
mod template;
pub mod tools;
