//! `stages:`: which plugins compute which stage, with their settings, or why nothing does.

use std::sync::Arc;

use super::super::{Spanned, scalar};
use crate::{
    diagnostic::Problems,
    id::{PluginId, Stage},
    rules::yaml::{self, Entry, Fields, Node},
};

/// What computes a stage here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageFile {
    /// These plugins with their settings; their lines add up.
    Plugins(Vec<(Spanned<PluginId>, Node)>),
    /// Nothing, for this reason.
    None {
        /// Why.
        reason: Arc<str>,
        /// Who says so.
        by: Arc<str>,
    },
}

pub(super) fn stage(entry: &Entry, problems: &mut Problems<'_>) -> Option<(Spanned<Stage>, StageFile)> {
    let Some(stage) = Stage::parse(&entry.key) else {
        let message = format!("`{}` is not a stage", yaml::shorten(&entry.key));
        let known = Stage::ALL.map(Stage::as_str);
        problems.error_help(entry.key_span, message, crate::diagnostic::did_you_mean(&entry.key, known));
        return None;
    };
    let stage = Spanned::new(stage, entry.key_span);
    let entries = yaml::mapping(&entry.value, "a stage", problems)?;
    if entries.is_empty() {
        let help = "bind a plugin, or write `{none: why, by: who}`";
        problems.error_help(stage.span, format!("nothing computes {}", stage.value), help);
    }
    if entries.iter().any(|entry| entry.key == "none") {
        let fields = Fields::read(&entry.value, "a stage without plugins", &["none", "by"], problems)?;
        let reason = fields.require("none", problems).and_then(|node| yaml::text(node, "a reason", problems));
        let by = fields.require("by", problems).and_then(|node| yaml::text(node, "`by`", problems));
        return Some((stage, StageFile::None { reason: reason?.into(), by: by?.into() }));
    }
    let plugins = entries.iter().filter_map(|entry| {
        let id = scalar::plugin_key(entry, problems)?;
        Some((Spanned::new(id, entry.key_span), entry.value.clone()))
    });
    Some((stage, StageFile::Plugins(plugins.collect())))
}
