//! Cases of a plugin in files (`landfall/case@1`): what it is given, by name, and what must come back.
//!
//! A plugin is a pure function of its case, so a case in a file is the whole test. [`read`] reads one against
//! the plugin's own description and promises that a plugin is given nothing that a host would not give it: every
//! need by its type, money in one currency, settings by the plugin's schema, obligations in the host's order. It
//! collects every problem at its place. [`expectation`] writes an answer as a case expects it, in one canonical
//! form; [`updated`] puts it into a file and leaves the rest byte for byte; [`recorded`] writes a whole case that
//! was really asked.

mod expect;
mod read;
mod recorded;
#[cfg(test)]
mod tests;
mod text;
mod update;
mod write;

use std::sync::Arc;

pub use self::{
    expect::{Expect, ExpectedFailure},
    read::read,
    recorded::{Asked, recorded},
    update::updated,
    write::{Words, expectation},
};
use crate::{
    id::QualifiedId,
    plugin::{Case, Plugin},
    source::Span,
};

/// What stands first in a case file.
pub const SCHEMA: &str = "landfall/case@1";

/// A case file that reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// What it shows; the file's name where it does not say.
    pub name: Arc<str>,
    /// What the plugin is given.
    pub case: Case,
    /// The ids of its obligations, in the order of the case.
    pub obligations: Vec<QualifiedId>,
    /// What must come back; none where nobody said yet.
    pub expect: Option<Expect>,
    /// Where `expect` stands, or where the file begins.
    pub span: Span,
}

impl CaseFile {
    /// The names behind the positions of this case, for whoever writes an answer down.
    #[must_use]
    pub fn words<'a>(&'a self, plugin: &'a Plugin) -> Words<'a> {
        let (currency, obligations) = (self.case.currency, &self.obligations);
        Words { description: &plugin.description, currency, obligations }
    }
}
