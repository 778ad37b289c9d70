//! An exception triggers another obligation instead, whose exceptions may trigger a third: that must end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, extends_span};
use crate::{
    id::Name,
    rules::book::{Merged, Obligation},
    source::Span,
};

/// Most obligations of a circle that are named.
const MOST_NAMED: usize = 8;

impl Checker<'_> {
    pub(super) fn instead(&mut self, merged: &Merged) {
        for circle in circles(merged) {
            self.circle(&circle, merged);
        }
    }

    fn circle(&mut self, circle: &[&Name], merged: &Merged) {
        let duties = circle.iter().filter_map(|name| merged.obligations.get(*name));
        let own = duties.filter(|duty| duty.id.jurisdiction == *self.id);
        let span = own.filter_map(|duty| self.instead_span(duty)).next();
        let mut names: Vec<&str> = circle.iter().take(MOST_NAMED).map(|name| name.as_str()).collect();
        if circle.len() > MOST_NAMED {
            names.push("…");
        }
        names.extend(circle.first().map(|name| name.as_str()));
        let message = format!("exceptions trigger one another in a circle: {}", names.join(" → "));
        let span = span.unwrap_or_else(|| extends_span(self.file));
        self.problems.error_help(span, message, "take out one `instead`");
    }

    fn instead_span(&self, obligation: &Obligation) -> Option<Span> {
        let file = self.file.obligations.iter().find(|duty| duty.name.value == obligation.id.name)?;
        file.exceptions.iter().find_map(|exception| exception.instead.as_ref()).map(|instead| instead.span)
    }
}

/// At least one circle of each tangle. Not recursive: a file may chain as many as it has room for.
fn circles(merged: &Merged) -> Vec<Vec<&Name>> {
    let mut circles = Vec::new();
    let mut done = BTreeSet::new();
    for start in merged.obligations.keys() {
        let mut way = vec![(start, triggered_instead(merged, start))];
        let mut places = BTreeMap::from([(start, 0)]);
        while let Some((name, left)) = way.last_mut() {
            match left.pop() {
                Some(next) if done.contains(next) => {}
                Some(next) => match places.get(next) {
                    Some(place) => circles.push(way.iter().skip(*place).map(|(name, _)| *name).collect()),
                    None => {
                        places.insert(next, way.len());
                        way.push((next, triggered_instead(merged, next)));
                    }
                },
                None => {
                    done.insert(*name);
                    places.remove(*name);
                    way.pop();
                }
            }
        }
    }
    circles
}

fn triggered_instead<'m>(merged: &'m Merged, name: &Name) -> Vec<&'m Name> {
    let exceptions = merged.obligations.get(name).map(|duty| duty.exceptions.values());
    exceptions.into_iter().flatten().filter_map(|exception| exception.instead.as_ref()).collect()
}
