//! What a plugin says about itself, checked: names, needs, stages, settings.
//!
//! [`RawDescription`] is what crosses from the compile child and lies in the cache; a [`Description`]
//! is made only from one that passes every check.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    bindings::exports::landfall::stage::guest as wit, bindings::landfall::stage::types, limits::Limits,
    settings::Settings, text,
};
use crate::{
    diagnostic::one_of,
    id::{Name, PluginId, Stage},
    value::ValueType,
};

/// Where a fact is declared; `local` is in the rule file itself.
const SCOPES: [&str; 4] = ["company", "product", "market", "local"];

/// What a plugin says about itself.
#[derive(Debug, Clone)]
pub struct Description {
    /// Its id, which its file's name must repeat.
    pub id: PluginId,
    /// Its version, for people.
    pub version: String,
    /// What it computes, for people.
    pub summary: String,
    /// The stages it can compute; at least one.
    pub stages: Vec<Stage>,
    /// Facts, by position.
    pub facts: Vec<Need>,
    /// Params, by position.
    pub params: Vec<Need>,
    /// What obligations may feed it with `requires:`, by position.
    pub demands: Vec<Need>,
    /// Choices, by position.
    pub choices: Vec<ChoiceNeed>,
    /// Obligations it treats in its own way, by position.
    pub knows: Vec<Name>,
    /// Whether a line depends on no other obligation than its own.
    pub separable: bool,
    /// The JSON Schema of its settings; without one it takes none.
    pub settings_schema: Option<serde_json::Value>,
}

/// Something it must, or may, be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `market.users` or `local.x` for a fact; the plain name of a param or demand.
    pub name: String,
    /// Its type.
    pub value_type: ValueType,
    /// Whether it must be there; else it may be missing in a case.
    pub required: bool,
}

/// A choice whose option it must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceNeed {
    /// The choice.
    pub id: Name,
    /// The options it knows, by position.
    pub options: Vec<Name>,
}

/// The id a plugin file of that name must hold: `language_adaptation.wasm`, as cargo writes it, is
/// `language-adaptation`.
#[must_use]
pub fn id_of_file(file_name: &str) -> Option<String> {
    Some(file_name.strip_suffix(".wasm")?.replace('_', "-"))
}

/// A description as returned, before any check. Its form in the cache and between processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RawDescription {
    id: String,
    version: String,
    summary: String,
    stages: Vec<String>,
    facts: Vec<RawNeed>,
    params: Vec<RawNeed>,
    demands: Vec<RawNeed>,
    choices: Vec<(String, Vec<String>)>,
    knows: Vec<String>,
    separable: bool,
    settings_schema: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RawNeed {
    name: String,
    value_type: String,
    required: bool,
}

impl From<wit::Description> for RawDescription {
    fn from(from: wit::Description) -> Self {
        let needs = |needs: Vec<types::Need>| needs.into_iter().map(RawNeed::from).collect();
        Self {
            id: from.id,
            version: from.version,
            summary: from.summary,
            stages: from.stages.into_iter().map(|s| stage(s).as_str().to_owned()).collect(),
            facts: needs(from.facts),
            params: needs(from.params),
            demands: needs(from.demands),
            choices: from.choices.into_iter().map(|c| (c.id, c.options)).collect(),
            knows: from.knows,
            separable: from.separable,
            settings_schema: from.settings_schema,
        }
    }
}

impl From<types::Need> for RawNeed {
    fn from(need: types::Need) -> Self {
        let value_type = value_type(need.value_type).as_str().to_owned();
        Self { name: need.name, value_type, required: need.required }
    }
}

const fn stage(stage: types::Stage) -> Stage {
    match stage {
        types::Stage::MarketSelection => Stage::MarketSelection,
        types::Stage::DataAdaptation => Stage::DataAdaptation,
        types::Stage::Compliance => Stage::Compliance,
        types::Stage::Culture => Stage::Culture,
        types::Stage::Output => Stage::Output,
    }
}

const fn value_type(value_type: types::ValueType) -> ValueType {
    match value_type {
        types::ValueType::Flag => ValueType::Flag,
        types::ValueType::Count => ValueType::Count,
        types::ValueType::Ratio => ValueType::Ratio,
        types::ValueType::Money => ValueType::Money,
        types::ValueType::Text => ValueType::Text,
        types::ValueType::OneOf => ValueType::OneOf,
        types::ValueType::Set => ValueType::Set,
        types::ValueType::Date => ValueType::Date,
        types::ValueType::Period => ValueType::Period,
    }
}

impl RawDescription {
    /// What it says its id is.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The description and its settings, or what is wrong with it.
    pub(super) fn check(&self, limits: &Limits) -> Result<(Description, Settings), String> {
        let id = PluginId::parse(&self.id).map_err(|e| format!("the plugin's id: {e}"))?;
        self.check_texts(limits)?;
        self.check_counts(limits.call.needs)?;
        let settings = match &self.settings_schema {
            Some(schema) => {
                Settings::parse(schema, &limits.compile).map_err(|e| format!("the settings schema {e}"))?
            }
            None => Settings::none(),
        };
        let description = Description {
            id,
            version: self.version.clone(),
            summary: self.summary.clone(),
            stages: self.stages()?,
            facts: needs("fact", &self.facts, is_fact)?,
            params: needs("param", &self.params, is_name)?,
            demands: needs("demand", &self.demands, is_name)?,
            choices: self.choices()?,
            knows: names("known obligation", &self.knows)?,
            separable: self.separable,
            settings_schema: settings.schema().cloned(),
        };
        Ok((description, settings))
    }

    fn check_texts(&self, limits: &Limits) -> Result<(), String> {
        if let Some(fault) = text::fault(&self.summary, limits.call.text_chars) {
            return Err(format!("the plugin's summary {fault}"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || ".+-".contains(c);
        let version = &self.version;
        if version.is_empty() || version.len() > 32 || !version.chars().all(plain) {
            let version = text::tame(version, 40);
            return Err(format!(
                "the plugin's version `{version}` is not one: write at most 32 letters, digits, `.`, `+` and `-`"
            ));
        }
        Ok(())
    }

    fn check_counts(&self, limit: usize) -> Result<(), String> {
        let counts = [
            ("facts", self.facts.len()),
            ("params", self.params.len()),
            ("demands", self.demands.len()),
            ("choices", self.choices.len()),
            ("options of one choice", self.choices.iter().map(|c| c.1.len()).max().unwrap_or(0)),
            ("known obligations", self.knows.len()),
        ];
        match counts.into_iter().find(|(_, count)| *count > limit) {
            Some((what, count)) => Err(format!("the plugin declares {count} {what}: at most {limit}")),
            None => Ok(()),
        }
    }

    fn stages(&self) -> Result<Vec<Stage>, String> {
        if self.stages.is_empty() {
            return Err("the plugin declares no stage".to_owned());
        }
        distinct("stage", self.stages.iter().map(String::as_str))?;
        let stage = |text: &String| Stage::parse(text).ok_or_else(|| format!("`{text}` is not a stage"));
        self.stages.iter().map(stage).collect()
    }

    fn choices(&self) -> Result<Vec<ChoiceNeed>, String> {
        distinct("choice", self.choices.iter().map(|c| c.0.as_str()))?;
        let choice = |(id, options): &(String, Vec<String>)| {
            if options.is_empty() {
                return Err(format!("the choice `{}` has no option", text::tame(id, 80)));
            }
            Ok(ChoiceNeed { id: name("choice", id)?, options: names("option", options)? })
        };
        self.choices.iter().map(choice).collect()
    }
}

fn name(what: &str, text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|e| format!("a {what}: {}", text::tame(&e.to_string(), 300)))
}

fn names(what: &str, texts: &[String]) -> Result<Vec<Name>, String> {
    distinct(what, texts.iter().map(String::as_str))?;
    texts.iter().map(|text| name(what, text)).collect()
}

fn distinct<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("the {what} `{}` is declared twice", text::tame(name, 80)));
        }
    }
    Ok(())
}

fn needs(
    what: &str,
    raw: &[RawNeed],
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<Vec<Need>, String> {
    distinct(what, raw.iter().map(|need| need.name.as_str()))?;
    let need = |raw: &RawNeed| {
        check(&raw.name).map_err(|e| format!("a {what}: {}", text::tame(&e, 300)))?;
        let value_type = ValueType::parse(&raw.value_type)
            .ok_or_else(|| format!("the {what} `{}` has an unknown type", raw.name))?;
        Ok(Need { name: raw.name.clone(), value_type, required: raw.required })
    };
    raw.iter().map(need).collect()
}

fn is_name(text: &str) -> Result<(), String> {
    Name::parse(text).map(drop).map_err(|e| e.to_string())
}

fn is_fact(text: &str) -> Result<(), String> {
    let Some((scope, name)) = text.split_once('.').filter(|(scope, _)| SCOPES.contains(scope)) else {
        return Err(format!("`{text}` has no scope: write {} and a dot before the name", one_of(SCOPES)));
    };
    let _ = scope;
    is_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> RawDescription {
        let need = |name: &str| RawNeed { name: name.into(), value_type: "count".into(), required: true };
        RawDescription {
            id: "gdpr".into(),
            version: "1.0.0".into(),
            summary: "what the GDPR costs".into(),
            stages: vec!["compliance".into()],
            facts: vec![need("market.users"), need("local.small_agent")],
            params: vec![need("fee")],
            demands: vec![need("languages")],
            choices: vec![("dpo".into(), vec!["inhouse".into(), "outsourced".into()])],
            knows: vec!["dpo".into()],
            separable: true,
            settings_schema: None,
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut RawDescription), expected: &str) {
        let mut raw = good();
        change(&mut raw);
        let found = raw.check(&Limits::default()).map(|_| "good".to_owned()).unwrap_or_else(|e| e);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_description_is_checked() {
        check(|_| (), "good");
        check(
            |d| d.id = "GDPR".into(),
            "the plugin's id: `GDPR` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter",
        );
        check(|d| d.stages.clear(), "the plugin declares no stage");
        check(|d| d.stages.push("compliance".into()), "the stage `compliance` is declared twice");
        check(|d| d.summary = "a\u{7}".into(), "the plugin's summary holds the unprintable character \\u{7}");
        check(
            |d| d.version = "one two".into(),
            "the plugin's version `one two` is not one: write at most 32 letters, digits, `.`, `+` and `-`",
        );
        check(
            |d| d.facts[0].name = "users".into(),
            "a fact: `users` has no scope: write one of `company`, `product`, `market`, `local` and a dot before the name",
        );
        check(
            |d| d.facts[0].name = "local.small_agent".into(),
            "the fact `local.small_agent` is declared twice",
        );
        check(
            |d| d.params[0].name = "a-b".into(),
            "a param: `a-b` is not snake_case: write lower-case letters and digits, in words joined by `_`, starting with a letter",
        );
        check(|d| d.choices[0].1.clear(), "the choice `dpo` has no option");
        check(|d| d.choices[0].1[1] = "inhouse".into(), "the option `inhouse` is declared twice");
        check(
            |d| d.knows = (0..300).map(|i| format!("o{i}")).collect(),
            "the plugin declares 300 known obligations: at most 256",
        );
        check(
            |d| d.settings_schema = Some("{".into()),
            "the settings schema is not JSON: EOF while parsing an object at line 1 column 1",
        );
    }

    #[test]
    fn the_file_name_decides_the_id() {
        assert_eq!(id_of_file("language_adaptation.wasm").as_deref(), Some("language-adaptation"));
        assert_eq!(id_of_file("gdpr.wasm").as_deref(), Some("gdpr"));
        assert_eq!(id_of_file("gdpr.wat"), None);
    }
}
