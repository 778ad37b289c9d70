//! One answer with everything it takes to check it: its row, how that leads to the head, the strategy, the
//! answer, the rules and plugins. Made from a log, and checked without one.

use std::collections::BTreeMap;

use super::{
    record::Said,
    replay::{Rests, replay},
};
use crate::{
    audit::{Head, Row, climb},
    id::Digest,
    protocol::{AuditRow, AuditTail, BUNDLE, Bundle, BundleVerified, Content},
    reload::Restorer,
};

/// A bundle of these parts, each content once.
pub(super) fn of(
    row: AuditRow,
    later: Vec<Digest>,
    head: Head,
    manifest: Digest,
    contents: Vec<Content>,
) -> Bundle {
    let contents: BTreeMap<Digest, Content> =
        contents.into_iter().map(|content| (content.digest, content)).collect();
    Bundle {
        schema: BUNDLE.to_owned(),
        row,
        later,
        head: head.to_string(),
        manifest,
        contents: contents.into_values().collect(),
    }
}

/// Whether a bundle proves its answer. `head` was kept elsewhere.
#[must_use]
pub fn check(bundle: Bundle, head: Option<Head>, restorer: &Restorer) -> BundleVerified {
    let Bundle { schema, row, later, head: written, manifest, contents } = bundle;
    let mut faults = Vec::new();
    if schema != BUNDLE {
        faults.push(format!("the bundle is of the form `{schema}`, and this program reads `{BUNDLE}`"));
    }
    let row = Row::from(row);
    if !row.holds() {
        faults.push(format!("row {} says something else than its hash", row.seq));
    }
    let (top, tail) = leads_to(&row, later, head);
    if top.to_string() != written {
        faults.push(format!("the row leads to the head {top}, and the bundle says {written}"));
    }
    match (tail, head) {
        (AuditTail::Broken, Some(head)) => faults.push(format!("the row does not lead to the head {head}")),
        (AuditTail::Before, Some(head)) => {
            faults.push(format!("the row is younger than the head {head}, which cannot prove it"));
        }
        _ => {}
    }
    let mut held = BTreeMap::new();
    for Content { digest, bytes } in contents {
        if Digest::of(&bytes) != digest {
            faults.push(format!("what is kept under {digest} has other contents"));
        }
        held.insert(digest, bytes);
    }
    let contents =
        |digest: Digest| held.get(&digest).cloned().ok_or_else(|| format!("{digest} is not in the bundle"));
    let replayed = faults.is_empty().then(|| {
        let said = Said::of(&row)?;
        let manifest = contents(manifest)?;
        let rests = Rests { manifest: &manifest, contents: &contents, restorer };
        replay(row.clone(), &said, &rests).map_err(|refusal| {
            refusal.diagnostics.first().map_or_else(String::new, |problem| problem.message.clone())
        })
    });
    let replayed = match replayed {
        Some(Ok(replayed)) => Some(replayed),
        Some(Err(why)) => {
            faults.push(why);
            None
        }
        None => None,
    };
    BundleVerified {
        holds: faults.is_empty() && replayed.as_ref().is_some_and(|replayed| replayed.same),
        row: row.into(),
        head: Some(top.to_string()),
        tail,
        faults,
        replayed,
    }
}

/// The head that a row leads to, and whether that is by way of the one that was kept elsewhere.
fn leads_to(row: &Row, later: Vec<Digest>, head: Option<Head>) -> (Head, AuditTail) {
    let own = Head { seq: row.seq, hash: row.hash };
    let way: Vec<Head> = std::iter::once(own).chain(climb(own, later)).collect();
    let tail = match head {
        None => AuditTail::Unproven,
        Some(head) if way.contains(&head) => AuditTail::Proven,
        Some(head) if head.seq < own.seq => AuditTail::Before,
        Some(_) => AuditTail::Broken,
    };
    (way.last().copied().unwrap_or(own), tail)
}
