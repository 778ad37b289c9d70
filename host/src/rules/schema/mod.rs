//! Typed readers: nodes to the shape of each file, names and numbers parsed, nothing resolved yet.
//!
//! A reader collects every problem it finds and returns what it could read; whoever calls it uses the
//! result only if there was no error. What another file must provide is `check`'s business.

pub mod base;
pub mod jurisdiction;
pub mod overlay;
pub mod scalar;
pub mod test;

use crate::{
    diagnostic::Diagnostic,
    rules::yaml::{self, Node},
    source::{SourceFile, Span},
};

/// A value with the place it was written at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Reads one document with `read`, giving either what it holds or every problem found.
///
/// # Errors
/// All problems of the file.
pub fn read_file<T>(
    source: &SourceFile,
    read: impl FnOnce(&Node, &mut crate::diagnostic::Problems<'_>) -> Option<T>,
) -> Result<T, Vec<Diagnostic>> {
    let node = yaml::parse(source)?;
    let mut problems = crate::diagnostic::Problems::new(source);
    match read(&node, &mut problems) {
        Some(value) if !problems.any_error() => Ok(value),
        _ => Err(problems.into_vec()),
    }
}
