//! Any text as an expression, in every place one can stand, over facts of which some are missing. Whatever
//! is said to turn a condition round does.
//!
//! The first byte says which names have no value, the second which value the others have.

#![no_main]

use std::sync::LazyLock;

use landfall::{
    diagnostic::Problems,
    id::{JurisdictionId, Name, QualifiedId},
    money::{Currency, Exact, Money},
    rules::{
        expression::{
            Change, ConversionError, Declared, Inputs, Missing, Outcome, Reference, Root, Scope, Truth, Use,
            lower,
        },
        vocabulary::Vocabulary,
        yaml::{Node, NodeKind, Style},
    },
    source::{SourceFile, Span},
    value::{Period, Value, ValueType},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [missing, picked, text @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let given = Given { missing: *missing, picked: *picked };
    let span = Span { line: 1, column: 1, length: 1 };
    let node = Node { span, kind: NodeKind::Scalar { text: text.to_owned(), style: Style::Verbatim } };
    for use_ in [Use::Condition, Use::AllowedWhen, Use::Quantity, Use::Amount, Use::Reference] {
        let mut problems = Problems::new(&SOURCE);
        if let Some(expression) = lower(&node, use_, &World, &mut problems) {
            let before = expression.evaluate(&given).outcome;
            let wanted = before != Outcome::Known(Value::Flag(true));
            if let Some(changes) = expression.flip(&given, &|reference| reference.root.is_fact()) {
                let after = expression.outcome(&Changed { given: &given, changes: &changes });
                assert_eq!(after, Outcome::Known(Value::Flag(wanted)), "{text}: {changes:?}");
            }
        }
    }
});

static SOURCE: LazyLock<SourceFile> =
    LazyLock::new(|| SourceFile::new("xx.yaml", b"when").expect("four letters are a file"));

/// What is declared, each with the values it can have.
const DECLARED: [(Root, &str, ValueType, [&str; 4]); 21] = [
    (Root::Company, "home", ValueType::OneOf, ["br", "de", "cn", "us"]),
    (Root::Company, "sme", ValueType::Flag, ["true", "false", "true", "false"]),
    (Root::Company, "staff", ValueType::Count, ["0", "19", "20", "9223372036854775807"]),
    (
        Root::Company,
        "turnover",
        ValueType::Money,
        ["0 EUR", "10000000 EUR", "922337203685477.5807 EUR", "-1 EUR"],
    ),
    (Root::Company, "founded", ValueType::Date, ["2026-11-23", "9999-12-31", "-9999-01-01", "2024-02-29"]),
    (Root::Product, "personal_data", ValueType::Flag, ["true", "true", "false", "false"]),
    (Root::Product, "sectors", ValueType::Set, ["", "finance", "finance health", "retail"]),
    (Root::Product, "languages", ValueType::Set, ["de", "pt-BR de", "", "zh-Hans"]),
    (Root::Product, "systems", ValueType::Count, ["1", "-1", "-9223372036854775808", "3"]),
    (Root::Product, "summary", ValueType::Text, ["", "a", "finance", "\u{202e}"]),
    (
        Root::Product,
        "retention",
        ValueType::Period,
        ["72 hours", "3 business_days", "1 month", "4294967295 years"],
    ),
    (Root::Market, "users", ValueType::Count, ["900000", "1000000", "0", "-5"]),
    (
        Root::Market,
        "revenue",
        ValueType::Money,
        ["5 BRL", "0.0001 BRL", "-922337203685477.5807 BRL", "40000000 BRL"],
    ),
    (Root::Market, "share", ValueType::Ratio, ["0.01", "1", "-9223372036.854775807", "0.000000001"]),
    (Root::Local, "small_agent", ValueType::Flag, ["false", "true", "true", "false"]),
    (Root::Local, "sectors", ValueType::Set, ["finance", "", "health retail finance", "finance"]),
    (Root::Param, "fine_rate", ValueType::Ratio, ["0.02", "0", "9223372036.854775807", "-1"]),
    (
        Root::Param,
        "fine_cap",
        ValueType::Money,
        ["50000000 BRL", "0 BRL", "922337203685477.5807 BRL", "-1 BRL"],
    ),
    (
        Root::Param,
        "threshold",
        ValueType::Count,
        ["1000000", "0", "9223372036854775807", "-9223372036854775808"],
    ),
    (Root::Param, "notice", ValueType::Period, ["72 hours", "3 days", "1 week", "2 business_days"]),
    (Root::Choice, "dpo", ValueType::OneOf, ["inhouse", "outsourced", "inhouse", "outsourced"]),
];

struct World;

impl Scope for World {
    fn declared(&self, root: Root, name: &str) -> Option<Declared> {
        let (.., value_type, _) = DECLARED.into_iter().find(|(r, n, ..)| *r == root && *n == name)?;
        let vocabulary = match name {
            "home" => Vocabulary::Iso3166,
            "languages" => Vocabulary::Bcp47,
            "sectors" => Vocabulary::of(["finance", "health", "retail"]),
            "dpo" => Vocabulary::of(["inhouse", "outsourced"]),
            _ => Vocabulary::None,
        };
        Some(Declared { value_type, vocabulary })
    }

    fn names(&self, root: Root) -> Vec<String> {
        DECLARED.iter().filter(|(r, ..)| *r == root).map(|(_, name, ..)| (*name).to_owned()).collect()
    }

    fn obligation(&self, name: &str) -> Option<QualifiedId> {
        let jurisdiction = JurisdictionId::parse("br").ok()?;
        ["dpo", "notice"]
            .contains(&name)
            .then_some(QualifiedId { jurisdiction, name: Name::parse(name).ok()? })
    }

    fn obligations(&self) -> Vec<String> {
        vec!["dpo".to_owned(), "notice".to_owned()]
    }
}

struct Given {
    missing: u8,
    picked: u8,
}

impl Inputs for Given {
    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        let named = |(root, name, ..): &(Root, &str, ValueType, [&str; 4])| {
            *root == reference.root && *name == reference.name.as_str()
        };
        let at = DECLARED.iter().position(named).expect("only what is declared is asked for");
        if self.missing & (1 << (at % 8)) != 0 {
            let reason = format!("nobody gave {reference}");
            return Err(Missing { reference: Some(reference.clone()), reason });
        }
        let (.., value_type, values) = DECLARED[at];
        Ok(value(value_type, values[(usize::from(self.picked) >> (at % 7)) % 4]))
    }

    fn triggered(&self, obligation: &QualifiedId) -> Truth {
        match obligation.name.as_str() {
            "dpo" => Truth::True,
            _ => Truth::Undetermined(vec![Missing { reference: None, reason: "nobody knows".to_owned() }]),
        }
    }

    fn convert(&self, money: Money, to: Currency) -> Result<Money, ConversionError> {
        let rate = match (money.currency.code(), to.code()) {
            ("EUR", "BRL") => Ok(Exact::whole(6)),
            ("BRL", "EUR") => Exact::ONE.div(Exact::whole(6)),
            (from, to) => return Err(ConversionError::NoRate(format!("there is no rate for {from}/{to}"))),
        };
        let value = rate.and_then(|rate| money.value.mul(rate)).map_err(|_| ConversionError::Overflow)?;
        Ok(Money { value, currency: to })
    }

    fn currency(&self) -> Currency {
        Currency::EUR
    }
}

/// What is given, after a change.
struct Changed<'a> {
    given: &'a Given,
    changes: &'a [Change],
}

impl Inputs for Changed<'_> {
    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        let changed = self.changes.iter().find(|change| change.reference == *reference);
        changed.map_or_else(|| self.given.value(reference), |change| Ok(change.to.clone()))
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

fn value(value_type: ValueType, text: &str) -> Value {
    match value_type {
        ValueType::Flag => Value::Flag(text == "true"),
        ValueType::Count => Value::Count(text.parse().expect("a count")),
        ValueType::Ratio => Value::Ratio(Exact::parse(text, 9).expect("a ratio")),
        ValueType::Money => Value::Money(Money::parse(text).expect("an amount")),
        ValueType::Text | ValueType::OneOf => Value::Text(text.into()),
        ValueType::Set => {
            Value::Set(std::sync::Arc::new(text.split_whitespace().map(std::sync::Arc::from).collect()))
        }
        ValueType::Date => Value::Date(text.parse().expect("a date")),
        ValueType::Period => Value::Period(Period::parse(text).expect("a period")),
    }
}
