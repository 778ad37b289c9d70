//! What every manifest must say, wherever it was read: name, version, description. Knows no file format.

use crate::{
    diagnostic::{Diagnostic, Problems},
    id::PluginId,
    source::{SourceFile, Span},
};

/// Longest version that a description may have, in bytes.
const LONGEST_VERSION: usize = 32;

/// One member of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Absent,
    Text(String, Option<Span>),
    NoText(Option<Span>),
    /// To be taken from a workspace that does not have it.
    Inherited(Span),
}

/// What a manifest says of a plugin, unchecked.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) name: Field,
    pub(super) version: Field,
    pub(super) description: Field,
    /// How a member is written: `KEY = "…"` under a section, or as JSON.
    pub(super) written: fn(&str) -> String,
}

impl Manifest {
    /// Id, version and summary, or everything that is wrong.
    pub(super) fn check(&self, source: &SourceFile) -> Result<(String, String, String), Vec<Diagnostic>> {
        let mut problems = Problems::new(source);
        let id = self.text("name", &self.name, "the plugin's id, in kebab-case", check_id, &mut problems);
        let version = self.text("version", &self.version, "such as 1.0.0", check_version, &mut problems);
        let sentence = "the one sentence that people read about the plugin";
        let summary = self.text("description", &self.description, sentence, check_summary, &mut problems);
        match (id, version, summary) {
            (Some(id), Some(version), Some(summary)) => Ok((id, version, summary)),
            _ => Err(problems.into_vec()),
        }
    }

    /// The text of a member that holds, or a problem.
    fn text(
        &self,
        key: &str,
        field: &Field,
        meaning: &str,
        check: fn(&str) -> Result<(), Diagnostic>,
        problems: &mut Problems<'_>,
    ) -> Option<String> {
        let (problem, span) = match field {
            Field::Text(text, span) => match check(text) {
                Ok(()) => return Some(text.clone()),
                Err(problem) => (problem, *span),
            },
            Field::Absent => (
                Diagnostic::error(format!("`{key}` is missing"))
                    .help(format!("write {}: {meaning}", (self.written)(key))),
                None,
            ),
            Field::NoText(span) => (
                Diagnostic::error(format!("`{key}` is no text"))
                    .help(format!("write {}", (self.written)(key))),
                *span,
            ),
            Field::Inherited(span) => (
                Diagnostic::error(format!("no workspace above says what `{key}` is"))
                    .help("write it here, as text"),
                Some(*span),
            ),
        };
        let source = problems.source();
        problems.add(match span {
            Some(span) => problem.at(source, span),
            None => problem.in_file(&source.name),
        });
        None
    }
}

fn check_id(text: &str) -> Result<(), Diagnostic> {
    match PluginId::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Diagnostic::error(format!("the package's name is the plugin's id: {error}"))),
    }
}

/// As the host checks it in a description: better said of the file that has it.
fn check_version(text: &str) -> Result<(), Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".+-".contains(c);
    if !text.is_empty() && text.len() <= LONGEST_VERSION && text.chars().all(plain) {
        return Ok(());
    }
    let message = format!(
        "the version `{text}` is not one: write at most {LONGEST_VERSION} letters, digits, `.`, `+` and `-`"
    );
    Err(Diagnostic::error(message).help("such as `1.0.0`"))
}

fn check_summary(text: &str) -> Result<(), Diagnostic> {
    if !text.trim().is_empty() {
        return Ok(());
    }
    Err(Diagnostic::error("`description` is empty")
        .help("write the one sentence that people read about the plugin"))
}
