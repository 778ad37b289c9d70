//! A plugin's settings: YAML as its schema reads it, money and ratios as exact whole numbers.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::{
    diagnostic::Diagnostic,
    money::{AMOUNT_SCALE, Currency, Exact, Money, RATIO_SCALE},
    plugin::{Format, Plugin},
    rules::{
        book::Binding,
        schema::scalar,
        yaml::{Node, NodeKind, Style},
    },
    source::{SourceFile, Span},
};

/// Settings ready to be given to a plugin, but for the currency of their money.
#[derive(Debug)]
pub struct Settings {
    json: Json,
    currency: Currency,
    /// Where money stands, as paths of keys and indexes.
    money: Vec<(Vec<String>, Exact)>,
    /// The text in the file's own currency.
    text: Arc<str>,
}

/// Settings as somebody wrote them.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// What was written; an empty plain scalar is none at all.
    pub settings: &'a Node,
    /// What its money is written in.
    pub currency: Currency,
    /// The file.
    pub source: &'a SourceFile,
    /// Where to point at when something is missing.
    pub span: Span,
}

impl<'a> From<&'a Binding> for Written<'a> {
    fn from(binding: &'a Binding) -> Self {
        let Binding { settings, currency, source, span, .. } = binding;
        Self { settings, currency: *currency, source, span: *span }
    }
}

impl Settings {
    /// Reads settings as the plugin's schema says.
    ///
    /// # Errors
    /// Every value the schema does not allow, where it stands.
    pub fn read(written: Written<'_>, plugin: &Plugin) -> Result<Self, Vec<Diagnostic>> {
        let mut reader =
            Reader { written, plugin, money: Vec::new(), places: Vec::new(), problems: Vec::new() };
        let mut path = Vec::new();
        let json = reader.node(written.settings, &mut path);
        let Reader { money, places, mut problems, .. } = reader;
        if problems.is_empty()
            && let Err(wrong) = plugin.check_settings(&json)
        {
            for wrong in wrong {
                let span = places
                    .iter()
                    .rev()
                    .find(|(pointer, _)| *pointer == wrong.pointer)
                    .map_or(written.span, |(_, span)| *span);
                let message = format!("settings of `{}`: {}", plugin.description.id, wrong.message);
                let problem = Diagnostic::error(message).at(written.source, span);
                problems.push(match wrong.help {
                    Some(help) => problem.help(help),
                    None => problem,
                });
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let text = json.to_string().into();
        Ok(Self { json, currency: written.currency, money, text })
    }

    /// The settings as JSON text in the currency they were written in.
    #[must_use]
    pub const fn as_written(&self) -> &Arc<str> {
        &self.text
    }

    /// The settings as JSON text in a case's currency; `convert` rounds each amount once.
    ///
    /// # Errors
    /// Whatever `convert` fails with.
    pub fn text<E>(
        &self,
        currency: Currency,
        mut convert: impl FnMut(Money) -> Result<i64, E>,
    ) -> Result<Arc<str>, E> {
        if currency == self.currency || self.money.is_empty() {
            return Ok(Arc::clone(&self.text));
        }
        let mut json = self.json.clone();
        for (path, value) in &self.money {
            let amount = convert(Money { value: *value, currency: self.currency })?;
            if let Some(slot) = json.pointer_mut(&pointer(path)) {
                *slot = Json::String(amount.to_string());
            }
        }
        Ok(json.to_string().into())
    }
}

/// A JSON pointer (RFC 6901).
fn pointer(path: &[String]) -> String {
    path.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

struct Reader<'a> {
    written: Written<'a>,
    plugin: &'a Plugin,
    money: Vec<(Vec<String>, Exact)>,
    places: Vec<(String, Span)>,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn node(&mut self, node: &Node, path: &mut Vec<String>) -> Json {
        self.places.push((pointer(path), node.span));
        match &node.kind {
            NodeKind::Scalar { .. } if path.is_empty() && node.is_nothing() => {
                Json::Object(serde_json::Map::new())
            }
            NodeKind::Scalar { text, style } => self.scalar(node, text, *style, path),
            NodeKind::Sequence(items) => {
                let items = items.iter().enumerate().map(|(index, item)| {
                    path.push(index.to_string());
                    let json = self.node(item, path);
                    path.pop();
                    json
                });
                Json::Array(items.collect())
            }
            NodeKind::Mapping(entries) => {
                let entries = entries.iter().map(|entry| {
                    path.push(entry.key.clone());
                    let json = self.node(&entry.value, path);
                    path.pop();
                    (entry.key.clone(), json)
                });
                Json::Object(entries.collect())
            }
        }
    }

    fn scalar(&mut self, node: &Node, text: &str, style: Style, path: &[String]) -> Json {
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let name = path.last().map_or("the settings", String::as_str);
        let exact = match self.plugin.format_at(&keys) {
            None => return self.plain(node, text, style, name),
            Some(Format::Money) => self.amount(text, path),
            Some(Format::Ratio) => scalar::parse_ratio(text)
                .map_err(|error| error.to_string())
                .and_then(|ratio| ratio.round(RATIO_SCALE).map_err(|error| error.to_string())),
            Some(Format::Decimal) => Exact::parse(text, 4)
                .map_err(|error| error.to_string())
                .and_then(|decimal| decimal.round(AMOUNT_SCALE).map_err(|error| error.to_string())),
        };
        match exact {
            Ok(whole) => Json::String(whole.to_string()),
            Err(why) => {
                self.error(node, format!("`{name}`: {why}"));
                Json::Null
            }
        }
    }

    fn amount(&mut self, text: &str, path: &[String]) -> Result<i64, String> {
        let money = Money::parse(text).map_err(|error| error.to_string())?;
        let own = self.written.currency;
        if money.currency != own {
            return Err(format!("`{text}` is not in {own}, the currency of this file"));
        }
        if money.value.is_negative() {
            return Err(format!("`{text}` is negative: write 0 or more"));
        }
        self.money.push((path.to_vec(), money.value));
        money.value.round(AMOUNT_SCALE).map_err(|error| error.to_string())
    }

    /// A scalar whose schema gives it no exact meaning: text, a flag or a whole number.
    fn plain(&mut self, node: &Node, text: &str, style: Style, name: &str) -> Json {
        if style != Style::Plain {
            return Json::String(text.to_owned());
        }
        match text {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            "" | "null" | "~" => Json::Null,
            _ => {
                match text.replace('_', "").parse::<i64>() {
                    Ok(whole) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                        Json::from(whole)
                    }
                    _ if Exact::parse(text, scalar::RATIO_DECIMALS).is_ok() => {
                        self.error(node, format!("`{name}` cannot be a fraction: the plugin's schema reads `{text}` as a number"));
                        Json::Null
                    }
                    _ => Json::String(text.to_owned()),
                }
            }
        }
    }

    fn error(&mut self, node: &Node, message: String) {
        self.problems.push(Diagnostic::error(message).at(self.written.source, node.span));
    }
}
