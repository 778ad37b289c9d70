//! A case that was really asked, as a file: what the plugin was given and what it answered.

use serde_json::Value as Json;

use super::{
    SCHEMA,
    expect::Expect,
    text,
    write::{Words, expectation},
};
use crate::{
    id::QualifiedId,
    money::{AMOUNT_SCALE, Amount, Currency},
    plugin::{Case, CaseObligation, CaseValue, Format, Need, Plugin},
};

/// How long a mapping may be to stand on one line.
const WIDTH: usize = 96;

/// A case with what it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who was asked.
    pub plugin: &'a Plugin,
    /// What it was given.
    pub case: &'a Case,
    /// The ids of the obligations in it, in its order.
    pub obligations: &'a [QualifiedId],
    /// What the case is called.
    pub name: &'a str,
    /// Where it comes from, for people.
    pub from: &'a str,
}

/// The whole file. Reading it gives the same case and the same expectation.
#[must_use]
pub fn recorded(asked: &Asked<'_>, expect: &Expect) -> String {
    let Asked { plugin, case, obligations, name, from } = asked;
    let description = &plugin.description;
    let (currency, stage) = (case.currency, case.stage);
    let mut file = format!(
        "# {from}\nschema: {SCHEMA}\nname: {}\nstage: {stage}\ncurrency: {currency}\n",
        text::text(name)
    );
    file.push_str(&section("facts", &needs(&description.facts, &case.facts, currency)));
    file.push_str(&section("params", &needs(&description.params, &case.params, currency)));
    let choices = description.choices.iter().zip(&case.choices).filter_map(|(choice, place)| {
        let option = choice.options.get(usize::try_from(*place).ok()?)?;
        Some((choice.id.to_string(), text::text(option.as_str())))
    });
    file.push_str(&section("choices", &choices.collect::<Vec<_>>()));
    file.push_str(&settings(plugin, case));
    if !obligations.is_empty() {
        file.push_str("obligations:\n");
    }
    for (id, obligation) in obligations.iter().zip(&case.obligations) {
        let entries = duty(obligation, &description.demands, currency);
        file.push_str(&below(2, &id.to_string(), &entries));
    }
    let words = Words { description, currency, obligations };
    file.push_str(&expectation(expect, &words));
    file
}

fn needs(needs: &[Need], values: &[CaseValue], currency: Currency) -> Vec<(String, String)> {
    let given = needs.iter().zip(values);
    given.filter_map(|(need, value)| Some((need.name.clone(), text::value(value, currency)?))).collect()
}

fn duty(obligation: &CaseObligation, demands: &[Need], currency: Currency) -> Vec<(String, String)> {
    let CaseObligation { once, yearly, demands: values, known: _ } = obligation;
    let effort = [("once", once), ("yearly", yearly)].into_iter();
    let effort =
        effort.filter_map(|(key, spread)| Some((key.to_owned(), text::spread((*spread)?, currency))));
    let fed = needs(demands, values, currency);
    let fed = (!fed.is_empty()).then(|| ("demands".to_owned(), text::mapping(&fed)));
    effort.chain(fed).collect()
}

/// A key with a line for each entry; nothing where there is none.
fn section(key: &str, entries: &[(String, String)]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let lines: String = entries.iter().map(|(key, value)| format!("  {key}: {value}\n")).collect();
    format!("{key}:\n{lines}")
}

/// A key with its entries, on one line where they fit.
fn below(indent: usize, key: &str, entries: &[(String, String)]) -> String {
    let (space, short) = (" ".repeat(indent), text::mapping(entries));
    if indent + key.chars().count() + short.chars().count() <= WIDTH {
        return format!("{space}{key}: {short}\n");
    }
    let lines: String = entries.iter().map(|(key, value)| format!("{space}  {key}: {value}\n")).collect();
    format!("{space}{key}:\n{lines}")
}

/// The settings as they are written: what the host made exact is an amount, a ratio, a decimal again.
fn settings(plugin: &Plugin, case: &Case) -> String {
    // The host wrote it: it is JSON.
    let json: Json = serde_json::from_str(&case.settings).unwrap_or_default();
    match &json {
        Json::Object(map) if map.is_empty() => String::new(),
        json => Settings { plugin, currency: case.currency }.entry(0, "settings", json, &mut Vec::new()),
    }
}

struct Settings<'a> {
    plugin: &'a Plugin,
    currency: Currency,
}

impl Settings<'_> {
    fn entry(&self, indent: usize, key: &str, json: &Json, path: &mut Vec<String>) -> String {
        let (space, key) = (" ".repeat(indent), text::text(key));
        let short = self.short(json, path);
        match json {
            Json::Object(map) if indent + key.chars().count() + short.chars().count() > WIDTH => {
                let lines: String = map
                    .iter()
                    .map(|(key, json)| {
                        path.push(key.clone());
                        let entry = self.entry(indent + 2, key, json, path);
                        path.pop();
                        entry
                    })
                    .collect();
                format!("{space}{key}:\n{lines}")
            }
            _ => format!("{space}{key}: {short}\n"),
        }
    }

    fn short(&self, json: &Json, path: &mut Vec<String>) -> String {
        match json {
            Json::String(said) => self.exact(said, path).unwrap_or_else(|| text::text(said)),
            Json::Array(items) => text::list(items.iter().enumerate().map(|(at, item)| {
                path.push(at.to_string());
                let item = self.short(item, path);
                path.pop();
                item
            })),
            Json::Object(map) => {
                // A range reads from low to high; no other order says anything.
                let rank = |key: &str| ["low", "likely", "high"].iter().position(|known| *known == key);
                let mut sorted: Vec<_> = map.iter().collect();
                sorted.sort_by_key(|(key, _)| rank(key));
                let entries = sorted.into_iter().map(|(key, json)| {
                    path.push(key.clone());
                    let value = self.short(json, path);
                    path.pop();
                    (text::text(key), value)
                });
                text::mapping(&entries.collect::<Vec<_>>())
            }
            other => other.to_string(),
        }
    }

    /// What the schema says is a quantity.
    fn exact(&self, said: &str, path: &[String]) -> Option<String> {
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let whole: i64 = said.parse().ok()?;
        Some(match self.plugin.format_at(&keys)? {
            Format::Money => text::money(Amount(whole), self.currency),
            Format::Ratio => text::ratio(whole),
            Format::Decimal => text::scaled(whole, AMOUNT_SCALE),
        })
    }
}
