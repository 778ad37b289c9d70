//! An answer as a case expects it: one form for one answer, so that a difference is a difference of lines.

use super::{
    expect::{Expect, ExpectedFailure, grounds},
    text,
};
use crate::{
    id::QualifiedId,
    money::{AMOUNT_SCALE, Currency},
    plugin::{Cadence, Description, Ground, Line, Quantity},
};

/// The names behind the positions of a case.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Of the plugin that was asked.
    pub description: &'a Description,
    /// Of every amount.
    pub currency: Currency,
    /// The ids of the obligations, in the order of the case.
    pub obligations: &'a [QualifiedId],
}

/// `expect:` with what is under it, as it stands in a case file. Lines that differ in anything differ here.
#[must_use]
pub fn expectation(expect: &Expect, words: &Words<'_>) -> String {
    match expect {
        Expect::Lines(lines) if lines.is_empty() => "expect:\n  lines: []\n".to_owned(),
        Expect::Lines(lines) => {
            let lines: String = lines.iter().map(|line| words.line(line)).collect();
            format!("expect:\n  lines:\n{lines}")
        }
        Expect::Failure(failure) => format!("expect:\n  failure: {}\n", said(failure)),
    }
}

fn said(failure: &ExpectedFailure) -> String {
    match failure {
        ExpectedFailure::NeedsFact(name) => format!("{{needs_fact: {}}}", text::text(name)),
        ExpectedFailure::NeedsParam(name) => format!("{{needs_param: {}}}", text::text(name)),
        ExpectedFailure::Refused(reason) => format!("{{refused: {}}}", text::text(reason)),
        ExpectedFailure::Other { kind, message: None } => format!("{{kind: {kind}}}"),
        ExpectedFailure::Other { kind, message: Some(message) } => {
            format!("{{kind: {kind}, message: {}}}", text::text(message))
        }
    }
}

impl Words<'_> {
    fn line(&self, line: &Line) -> String {
        let Line { obligation, label, cadence, amount, used, quantity } = line;
        let mut keys = Vec::new();
        let id = obligation.and_then(|place| self.obligations.get(usize::try_from(place).ok()?));
        keys.extend(id.map(|id| format!("obligation: {id}")));
        keys.push(format!("label: {}", text::text(label)));
        keys.push(format!("cadence: {}", cadence_word(*cadence)));
        keys.push(format!("amount: {}", text::spread(*amount, self.currency)));
        keys.extend(quantity.as_ref().map(|quantity| format!("quantity: {}", self.quantity(quantity))));
        if !used.is_empty() {
            keys.push(format!("used: {}", self.used(used)));
        }
        format!("    - {}\n", keys.join("\n      "))
    }

    fn quantity(&self, quantity: &Quantity) -> String {
        let Quantity { count, unit, price } = quantity;
        let (count, price) = (text::scaled(*count, AMOUNT_SCALE), text::spread(*price, self.currency));
        format!("{{count: {count}, unit: {}, price: {price}}}", text::text(unit))
    }

    fn used(&self, used: &[Ground]) -> String {
        let known = grounds(self.description);
        let name = |ground: &Ground| known.iter().find(|(_, of)| of == ground).map(|(name, _)| name.clone());
        text::list(used.iter().filter_map(name))
    }
}

const fn cadence_word(cadence: Cadence) -> &'static str {
    match cadence {
        Cadence::Once => "once",
        Cadence::Yearly => "yearly",
    }
}
