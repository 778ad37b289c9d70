//! Values in labels: a label is the identity of a line over the years, so one that says `12 seats` is another line
//! when there are thirteen.

use std::collections::BTreeMap;

use super::probe::Asked;
use crate::{diagnostic::Diagnostic, plugin::Estimate};

/// Labels of one answer, by obligation and by what is left without digits.
type Labels<'a> = BTreeMap<(Option<u32>, String), Vec<&'a str>>;

/// A warning for each label that is another in another answer about the same obligations, but for its digits.
pub(super) fn findings(all: &[Asked<'_>]) -> Vec<Diagnostic> {
    let mut found = BTreeMap::new();
    for (at, one) in all.iter().enumerate() {
        let Ok(answer) = &one.answer else { continue };
        let first = labels(answer);
        let same = |other: &&Asked<'_>| other.case.file.obligations == one.case.file.obligations;
        let others = all.iter().skip(at + 1).filter(same).filter_map(|of| of.answer.as_ref().ok());
        for other in others.chain(one.varied.as_ref().ok()) {
            let second = labels(other);
            for (key, label) in &first {
                // Several that differ by digits alone are numbered, and not what this is about.
                if let ([one], Some([two])) = (label.as_slice(), second.get(key).map(Vec::as_slice))
                    && one != two
                {
                    found.entry(key.1.clone()).or_insert_with(|| ((*one).to_owned(), (*two).to_owned()));
                }
            }
        }
    }
    found.into_values().map(|(one, two)| finding(&one, &two)).collect()
}

fn finding(one: &str, two: &str) -> Diagnostic {
    let message = format!("the label `{one}` holds a value: in another case it is `{two}`");
    Diagnostic::warning(message).help(
        "a label is the identity of a line over all years: take the number out of it, and put it into `quantity`",
    )
}

fn labels(answer: &Estimate) -> Labels<'_> {
    let mut labels = Labels::new();
    for line in &answer.lines {
        let without: String = line.label.chars().filter(|c| !c.is_numeric()).collect();
        labels.entry((line.obligation, without)).or_default().push(&line.label);
    }
    labels
}
