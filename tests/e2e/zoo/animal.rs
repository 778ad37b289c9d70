//! One plugin of the zoo: how it stands in the table, and what its file holds.

use std::fs;

use serde::Deserialize;

use super::{
    layout::{BASE, Line, Memory, Says},
    made,
};
use crate::{
    module::{embedded, escaped},
    site::{self, ROOT},
};

/// An entry of `tests/guests/zoo.yaml`, which says what its keys mean.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Animal {
    pub(crate) name: String,
    built: bool,
    made: Option<String>,
    text: Option<String>,
    with_interface: bool,
    imports: String,
    memory: Option<String>,
    module: String,
    realloc: Option<String>,
    describe: String,
    estimate: String,
    says: Says,
    lines: Option<Vec<Line>>,
    refused: Option<String>,
    unbound: Option<String>,
    fails: Option<String>,
    message: Option<String>,
    answers: Option<String>,
}

/// All of them.
pub(crate) fn zoo() -> Vec<Animal> {
    let text = fs::read_to_string(ROOT.join("tests/guests/zoo.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("zoo.yaml: {error}"))
}

/// Where a plugin is bound, but for what it does there.
pub(crate) fn rule_file(market: &str, plugin: &str, settings: &str) -> String {
    format!(
        "schema: landfall/jurisdiction@1\nid: {market}\nkind: country\ntitle: {market}\ncurrency: CNY\n\
         review: {{done: 2026-11-23, by: tests, due: 2027-11-23}}\n\
         stages:\n  market-selection: {{{plugin}: {settings}}}\n"
    )
}

/// The seed's question about its own markets and these.
pub(crate) fn strategy<'a>(markets: impl IntoIterator<Item = &'a str>) -> String {
    let text = fs::read_to_string(ROOT.join("strategies/seed.yaml")).unwrap();
    markets.into_iter().fold(text, |text, market| text + &format!("  {market}: {{weight: 1}}\n"))
}

impl Animal {
    /// One that does nothing to anybody.
    pub(crate) fn tame(id: &str) -> Self {
        Self { name: id.to_owned(), ..Self::default() }
    }

    /// The market that binds it.
    pub(crate) fn market(&self) -> String {
        format!("z-{}", self.name)
    }

    /// Why its file is not served, if it is not.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What its file holds.
    #[track_caller]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match (&self.made, &self.text) {
            (Some(how), _) => made::bytes(how, self),
            (_, Some(text)) if self.with_interface => embedded(text),
            (_, Some(text)) => wat::parse_str(text).unwrap_or_else(|e| panic!("{}: {e}", self.name)),
            _ if self.built => site::guest(&self.name),
            _ => self.core(),
        }
    }

    /// A core module with its interface, as cargo would leave it behind.
    pub(crate) fn core(&self) -> Vec<u8> {
        let mut memory = Memory::default();
        let mut says = self.says.clone();
        if says.id.is_empty() {
            says.id.clone_from(&self.name);
        }
        let description = memory.description(&says);
        let [result, line] = memory.answer(self.lines.as_deref().unwrap_or(&[Line::default()]));
        let pages = (memory.0.len() + BASE as usize).div_ceil(64 << 10) + 1;
        let free = (pages - 1) * (64 << 10);
        let limits = self.memory.clone().unwrap_or_else(|| pages.to_string());
        let realloc = self.realloc.as_deref().unwrap_or(
            "(global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
             (global.get $free)
             (global.set $free (i32.add (global.get $free) (local.get 3)))",
        );
        let Self { imports, module, describe, estimate, .. } = self;
        embedded(&format!(
            r#"(module
  (import "landfall:stage/host@1.0.0" "log" (func $log (param i32 i32 i32)))
  {imports}
  (memory (export "memory") {limits})
  (global $free (mut i32) (i32.const {free}))
  (global $description i32 (i32.const {description}))
  (global $result i32 (i32.const {result}))
  (global $line i32 (i32.const {line}))
  (data (i32.const {BASE}) "{}")
  {module}
  (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
  (func $describe (export "landfall:stage/guest@1.0.0#describe") (result i32)
    (local $i i32) {describe} (global.get $description))
  (func $estimate (export "landfall:stage/guest@1.0.0#estimate")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $i i32) {estimate} (global.get $result)))"#,
            escaped(&memory.0),
        ))
    }

    /// Whether that is what the table says of it.
    pub(crate) fn expects(&self, found: &Fate) -> bool {
        let is = |expected: &Option<String>, found: &str| {
            expected.as_ref().is_some_and(|expected| match expected.strip_suffix('…') {
                Some(start) => found.starts_with(start),
                None => found == expected,
            })
        };
        match found {
            Fate::Refused(message) => is(&self.refused, message),
            Fate::Unbound(message) => is(&self.unbound, message),
            Fate::Failed { kind, message } => is(&self.fails, kind) && is(&self.message, message),
            Fate::Answered(total) => is(&self.answers, total),
        }
    }

    /// With more in its module.
    pub(crate) fn with_more(&self, module: &str) -> Self {
        Self { module: format!("{} {module}", self.module), ..self.clone() }
    }

    /// With longer lists than one would write down.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Says, &mut Vec<Line>)) -> Self {
        let mut changed = self.clone();
        let mut lines = changed.lines.take().unwrap_or_else(|| vec![Line::default()]);
        change(&mut changed.says, &mut lines);
        changed.lines = Some(lines);
        changed
    }
}

/// What became of one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The file is not served.
    Refused(String),
    /// It is, and the market that binds it is not.
    Unbound(String),
    /// It was asked, and this happened in place of an answer.
    Failed { kind: String, message: String },
    /// It costs this much.
    Answered(String),
}
