//! Who extends whom on disk: everybody after those they extend, and who goes in a circle. Linear, and not
//! recursive, because nothing has been checked yet. Knows nothing of older versions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::id::JurisdictionId;

/// Most files of a circle that are named.
const MOST_NAMED: usize = 8;

/// In which order files can be read.
#[derive(Debug)]
pub(super) struct Order {
    /// Every file after those it extends, as far as that can be.
    pub(super) parents_first: Vec<JurisdictionId>,
    /// Those in a circle, or between two, with the circle as it is written.
    pub(super) circles: BTreeMap<JurisdictionId, Arc<str>>,
}

type Edges<'a> = BTreeMap<&'a JurisdictionId, BTreeSet<&'a JurisdictionId>>;

/// Orders files, given with what each extends.
pub(super) fn order<'a>(
    files: impl Iterator<Item = (&'a JurisdictionId, BTreeSet<&'a JurisdictionId>)>,
) -> Order {
    let all = within(files.collect());
    let free = peel(&all);
    let bound = without(all, &free);
    // What has a circle above it and none below.
    let below = peel(&reversed(&bound));
    let circles = without(bound, &below);
    let parents_first = free.into_iter().chain(circles.keys().copied()).chain(below.into_iter().rev());
    Order { parents_first: parents_first.cloned().collect(), circles: name(&circles) }
}

/// Only edges to what is itself there.
fn within(mut edges: Edges<'_>) -> Edges<'_> {
    let known: BTreeSet<_> = edges.keys().copied().collect();
    edges.values_mut().for_each(|to| to.retain(|id| known.contains(id)));
    edges
}

fn without<'a>(mut edges: Edges<'a>, taken: &[&'a JurisdictionId]) -> Edges<'a> {
    for id in taken {
        edges.remove(id);
    }
    within(edges)
}

fn reversed<'a>(edges: &Edges<'a>) -> Edges<'a> {
    let mut back: Edges<'a> = edges.keys().map(|id| (*id, BTreeSet::new())).collect();
    for (from, to) in edges {
        for id in to {
            back.entry(id).or_default().insert(from);
        }
    }
    back
}

/// Takes, again and again, what has no edge left to anything not taken yet: all but circles and what leads
/// to them, in the order it was taken.
fn peel<'a>(edges: &Edges<'a>) -> Vec<&'a JurisdictionId> {
    let back = reversed(edges);
    let mut left: BTreeMap<_, usize> = edges.iter().map(|(id, to)| (*id, to.len())).collect();
    let mut taken: Vec<_> = left.iter().filter(|(_, left)| **left == 0).map(|(id, _)| *id).collect();
    let mut next = 0;
    while let Some(id) = taken.get(next).copied() {
        next += 1;
        for from in back.get(id).into_iter().flatten() {
            if let Some(left) = left.get_mut(from) {
                *left -= 1;
                if *left == 0 {
                    taken.push(from);
                }
            }
        }
    }
    taken
}

/// For each, the first circle that is come to from it.
fn name(circles: &Edges<'_>) -> BTreeMap<JurisdictionId, Arc<str>> {
    let mut named = BTreeMap::<JurisdictionId, Arc<str>>::new();
    for start in circles.keys() {
        let mut way = Vec::new();
        let mut places = BTreeMap::new();
        let mut at = Some(*start);
        let mut circle: Arc<str> = "".into();
        while let Some(id) = at {
            if let Some(known) = named.get(id) {
                circle = Arc::clone(known);
                break;
            }
            if let Some(place) = places.insert(id, way.len()) {
                circle = written(way.get(place..).unwrap_or_default());
                break;
            }
            way.push(id);
            at = circles.get(id).and_then(|to| to.first().copied());
        }
        named.extend(way.into_iter().map(|id| (id.clone(), Arc::clone(&circle))));
    }
    named
}

fn written(circle: &[&JurisdictionId]) -> Arc<str> {
    let mut names: Vec<&str> = circle.iter().take(MOST_NAMED).map(|id| id.as_str()).collect();
    if circle.len() > MOST_NAMED {
        names.push("…");
    }
    names.extend(circle.first().map(|id| id.as_str()));
    names.join(" → ").into()
}
