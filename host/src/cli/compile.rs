//! `landfall compile`, hidden: the child process in which a host compiles one plugin.
//!
//! Starts nothing else, not even logging: it limits itself first.

use std::io;

use super::{Failure, seam};
use crate::exit_code::Outcome;

pub(super) fn run() -> Result<Outcome, Failure> {
    seam::compile(io::stdin().lock(), io::stdout().lock())
        .map_err(|error| Failure::system("compile", error))?;
    Ok(Outcome::Done)
}
