//! An old answer, computed again from what is kept, and compared with what was answered byte for byte.

use serde_json::Value;

use super::{
    answer, by_date,
    record::{Said, canonical},
    wanted,
};
use crate::{
    audit::Row,
    diff::{self, Named},
    generation::SEMANTICS,
    id::Digest,
    protocol::{
        Answer, Diff, Difference, QueryResponse, Refusal, RefusalKind, Replayed, Semantics, Served,
        TimelineRequest,
    },
    reload::{Contents, Kept, Restorer},
};

/// Differences listed. Chosen: more than anybody reads.
const MOST: usize = 200;

/// Longest value shown of a difference.
const LONGEST: usize = 200;

/// What an answer rests on.
pub(super) struct Rests<'a> {
    pub(super) manifest: &'a [u8],
    pub(super) contents: Contents<'a>,
    pub(super) restorer: &'a Restorer,
}

/// Computes the answer of a row again.
///
/// # Errors
/// What it rests on is not there, or does not make the generation that answered.
pub(super) fn replay(row: Row, said: &Said, rests: &Rests<'_>) -> Result<Replayed, Refusal> {
    let was_tried: Vec<&str> = said.candidates.iter().map(|candidate| candidate.file.as_str()).collect();
    if !was_tried.is_empty() {
        let files = was_tried.join(", ");
        let message = format!("the answer was tried with candidate files ({files}), which are kept nowhere");
        return Err(Refusal::new(RefusalKind::Generation, message));
    }
    let part = |what: &str, digest: Digest| {
        (rests.contents)(digest).map_err(|why| not_kept(&format!("the {what}: {why}")))
    };
    let text = String::from_utf8_lossy(&part("strategy", said.request.strategy)?).into_owned();
    let was = part("answer", said.answer)?;
    let semantics = Semantics { was: said.semantics, is: SEMANTICS.into() };
    let same_semantics = semantics.was == semantics.is;
    let named = (said.number, said.generation);
    let kept = rests
        .restorer
        .whole(named, rests.manifest, rests.contents, same_semantics)
        .map_err(|why| not_kept(&format!("generation {} cannot be made again: {why}", said.number)))?;
    let mut replayed =
        Replayed { row: row.into(), same: false, semantics, differences: Vec::new(), more: 0, diff: None };
    match again(&kept, said, text) {
        Ok(again) => {
            let same = again.bytes == was;
            replayed.same = same && same_semantics && again.receipt == said.receipt;
            if !same {
                compare(&mut replayed, &was, &again.bytes);
                replayed.diff = in_money(said, &was, again);
            }
        }
        Err(refusal) => {
            let why = refusal.diagnostics.first().map(ToString::to_string);
            let was = Some("an answer".to_owned());
            replayed.differences.push(Difference { path: String::new(), was, is: why });
        }
    }
    Ok(replayed)
}

fn not_kept(why: &str) -> Refusal {
    Refusal::new(RefusalKind::Generation, format!("what the answer rests on is not kept: {why}"))
        .help("an answer with a label keeps what it rests on: `landfall query --label TEXT`")
}

/// The answer as it comes now.
struct Again {
    bytes: Vec<u8>,
    receipt: String,
    query: Option<QueryResponse>,
}

fn again(kept: &Kept, said: &Said, text: String) -> Result<Again, Refusal> {
    let query = said.request.of(text);
    match said.verb.as_str() {
        "timeline" => {
            let day = |day: &Option<String>| day.clone().unwrap_or_default();
            let (from, to) = (day(&said.request.from), day(&said.request.to));
            let response = by_date(kept, &TimelineRequest { query, from, to })?;
            Ok(Again { bytes: canonical(&response.timeline)?, receipt: response.receipt, query: None })
        }
        "facts" => {
            let response = wanted(kept, &query)?;
            Ok(Again { bytes: canonical(&response.facts)?, receipt: response.receipt, query: None })
        }
        _ => {
            let response = answer(kept, &query)?;
            let (bytes, receipt) = (canonical(&response.answer)?, response.receipt.clone());
            Ok(Again { bytes, receipt, query: Some(response) })
        }
    }
}

/// What is other in money, where both can be read as answers of this version.
fn in_money(said: &Said, was: &[u8], again: Again) -> Option<Diff> {
    let answer: Answer = serde_json::from_slice(was).ok()?;
    let served = Served { generation: said.generation.to_string(), number: said.number, ..Served::default() };
    let old = QueryResponse { answer, receipt: said.receipt.clone(), served };
    let new = again.query?;
    let strategy = said.request.name.as_str();
    let before = Named { name: "as answered", strategy, response: &old };
    let after = Named { name: "computed again", strategy, response: &new };
    diff::compare(before, after, Vec::new()).ok().filter(|diff| diff.changed)
}

fn compare(replayed: &mut Replayed, was: &[u8], is: &[u8]) {
    let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let (was, is): (Value, Value) = (read(was), read(is));
    differences(&was, &is, &mut String::new(), &mut |difference| match replayed.differences.len() < MOST {
        true => replayed.differences.push(difference),
        false => replayed.more += 1,
    });
    if replayed.differences.is_empty() {
        // The same values, written otherwise.
        let said = |what: &str| Some(what.to_owned());
        let (was, is) = (said("as it was written"), said("other bytes that say the same"));
        replayed.differences.push(Difference { path: String::new(), was, is });
    }
}

fn differences(was: &Value, is: &Value, path: &mut String, found: &mut impl FnMut(Difference)) {
    let length = path.len();
    let mut step = |key: &str, was: Option<&Value>, is: Option<&Value>| {
        path.push('/');
        path.push_str(key);
        match (was, is) {
            (Some(was), Some(is)) => differences(was, is, path, found),
            _ => found(Difference { path: path.clone(), was: was.map(shown), is: is.map(shown) }),
        }
        path.truncate(length);
    };
    match (was, is) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, was) in old {
                step(key, Some(was), new.get(key));
            }
            for (key, is) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                step(key, None, Some(is));
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for at in 0..old.len().max(new.len()) {
                step(&at.to_string(), old.get(at), new.get(at));
            }
        }
        _ if was == is => {}
        _ => found(Difference { path: path.clone(), was: Some(shown(was)), is: Some(shown(is)) }),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(was: &Value, is: &Value, expected: &[&str]) {
        let mut found = Vec::new();
        differences(was, is, &mut String::new(), &mut |difference| {
            let said = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            found.push(format!("{}: {} -> {}", difference.path, said(difference.was), said(difference.is)));
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn every_difference_has_a_path() {
        let was = json!({"j": "1.0000", "markets": [{"id": "br"}, {"id": "de"}], "old": null});
        check(&was, &was, &[]);
        check(
            &was,
            &json!({"j": "2.0000", "markets": [{"id": "br", "n": 1}], "new": [1]}),
            &[
                "/j: 1.0000 -> 2.0000",
                "/markets/0/n: - -> 1",
                "/markets/1: {\"id\":\"de\"} -> -",
                "/old: null -> -",
                "/new: - -> [1]",
            ],
        );
        check(&json!("a"), &json!(["a"]), &[": a -> [\"a\"]"]);
    }
}
