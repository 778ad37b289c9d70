//! A case file to the case that a plugin is given: names become positions, values cross the boundary.

use std::{collections::BTreeMap, sync::Arc};

use super::{CaseFile, expect};
use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean, one_of},
    generation::{Settings, Written},
    id::{JurisdictionId, Name, QualifiedId, Stage},
    money::{AMOUNT_SCALE, Amount, Currency, Exact, Money, RATIO_SCALE, Spread},
    plugin::{Case, CaseObligation, CaseValue, Description, Need, Plugin},
    rules::{
        schema::{base, read_file, scalar},
        vocabulary::Vocabulary,
        yaml::{self, Entry, Fields, Node, NodeKind, Style, shorten},
    },
    source::{SourceFile, Span},
    value::{Value, ValueType},
};

/// What may stand in a case file.
pub(super) const KEYS: [&str; 11] = [
    "schema",
    "name",
    "note",
    "stage",
    "currency",
    "facts",
    "params",
    "choices",
    "settings",
    "obligations",
    "expect",
];

/// Reads a case file for a plugin.
///
/// # Errors
/// Every problem of the file, at its place.
pub fn read(source: &SourceFile, plugin: &Plugin) -> Result<CaseFile, Vec<Diagnostic>> {
    read_file(source, |node, problems| {
        let fields = Fields::read(node, "a case", &KEYS, problems)?;
        base::schema(&fields, "case", problems);
        let name = name(&fields, source, problems);
        let (currency, said) = currency(&fields, problems);
        let mut reader = Reader { plugin, currency, said, problems };
        let question = reader.question(&fields);
        let span = at(&fields, "expect");
        // Of obligations that did not read no line can be told which it is of.
        let ids = question.as_ref().map(|(_, ids)| ids.as_slice());
        let expect = fields.get("expect").map(|node| expect::read(node, ids, &mut reader));
        let (case, obligations) = question?;
        let expect = match expect {
            None => None,
            Some(expect) => Some(expect?),
        };
        Some(CaseFile { name: name?, case, obligations, expect, span })
    })
}

fn name(fields: &Fields<'_>, source: &SourceFile, problems: &mut Problems<'_>) -> Option<Arc<str>> {
    if let Some(node) = fields.get("note") {
        yaml::text(node, "`note`", problems);
    }
    let file = source.name.rsplit('/').next().unwrap_or(&source.name);
    let stem = file.strip_suffix(".yaml").unwrap_or(file);
    match fields.get("name") {
        Some(node) => yaml::text(node, "`name`", problems).map(Into::into),
        None => Some(stem.into()),
    }
}

/// What a file says of its currency.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Nothing: it is the euro.
    Nothing,
    /// One that there is.
    Currency,
    /// None that there is: amounts can be held to nothing.
    Wrong,
}

/// The currency of every amount in the file.
fn currency(fields: &Fields<'_>, problems: &mut Problems<'_>) -> (Currency, Said) {
    match fields.get("currency") {
        None => (Currency::EUR, Said::Nothing),
        Some(node) => match scalar::currency(node, problems) {
            Some(currency) => (currency, Said::Currency),
            None => (Currency::EUR, Said::Wrong),
        },
    }
}

/// Where a key stands, or what it is missing from.
fn at(fields: &Fields<'_>, key: &str) -> Span {
    fields.entry(key).map_or(fields.span(), |entry| entry.key_span)
}

/// A kind of need, by the words of a message.
#[derive(Clone, Copy)]
struct Kind {
    one: &'static str,
    key: &'static str,
}

const FACT: Kind = Kind { one: "fact", key: "facts" };
const PARAM: Kind = Kind { one: "param", key: "params" };
const DEMAND: Kind = Kind { one: "demand", key: "demands" };

/// What a value of a type looks like.
const fn form(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Flag => "`true` or `false`",
        ValueType::Count => "a whole number",
        ValueType::Ratio => "a ratio, as in `2%`",
        ValueType::Money => "an amount, as in `100 EUR`",
        ValueType::Text => "text",
        ValueType::OneOf => "one word",
        ValueType::Set => "a list",
        ValueType::Date => "a date, as in `2026-11-23`",
        ValueType::Period => "a length of time, as in `72 hours`",
    }
}

/// Reads everything against one plugin.
pub(super) struct Reader<'a, 'p> {
    pub(super) plugin: &'a Plugin,
    pub(super) currency: Currency,
    said: Said,
    pub(super) problems: &'a mut Problems<'p>,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn description(&self) -> &'a Description {
        &self.plugin.description
    }

    /// The case with the ids of its obligations; every part is read, whatever is wrong with another.
    fn question(&mut self, fields: &Fields<'_>) -> Option<(Case, Vec<QualifiedId>)> {
        let description = self.description();
        let stage = self.stage(fields);
        let facts = self.needs(fields, FACT, &description.facts, true);
        let params = self.needs(fields, PARAM, &description.params, true);
        let choices = self.choices(fields);
        let obligations = self.obligations(fields.get("obligations"));
        let settings = self.settings(fields);
        let obligations = obligations?;
        let case = Case {
            stage: stage?,
            currency: self.currency,
            facts: facts?,
            params: params?,
            choices: choices?,
            settings: settings?,
            obligations: obligations.values().cloned().collect(),
        };
        Some((case, obligations.into_keys().collect()))
    }

    fn stage(&mut self, fields: &Fields<'_>) -> Option<Stage> {
        let Description { id, stages, .. } = self.description();
        let Some(node) = fields.get("stage") else {
            if let [only] = stages.as_slice() {
                return Some(*only);
            }
            let message =
                format!("the plugin `{id}` computes several stages, and the case does not say which");
            let help = format!("add `stage: …`, {}", one_of(stages.iter().map(|stage| stage.as_str())));
            self.problems.error_help(fields.span(), message, help);
            return None;
        };
        let text = yaml::text(node, "`stage`", self.problems)?;
        let found = stages.iter().copied().find(|stage| stage.as_str() == text);
        if found.is_none() {
            let message = match Stage::parse(text) {
                Some(stage) => format!("the plugin `{id}` does not compute {stage}"),
                None => format!("`stage` cannot be {}", node.describe()),
            };
            let help = match stages.as_slice() {
                [only] => format!("write `stage: {only}`, or leave it out"),
                _ => did_you_mean(text, stages.iter().map(|stage| stage.as_str())),
            };
            self.problems.error_help(node.span, message, help);
        }
        found
    }

    /// Values by name, as one for each need in its order.
    fn needs(
        &mut self,
        fields: &Fields<'_>,
        kind: Kind,
        needs: &[Need],
        all_required: bool,
    ) -> Option<Vec<CaseValue>> {
        let what = format!("`{}`", kind.key);
        let node = fields.get(kind.key);
        let entries = match node {
            Some(node) => yaml::mapping(node, &what, self.problems)?,
            None => &[],
        };
        let mut given: BTreeMap<&str, Option<CaseValue>> = BTreeMap::new();
        for entry in entries {
            let name = entry.key.as_str();
            match needs.iter().find(|need| need.name == name) {
                Some(need) => {
                    given.insert(name, self.given(entry, need));
                }
                None => self.unknown(entry, kind, needs),
            }
        }
        let value = |need: &Need| match given.remove(need.name.as_str()) {
            Some(value) => value,
            None if need.required && all_required => {
                self.lacks(at(fields, kind.key), kind, need);
                None
            }
            None => Some(CaseValue::Missing),
        };
        let values: Vec<Option<CaseValue>> = needs.iter().map(value).collect();
        values.into_iter().collect()
    }

    fn unknown(&mut self, entry: &Entry, kind: Kind, needs: &[Need]) {
        let Description { id, .. } = self.description();
        let message = format!("the plugin `{id}` asks for no {} `{}`", kind.one, shorten(&entry.key));
        let help = match needs {
            [] => format!("it asks for no {} at all: take it out", kind.one),
            needs => did_you_mean(&entry.key, needs.iter().map(|need| need.name.as_str())),
        };
        self.problems.error_help(entry.key_span, message, help);
    }

    fn lacks(&mut self, span: Span, kind: Kind, need: &Need) {
        let Description { id, .. } = self.description();
        let message = format!("the plugin `{id}` needs the {} `{}`", kind.one, need.name);
        let help = format!(
            "add `{}: …` under `{}:`, {}: no host asks the plugin without it",
            need.name,
            kind.key,
            form(need.value_type)
        );
        self.problems.error_help(span, message, help);
    }

    fn given(&mut self, entry: &Entry, need: &Need) -> Option<CaseValue> {
        if self.is_blank(entry, "what is not named is missing") {
            return None;
        }
        let what = format!("`{}`", need.name);
        let value = scalar::value(&entry.value, &what, need.value_type, &Vocabulary::None, self.problems)?;
        let rounded = |exact: Exact, scale| exact.round(scale);
        let exact = match value {
            Value::Flag(flag) => return Some(CaseValue::Flag(flag)),
            Value::Count(n) => return Some(CaseValue::Count(n)),
            Value::Text(text) => return Some(CaseValue::Text(text)),
            Value::Set(set) => return Some(CaseValue::Set(set.iter().cloned().collect())),
            Value::Date(date) => return Some(CaseValue::Date(date)),
            Value::Period(period) => return Some(CaseValue::Period(period)),
            Value::Ratio(ratio) => rounded(ratio, RATIO_SCALE).map(CaseValue::Ratio),
            Value::Money(money) => {
                let units = self.in_currency(money, &entry.value)?;
                rounded(units, AMOUNT_SCALE).map(|amount| CaseValue::Money(Amount(amount)))
            }
        };
        exact.map_err(|error| self.problems.error(entry.value.span, format!("{what}: {error}"))).ok()
    }

    fn is_blank(&mut self, entry: &Entry, otherwise: &str) -> bool {
        let blank = entry.value.is_nothing();
        if blank {
            let message = format!("`{}` has no value", shorten(&entry.key));
            let help = format!("write one, or take the key out: {otherwise}");
            self.problems.error_help(entry.key_span, message, help);
        }
        blank
    }

    /// The units of an amount that must be in the currency of the case.
    fn in_currency(&mut self, money: Money, node: &Node) -> Option<Exact> {
        if money.currency == self.currency {
            return Some(money.value);
        }
        let (own, other) = (self.currency, money.currency);
        let help = match self.said {
            Said::Nothing => format!("add `currency: {other}` above, or write the amount in {own}"),
            Said::Currency => {
                format!("write the amount in {own}, or `currency: {other}` above and every amount in it")
            }
            Said::Wrong => return None,
        };
        let message = format!("{} is not in {own}, the currency of this case", node.describe());
        self.problems.error_help(node.span, message, help);
        None
    }

    /// A spread of amounts in the currency of the case, none negative.
    pub(super) fn spread(&mut self, node: &Node, what: &str) -> Option<Spread> {
        let money = scalar::money_spread(node, what, self.problems)?;
        let at = match &node.kind {
            NodeKind::Mapping(entries) => entries.first().map_or(node, |entry| &entry.value),
            _ => node,
        };
        self.in_currency(money.likely, at)?;
        let rounded = money.try_map(|money| money.value.round(AMOUNT_SCALE).map(Amount));
        rounded.map_err(|error| self.problems.error(node.span, format!("{what}: {error}"))).ok()
    }

    fn choices(&mut self, fields: &Fields<'_>) -> Option<Vec<u32>> {
        let Description { id, choices, .. } = self.description();
        let node = fields.get("choices");
        let entries = match node {
            Some(node) => yaml::mapping(node, "`choices`", self.problems)?,
            None => &[],
        };
        for entry in entries.iter().filter(|entry| !choices.iter().any(|of| of.id.as_str() == entry.key)) {
            let message = format!("the plugin `{id}` reads no choice `{}`", shorten(&entry.key));
            let help = match choices.as_slice() {
                [] => "it reads none at all: take it out".to_owned(),
                known => did_you_mean(&entry.key, known.iter().map(|of| of.id.as_str())),
            };
            self.problems.error_help(entry.key_span, message, help);
        }
        let mut taken = Vec::new();
        for choice in choices {
            let options = || choice.options.iter().map(AsRef::as_ref);
            let Some(entry) = entries.iter().find(|entry| entry.key == choice.id.as_str()) else {
                let message = format!("the plugin `{id}` reads the choice `{}`", choice.id);
                let help = format!("add `{}: …` under `choices:`, {}", choice.id, one_of(options()));
                self.problems.error_help(at(fields, "choices"), message, help);
                taken.push(None);
                continue;
            };
            if self.is_blank(entry, "each choice must be decided") {
                taken.push(None);
                continue;
            }
            taken.push(self.option(entry, &choice.options));
        }
        taken.into_iter().collect()
    }

    fn option(&mut self, entry: &Entry, options: &[Name]) -> Option<u32> {
        let text = yaml::text(&entry.value, &format!("`{}`", entry.key), self.problems)?;
        let place = options.iter().position(|option| option.as_str() == text);
        if place.is_none() {
            let message = format!("`{}` has no option {}", entry.key, entry.value.describe());
            let help = did_you_mean(text, options.iter().map(AsRef::as_ref));
            self.problems.error_help(entry.value.span, message, help);
        }
        place.and_then(|place| u32::try_from(place).ok())
    }

    /// By id, which is the order in which a host gives them.
    fn obligations(&mut self, node: Option<&Node>) -> Option<BTreeMap<QualifiedId, CaseObligation>> {
        let Some(node) = node else { return Some(BTreeMap::new()) };
        let entries = yaml::mapping(node, "`obligations`", self.problems)?;
        let mut obligations = BTreeMap::new();
        let mut whole = true;
        for entry in entries {
            match (self.id(entry), self.obligation(entry)) {
                (Some(id), Some(obligation)) => {
                    let known = self.description().knows.iter().position(|known| *known == id.name);
                    let known = known.and_then(|place| u32::try_from(place).ok());
                    obligations.insert(id, CaseObligation { known, ..obligation });
                }
                _ => whole = false,
            }
        }
        whole.then_some(obligations)
    }

    fn id(&mut self, entry: &Entry) -> Option<QualifiedId> {
        let id = entry.key.split_once('.').and_then(|(file, name)| {
            let (jurisdiction, name) = (JurisdictionId::parse(file).ok()?, Name::parse(name).ok()?);
            Some(QualifiedId { jurisdiction, name })
        });
        if id.is_none() {
            let message = format!("`{}` is not the id of an obligation", shorten(&entry.key));
            let help = "write its file and its name, as in `br.dpo`";
            self.problems.error_help(entry.key_span, message, help);
        }
        id
    }

    fn obligation(&mut self, entry: &Entry) -> Option<CaseObligation> {
        if self.is_blank(entry, "an obligation without effort is `{}`") {
            return None;
        }
        let fields =
            Fields::read(&entry.value, "an obligation", &["once", "yearly", "demands"], self.problems)?;
        let (once, yearly) = (self.effort(&fields, "once"), self.effort(&fields, "yearly"));
        let node = fields.get("demands");
        let any = node.is_some_and(|node| matches!(&node.kind, NodeKind::Mapping(all) if !all.is_empty()));
        // As a host does: what feeds a plugin feeds it all that it demands; what it only costs need not.
        let demands = self.needs(&fields, DEMAND, &self.description().demands, any);
        Some(CaseObligation { known: None, once: once.ok()?, yearly: yearly.ok()?, demands: demands? })
    }

    /// What it costs, if it says so.
    fn effort(&mut self, fields: &Fields<'_>, key: &str) -> Result<Option<Spread>, ()> {
        match fields.get(key) {
            None => Ok(None),
            Some(node) => self.spread(node, &format!("`{key}`")).map(Some).ok_or(()),
        }
    }

    fn settings(&mut self, fields: &Fields<'_>) -> Option<Arc<str>> {
        let nothing = NodeKind::Scalar { text: String::new(), style: Style::Plain };
        let nothing = Node { span: fields.span(), kind: nothing };
        let settings = fields.get("settings").unwrap_or(&nothing);
        let source = self.problems.source();
        let written = Written { settings, currency: self.currency, source, span: at(fields, "settings") };
        match Settings::read(written, self.plugin) {
            Ok(settings) => Some(Arc::clone(settings.as_written())),
            Err(wrong) => {
                wrong.into_iter().for_each(|wrong| self.problems.add(wrong));
                None
            }
        }
    }
}
