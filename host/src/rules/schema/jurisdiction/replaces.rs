//! `replaces:`: which inherited definitions the ones in this file stand instead of, and why.

use std::sync::Arc;

use super::{super::Spanned, law::legal_cites};
use crate::{
    diagnostic::{Problems, did_you_mean},
    id::{Name, PluginId, Stage},
    rules::yaml::{self, Entry, Fields},
};

/// A part of a rule file whose names can be replaced by a file that inherits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `sources:`.
    Sources,
    /// `facts:`.
    Facts,
    /// `params:`.
    Params,
    /// `obligations:`.
    Obligations,
    /// `penalties:`.
    Penalties,
    /// `choices:`.
    Choices,
    /// `blocks:`.
    Blocks,
    /// `gaps:`.
    Gaps,
    /// `open_terms:`, which are filled and not replaced.
    OpenTerms,
    /// `stages:`, where a name is `<stage>.<plugin>`.
    Stages,
}

impl Section {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Sources,
        Self::Facts,
        Self::Params,
        Self::Obligations,
        Self::Penalties,
        Self::Choices,
        Self::Blocks,
        Self::Gaps,
        Self::OpenTerms,
        Self::Stages,
    ];

    /// Those whose names can be replaced.
    pub const REPLACED: [Self; 9] = [
        Self::Sources,
        Self::Facts,
        Self::Params,
        Self::Obligations,
        Self::Penalties,
        Self::Choices,
        Self::Blocks,
        Self::Gaps,
        Self::Stages,
    ];

    /// Its key in a rule file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Facts => "facts",
            Self::Params => "params",
            Self::Obligations => "obligations",
            Self::Penalties => "penalties",
            Self::Choices => "choices",
            Self::Blocks => "blocks",
            Self::Gaps => "gaps",
            Self::OpenTerms => "open_terms",
            Self::Stages => "stages",
        }
    }

    /// What one of its names stands for, for messages.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Sources => "source",
            Self::Facts => "fact",
            Self::Params => "param",
            Self::Obligations => "obligation",
            Self::Penalties => "penalty",
            Self::Choices => "choice",
            Self::Blocks => "block",
            Self::Gaps => "gap",
            Self::OpenTerms => "open term",
            Self::Stages => "plugin",
        }
    }

    /// What stands right under its key, for messages.
    #[must_use]
    pub const fn noun_there(self) -> &'static str {
        match self {
            Self::Stages => "stage",
            other => other.noun(),
        }
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An inherited definition that one in this file stands instead of, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacesFile {
    /// What kind of definition.
    pub section: Section,
    /// Its name there, at the place of the whole: `<stage>.<plugin>` under `stages`.
    pub name: Spanned<Arc<str>>,
    /// Why the inherited one does not hold here.
    pub why: Arc<str>,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
}

pub(super) fn replaces(entry: &Entry, problems: &mut Problems<'_>) -> Option<ReplacesFile> {
    let key = key(entry, problems);
    let fields = Fields::read(&entry.value, "a replacement", &["why", "cite"], problems)?;
    let why = fields.require("why", problems).and_then(|node| yaml::text(node, "`why`", problems));
    let cites = legal_cites(&fields, problems);
    let (section, name) = key?;
    Some(ReplacesFile { section, name: Spanned::new(name, entry.key_span), why: why?.into(), cites })
}

/// `obligations.dpo`, `stages.compliance.gdpr`.
fn key(entry: &Entry, problems: &mut Problems<'_>) -> Option<(Section, Arc<str>)> {
    let shown = yaml::shorten(&entry.key);
    let Some((section, name)) = entry.key.split_once('.') else {
        let help = "write its section and its name, as in `obligations.dpo` or `stages.compliance.gdpr`";
        problems.error_help(entry.key_span, format!("`{shown}` does not say what it replaces"), help);
        return None;
    };
    let Some(section) = Section::REPLACED.into_iter().find(|known| known.as_str() == section) else {
        let help = match section {
            "open_terms" | "fills" => {
                "an open term is filled once: write it under `fills:` in one file".to_owned()
            }
            _ => did_you_mean(section, Section::REPLACED.map(Section::as_str)),
        };
        problems.error_help(entry.key_span, format!("nothing can be replaced in `{section}`"), help);
        return None;
    };
    let good = match section {
        Section::Stages => name
            .split_once('.')
            .is_some_and(|(stage, plugin)| Stage::parse(stage).is_some() && PluginId::parse(plugin).is_ok()),
        _ => Name::parse(name).is_ok(),
    };
    if !good {
        let help = match section {
            Section::Stages => "write the stage and the plugin, as in `stages.compliance.gdpr`".to_owned(),
            _ => format!("write the name as it stands under `{section}:`"),
        };
        problems.error_help(entry.key_span, format!("`{shown}` names no {}", section.noun()), help);
        return None;
    }
    Some((section, name.into()))
}
