//! What two YAML files say otherwise: `markets.br.users: 2,500,000 → 3,000,000`.
//!
//! Compares what is said and not how: comments, layout, quotes and `_` between digits are no change. Items of a
//! list are told apart by the key that names them (`from` of dated values), else by their place.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    money::group_thousands,
    protocol::{FileDiff, Presence, QueryRequest, Word},
    rules::yaml::{self, Entry, Node, NodeKind, Style, shorten},
    source::SourceFile,
};

/// Keys that name an item of a list, the first that all items have.
const NAMES: [&str; 4] = ["from", "date", "name", "id"];

/// What the files of one folder say otherwise than those of another. Files that cannot be read say nothing:
/// whoever serves them has said so.
#[must_use]
pub fn files(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<FileDiff> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changed = Vec::new();
    for name in names {
        let (presence, words) = match (before.get(name), after.get(name)) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(old), Some(new)) => (Presence::Changed, words(name, old, new)),
            (None, _) => (Presence::Added, Vec::new()),
            (_, None) => (Presence::Removed, Vec::new()),
        };
        changed.push(FileDiff { file: name.clone(), presence, words });
    }
    changed
}

/// What was asked otherwise: in the strategy, and beside it.
#[must_use]
pub fn question(before: &QueryRequest, after: &QueryRequest) -> Vec<Word> {
    let strategy = tree(&before.strategy.name, &before.strategy.text).map(|(_, node)| node);
    let mut all = words_between(&before.strategy, &after.strategy);
    let said = |path: &str| strategy.as_ref().and_then(|node| lookup(node, path)).map(show);
    let set = after.set.iter().filter(|text| !before.set.contains(text));
    all.extend(set.filter_map(|text| text.split_once('=')).map(|(path, value)| Word {
        path: path.to_owned(),
        before: said(path),
        after: Some(number(value)),
        at: Some("--set".to_owned()),
    }));
    if before.as_of != after.as_of {
        let date = |request: &QueryRequest| request.as_of.clone().or_else(|| said("as_of"));
        let at = Some("--as-of".to_owned());
        all.push(Word { path: "as_of".to_owned(), before: date(before), after: date(after), at });
    }
    if before.scenario != after.scenario {
        let named =
            |request: &QueryRequest| (!request.scenario.is_empty()).then(|| request.scenario.join(", "));
        let at = Some("--scenario".to_owned());
        all.push(Word { path: "scenario".to_owned(), before: named(before), after: named(after), at });
    }
    all
}

fn words_between(before: &crate::protocol::StrategyText, after: &crate::protocol::StrategyText) -> Vec<Word> {
    words(&after.name, &before.text, &after.text)
}

fn words(name: &str, before: &str, after: &str) -> Vec<Word> {
    if before == after {
        return Vec::new();
    }
    let (Some(old), Some(new)) = (tree(name, before), tree(name, after)) else { return Vec::new() };
    let mut comparing = Comparing { before: &old.0, after: &new.0, found: Vec::new() };
    comparing.nodes("", Some(&old.1), Some(&new.1));
    comparing.found
}

fn tree(name: &str, text: &str) -> Option<(SourceFile, Node)> {
    let source = SourceFile::new(name, text.as_bytes()).ok()?;
    let node = yaml::parse(&source).ok()?;
    Some((source, node))
}

struct Comparing<'a> {
    before: &'a SourceFile,
    after: &'a SourceFile,
    found: Vec<Word>,
}

impl Comparing<'_> {
    fn nodes(&mut self, path: &str, before: Option<&Node>, after: Option<&Node>) {
        match (before.map(|node| &node.kind), after.map(|node| &node.kind)) {
            (Some(NodeKind::Mapping(old)), Some(NodeKind::Mapping(new))) => self.entries(path, old, new),
            (Some(NodeKind::Sequence(old)), Some(NodeKind::Sequence(new))) if are_mappings(old, new) => {
                self.items(path, old, new);
            }
            _ => self.values(path, before, after),
        }
    }

    fn entries(&mut self, path: &str, before: &[Entry], after: &[Entry]) {
        let find = |entries: &[Entry], key: &str| entries.iter().position(|entry| entry.key == key);
        for new in after {
            let old = find(before, &new.key).and_then(|at| before.get(at)).map(|entry| &entry.value);
            self.nodes(&join(path, &new.key), old, Some(&new.value));
        }
        for old in before.iter().filter(|entry| find(after, &entry.key).is_none()) {
            self.nodes(&join(path, &old.key), Some(&old.value), None);
        }
    }

    fn items(&mut self, path: &str, before: &[Node], after: &[Node]) {
        let key = NAMES.iter().find(|key| are_named(before, key) && are_named(after, key));
        let name = |(place, node): (usize, &Node)| match key.and_then(|key| named(node, key)) {
            Some(name) => format!("{path}[{} {name}]", key.unwrap_or(&"")),
            None => format!("{path}[{}]", place + 1),
        };
        let of = |nodes: &[Node]| -> Vec<String> { nodes.iter().enumerate().map(name).collect() };
        let (old_names, new_names) = (of(before), of(after));
        for (node, name) in after.iter().zip(&new_names) {
            let old = old_names.iter().position(|old| old == name).and_then(|at| before.get(at));
            self.nodes(name, old, Some(node));
        }
        for (node, name) in before.iter().zip(&old_names).filter(|(_, name)| !new_names.contains(name)) {
            self.nodes(name, Some(node), None);
        }
    }

    fn values(&mut self, path: &str, before: Option<&Node>, after: Option<&Node>) {
        let (old, new) = (before.map(show), after.map(show));
        if before.map(whole) == after.map(whole) {
            return;
        }
        let at = match (before, after) {
            (_, Some(node)) => Some(self.after.at(node.span).to_string()),
            (Some(node), None) => Some(self.before.at(node.span).to_string()),
            (None, None) => None,
        };
        self.found.push(Word { path: path.to_owned(), before: old, after: new, at });
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn are_mappings(before: &[Node], after: &[Node]) -> bool {
    before.iter().chain(after).all(|node| matches!(node.kind, NodeKind::Mapping(_)))
}

fn named<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    let NodeKind::Mapping(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key == key)?.value.scalar()
}

/// Whether every item has that key, and no two the same.
fn are_named(nodes: &[Node], key: &str) -> bool {
    let names: BTreeSet<Option<&str>> = nodes.iter().map(|node| named(node, key)).collect();
    !names.contains(&None) && names.len() == nodes.len()
}

fn lookup<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    path.split('.').try_fold(node, |node, key| {
        let NodeKind::Mapping(entries) = &node.kind else { return None };
        entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    })
}

/// A value for people, cut to a readable length.
fn show(node: &Node) -> String {
    shorten(&whole(node))
}

fn whole(node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar { text, style: Style::Plain } => number(text),
        NodeKind::Scalar { text, .. } => text.clone(),
        NodeKind::Sequence(items) => {
            format!("[{}]", items.iter().map(whole).collect::<Vec<_>>().join(", "))
        }
        NodeKind::Mapping(entries) => {
            let each = entries.iter().map(|entry| format!("{}: {}", entry.key, whole(&entry.value)));
            format!("{{{}}}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// `50_000_000 BRL` as `50,000,000 BRL`; what is no number stays.
fn number(text: &str) -> String {
    let (digits, rest) = text.split_at(text.find([' ', '%']).unwrap_or(text.len()));
    let plain = digits.replace('_', "");
    let body = plain.strip_prefix('-').unwrap_or(&plain);
    let is_number = body.starts_with(|c: char| c.is_ascii_digit())
        && body.chars().all(|c| c.is_ascii_digit() || c == '.')
        && body.matches('.').count() < 2;
    if is_number { format!("{}{rest}", group_thousands(&plain)) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::StrategyText;

    fn said(before: &str, after: &str) -> String {
        let line = |word: Word| {
            let side = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
            let at = word.at.unwrap_or_default();
            format!("{}: {} → {} ({at})", word.path, side(word.before), side(word.after))
        };
        words("x.yaml", before, after).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_said_is_compared_and_not_how() {
        let before = "a: 2_500_000 # so many\nb: [x, y]\nc: {d: \"1\", e: 2%}\n";
        assert_eq!(said(before, "b: [x, y]\na: 2500000\nc:\n  d: '1'\n  e: 2%\n"), "");
        assert_eq!(
            said(before, "a: 3_000_000\nb: [x]\nc: {e: 4%}\nf: {g: 1}\n"),
            "a: 2,500,000 → 3,000,000 (x.yaml:1:4)\n\
             b: [x, y] → [x] (x.yaml:2:4)\n\
             c.e: 2% → 4% (x.yaml:3:8)\n\
             c.d: 1 → — (x.yaml:3:8)\n\
             f: — → {g: 1} (x.yaml:4:4)"
        );
    }

    #[test]
    fn dated_values_are_told_apart_by_their_date() {
        let before = "values:\n  - {from: 2021-08-01, value: 1 BRL}\n";
        let after = "values:\n  - {from: 2020-01-01, value: 9 BRL}\n  - {from: 2021-08-01, value: 2 BRL}\n";
        assert_eq!(
            said(before, after),
            "values[from 2020-01-01]: — → {from: 2020-01-01, value: 9 BRL} (x.yaml:2:5)\n\
             values[from 2021-08-01].value: 1 BRL → 2 BRL (x.yaml:3:31)"
        );
    }

    #[test]
    fn what_stands_beside_the_strategy_is_part_of_the_question() {
        let text = StrategyText { name: "s.yaml".into(), text: "markets: {br: {users: 5_000}}\n".into() };
        let before = QueryRequest::new(text);
        let after = QueryRequest {
            set: vec!["markets.br.users=6000".into()],
            as_of: Some("2027-01-01".into()),
            scenario: vec!["br.cap".into()],
            ..before.clone()
        };
        let found = question(&before, &after);
        let said: Vec<_> = found.iter().map(|word| (&*word.path, word.before.as_deref())).collect();
        assert_eq!(said, [("markets.br.users", Some("5,000")), ("as_of", None), ("scenario", None)]);
        assert_eq!(found[0].after.as_deref(), Some("6,000"));
        assert_eq!(question(&after, &after), []);
    }
}
