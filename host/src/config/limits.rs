//! `limits`: what plugins may use, each or all, and how many clients are served at once.

use std::collections::BTreeMap;

use super::quantity;
use crate::{
    diagnostic::Problems,
    id::PluginId,
    plugin::{COMPILE_SETTINGS, Limits, PluginLimits, SETTINGS, Setting, Unit},
    rules::{
        schema::scalar,
        yaml::{self, Fields, Node},
    },
};

/// Most queries at once: each call of a plugin then finds its place in the pool free.
const MOST_AT_ONCE: u64 = 32;
/// Most queries that wait: each is a connection and a strategy of at most 1 MiB.
const MOST_WAITING: u64 = 10_000;

/// Most memory for answers that are remembered. Arbitrary.
const MOST_REMEMBERED: u64 = 4 << 30;
/// Where nobody says. Chosen: some hundreds of the largest answers that people ask for, and little beside what a host
/// takes anyway.
const REMEMBERED: usize = 64 << 20;

/// What plugins and clients may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Of every plugin that is not named.
    pub default: Limits,
    /// Of single plugins: the default with what they differ in.
    pub plugins: BTreeMap<PluginId, Limits>,
    /// Of clients.
    pub queries: Queries,
}

/// How many clients are served; read at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queries {
    /// Queries that run; as many as there are processors where nobody says.
    pub at_once: Option<usize>,
    /// Queries that may wait; sixteen for each that runs where nobody says.
    pub waiting: Option<usize>,
    /// Bytes of answers that are remembered for as long as their generation is served.
    pub remembered: usize,
}

impl Default for Queries {
    fn default() -> Self {
        Self { at_once: None, waiting: None, remembered: REMEMBERED }
    }
}

impl LimitsConfig {
    /// Those of plugins.
    #[must_use]
    pub fn of_plugins(&self) -> PluginLimits {
        PluginLimits { default: self.default.clone(), plugins: self.plugins.clone() }
    }
}

/// Reads the whole.
pub(super) fn read(node: &Node, problems: &mut Problems<'_>) -> Option<LimitsConfig> {
    let fields = Fields::read(node, "`limits`", &["default", "plugins", "queries"], problems)?;
    let mut default = Limits::default();
    if let Some(node) = fields.get("default") {
        lay_over(&mut default, node, problems);
    }
    let plugins = fields.get("plugins").map(|node| plugins(node, &default, problems)).unwrap_or_default();
    let queries = fields.get("queries").and_then(|node| queries(node, problems)).unwrap_or_default();
    Some(LimitsConfig { default, plugins, queries })
}

fn plugins(node: &Node, default: &Limits, problems: &mut Problems<'_>) -> BTreeMap<PluginId, Limits> {
    let entries = yaml::mapping(node, "the limits of plugins", problems).unwrap_or_default();
    let mut plugins = BTreeMap::new();
    for entry in entries {
        let id = scalar::plugin_key(entry, problems);
        let mut limits = default.clone();
        lay_over(&mut limits, &entry.value, problems);
        plugins.extend(id.map(|id| (id, limits)));
    }
    plugins
}

/// The limits that are written, in place of those that were there.
fn lay_over(limits: &mut Limits, node: &Node, problems: &mut Problems<'_>) {
    let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).chain(["compile"]).collect();
    let Some(fields) = Fields::read(node, "the limits of a plugin", &known, problems) else { return };
    set_all(limits, &SETTINGS, &fields, problems);
    let Some(node) = fields.get("compile") else { return };
    let known = COMPILE_SETTINGS.map(|setting| setting.key);
    if let Some(fields) = Fields::read(node, "the limits of compiling", &known, problems) {
        set_all(limits, &COMPILE_SETTINGS, &fields, problems);
    }
}

fn set_all(limits: &mut Limits, settings: &[Setting], fields: &Fields<'_>, problems: &mut Problems<'_>) {
    for setting in settings {
        let Some(node) = fields.get(setting.key) else { continue };
        let what = format!("`{}`", setting.key);
        if let Some(value) =
            quantity::bounded(node, &what, setting.unit, setting.least, setting.most, problems)
        {
            setting.set(limits, value);
        }
    }
}

fn queries(node: &Node, problems: &mut Problems<'_>) -> Option<Queries> {
    let fields = Fields::read(node, "`queries`", &["at_once", "waiting", "remembered"], problems)?;
    let mut read = |key: &str, unit: Unit, least: u64, most: u64| {
        let value = quantity::bounded(fields.get(key)?, &format!("`{key}`"), unit, least, most, problems)?;
        usize::try_from(value).ok()
    };
    Some(Queries {
        at_once: read("at_once", Unit::Count, 1, MOST_AT_ONCE),
        waiting: read("waiting", Unit::Count, 0, MOST_WAITING),
        remembered: read("remembered", Unit::Bytes, 0, MOST_REMEMBERED).unwrap_or(REMEMBERED),
    })
}
