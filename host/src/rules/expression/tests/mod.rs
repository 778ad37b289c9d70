//! A small world to ask expressions about, and the ways the tests ask.

mod cel;
mod explained;
mod flips;
mod limits;
mod loading;
mod logic;
mod properties;
mod quantities;

use std::collections::BTreeMap;

use super::*;
use crate::{
    diagnostic::Problems,
    id::JurisdictionId,
    money::Currency,
    money::{Exact, Money},
    rules::yaml::{self, NodeKind},
    source::SourceFile,
    value::{Period, Value},
};

/// What is declared: under `market.`, `a` to `d` are flags and the rest is named for its type.
pub(super) struct World;

impl World {
    const DECLARED: [(Root, &'static str, ValueType); 24] = [
        (Root::Company, "turnover", ValueType::Money),
        (Root::Company, "home", ValueType::OneOf),
        (Root::Company, "staff", ValueType::Count),
        (Root::Product, "sectors", ValueType::Set),
        (Root::Product, "languages", ValueType::Set),
        (Root::Product, "personal_data", ValueType::Flag),
        (Root::Market, "a", ValueType::Flag),
        (Root::Market, "b", ValueType::Flag),
        (Root::Market, "c", ValueType::Flag),
        (Root::Market, "d", ValueType::Flag),
        (Root::Market, "users", ValueType::Count),
        (Root::Market, "huge", ValueType::Count),
        (Root::Market, "share", ValueType::Ratio),
        (Root::Market, "revenue", ValueType::Money),
        (Root::Market, "note", ValueType::Text),
        (Root::Market, "served", ValueType::Set),
        (Root::Market, "launch", ValueType::Date),
        (Root::Market, "language", ValueType::OneOf),
        (Root::Local, "small_agent", ValueType::Flag),
        (Root::Param, "fine_rate", ValueType::Ratio),
        (Root::Param, "fine_cap", ValueType::Money),
        (Root::Param, "notice", ValueType::Period),
        (Root::Param, "countries", ValueType::Set),
        (Root::Choice, "dpo", ValueType::OneOf),
    ];
}

impl Scope for World {
    fn declared(&self, root: Root, name: &str) -> Option<Declared> {
        let found = Self::DECLARED.iter().find(|(r, n, _)| *r == root && *n == name)?;
        let vocabulary = match name {
            "home" | "countries" => Vocabulary::Iso3166,
            "language" | "languages" => Vocabulary::Bcp47,
            "sectors" | "served" => Vocabulary::of(["finance", "health", "retail"]),
            "dpo" => Vocabulary::of(["inhouse", "outsourced"]),
            _ => Vocabulary::None,
        };
        Some(Declared { value_type: found.2, vocabulary })
    }

    fn names(&self, root: Root) -> Vec<String> {
        Self::DECLARED.iter().filter(|(r, ..)| *r == root).map(|(_, name, _)| (*name).to_owned()).collect()
    }

    fn obligation(&self, name: &str) -> Option<QualifiedId> {
        ["dpo", "representative"].contains(&name).then(|| obligation(name))
    }

    fn obligations(&self) -> Vec<String> {
        vec!["dpo".to_owned(), "representative".to_owned()]
    }
}

pub(super) fn obligation(name: &str) -> QualifiedId {
    QualifiedId { jurisdiction: JurisdictionId::parse("br").unwrap(), name: Name::parse(name).unwrap() }
}

pub(super) fn reference(text: &str) -> Reference {
    let (root, name) = text.split_once('.').unwrap();
    Reference { root: Root::parse(root).unwrap(), name: Name::parse(name).unwrap() }
}

/// What was given. One EUR is 7.8 CNY, 6 BRL and 3 XAU; the case is in EUR.
#[derive(Default)]
pub(super) struct Given {
    values: BTreeMap<Reference, Value>,
    triggered: BTreeMap<QualifiedId, Truth>,
}

impl Given {
    /// Reads `market.users=5; market.a=true; market.revenue=3 BRL`.
    pub(super) fn read(text: &str) -> Self {
        let mut given = Self::default();
        for (name, value) in text.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            given.set(name, Self::value(name, value));
        }
        given
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(reference(name), value);
    }

    fn value(name: &str, text: &str) -> Value {
        let reference = reference(name);
        match World.declared(reference.root, reference.name.as_str()).unwrap().value_type {
            ValueType::Flag => Value::Flag(text == "true"),
            ValueType::Count => Value::Count(text.parse().unwrap()),
            ValueType::Ratio => Value::Ratio(Exact::parse(text, 9).unwrap()),
            ValueType::Money => Value::Money(Money::parse(text).unwrap()),
            ValueType::Text | ValueType::OneOf => Value::Text(text.into()),
            ValueType::Set => Value::Set(Arc::new(text.split_whitespace().map(Arc::from).collect())),
            ValueType::Date => Value::Date(text.parse().unwrap()),
            ValueType::Period => Value::Period(Period::parse(text).unwrap()),
        }
    }

    fn per_euro(currency: Currency) -> Option<Exact> {
        match currency.code() {
            "EUR" => Some(Exact::ONE),
            "CNY" => Exact::parse("7.8", 1).ok(),
            "BRL" => Some(Exact::whole(6)),
            "XAU" => Some(Exact::whole(3)),
            _ => None,
        }
    }
}

impl Inputs for Given {
    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        self.values.get(reference).cloned().ok_or_else(|| Missing {
            reference: Some(reference.clone()),
            reason: format!("nobody gave {reference}"),
        })
    }

    fn triggered(&self, obligation: &QualifiedId) -> Truth {
        self.triggered.get(obligation).cloned().unwrap_or(Truth::False)
    }

    fn convert(&self, money: Money, to: Currency) -> Result<Money, ConversionError> {
        let rate = |currency| {
            Self::per_euro(currency)
                .ok_or_else(|| ConversionError::NoRate(format!("there is no rate for {currency}")))
        };
        let euros = money.value.div(rate(money.currency)?).map_err(|_| ConversionError::Overflow)?;
        let value = euros.mul(rate(to)?).map_err(|_| ConversionError::Overflow)?;
        Ok(Money { value, currency: to })
    }

    fn currency(&self) -> Currency {
        Currency::EUR
    }
}

/// The same values where they stand: a condition then copies nothing.
pub(super) struct Visible<'g> {
    given: &'g Given,
    names: Names,
}

impl<'g> Visible<'g> {
    pub(super) fn of(given: &'g Given) -> Self {
        let values = given.values.iter().map(|(name, value)| (name.clone(), value.clone()));
        Self { given, names: Names::of(values) }
    }
}

impl Inputs for Visible<'_> {
    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        self.given.value(reference)
    }

    fn seen<'v>(&'v self, key: u64, reference: &Reference) -> Option<Seen<'v>> {
        Some(match self.names.get(key, reference)? {
            Value::Text(option) if reference.root == Root::Choice => Seen::Text(option),
            value => Seen::Value(value),
        })
    }

    fn triggered(&self, obligation: &QualifiedId) -> Truth {
        self.given.triggered(obligation)
    }

    fn convert(&self, money: Money, to: Currency) -> Result<Money, ConversionError> {
        self.given.convert(money, to)
    }

    fn currency(&self) -> Currency {
        self.given.currency()
    }
}

/// The expression of a YAML scalar, or its problems as lines of `column: message (help: …)`.
pub(super) fn lower_yaml(yaml: &str, use_: Use) -> Result<Expression, String> {
    let source = SourceFile::new("t.yaml", yaml.as_bytes()).unwrap();
    let node = yaml::parse(&source).unwrap();
    let NodeKind::Mapping(entries) = &node.kind else { unreachable!() };
    let mut problems = Problems::new(&source);
    let lowered = lower(&entries[0].value, use_, &World, &mut problems);
    let lines: Vec<String> = problems
        .into_vec()
        .iter()
        .map(|d| d.to_string().trim_start_matches("t.yaml:1:").to_owned())
        .collect();
    assert_eq!(lowered.is_none(), !lines.is_empty(), "{yaml}: {lines:?}");
    lowered.ok_or_else(|| lines.join("\n"))
}

/// The expression of this text in double quotes; its first character stands in column 1.
pub(super) fn lower_as(text: &str, use_: Use) -> Result<Expression, String> {
    let yaml = format!("k: {}\n", yaml::double_quoted(text));
    lower_yaml(&yaml, use_).map_err(|lines| {
        let moved = |line: &str| {
            let (column, rest) = line.split_once(": ").unwrap();
            format!("{}: {rest}", column.parse::<i64>().unwrap() - 4)
        };
        lines.lines().map(moved).collect::<Vec<_>>().join("\n")
    })
}

/// What the expression comes to, in one line; the same wherever its values stand.
pub(super) fn outcome(text: &str, use_: Use, given: &Given) -> String {
    let evaluated = lower_as(text, use_).map(|expression| {
        let outcome = expression.outcome(given);
        assert_eq!(expression.outcome(&Visible::of(given)), outcome, "{text}");
        outcome
    });
    match evaluated {
        Ok(Outcome::Known(value)) => value.to_string(),
        Ok(Outcome::Undetermined(missing)) => {
            let reasons: Vec<_> = missing.iter().map(|m| m.reason.as_str()).collect();
            format!("undetermined: {}", reasons.join("; "))
        }
        Ok(Outcome::Overflow) => "overflow".to_owned(),
        Err(lines) => format!("refused: {lines}"),
    }
}
