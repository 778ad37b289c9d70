//! A partial file laid over a whole one, as trees: mappings merge, dated values replace from their first
//! day on and keep what stands before, and everything else replaces.
//!
//! Every node keeps where it is written, so that what is wrong with the result is shown where it stands.
//! Knows the names of sections and nothing else of what is in them.

use jiff::civil::Date;

use super::{jurisdiction::Section, scalar};
use crate::{
    diagnostic::{Problems, did_you_mean},
    rules::yaml::{self, Entry, Node, NodeKind},
    source::Span,
};

/// What can be laid over a file, beside its sections.
const OTHERS: [&str; 2] = ["status", "fills"];
/// What is not part of the file under a scenario.
const LEFT_OUT: [&str; 2] = ["scenarios", "tests"];

/// The file with this laid over it; none where it names what does not stand there.
pub fn lay(file: &Node, set: &Node, problems: &mut Problems<'_>) -> Option<Node> {
    let NodeKind::Mapping(whole) = &file.kind else { return None };
    let part = yaml::mapping(set, "`set`", problems)?;
    if part.is_empty() {
        let help = "write what is to be different, as in `set: {params: {fee: {values: […]}}}`";
        problems.error_help(set.span, "this scenario changes nothing", help);
        return None;
    }
    let before = problems.any_error();
    let whole: Vec<Entry> =
        whole.iter().filter(|entry| !LEFT_OUT.contains(&entry.key.as_str())).cloned().collect();
    for entry in part {
        stands_there(&whole, entry, problems);
    }
    let mut laying = Laying { problems, path: Vec::new() };
    let laid = laying.mapping(&whole, part);
    (problems.any_error() == before).then_some(Node { span: file.span, kind: NodeKind::Mapping(laid) })
}

/// A scenario that names nothing would be a what-if without an if.
fn stands_there(whole: &[Entry], part: &Entry, problems: &mut Problems<'_>) {
    let sections = || Section::ALL.map(Section::as_str).into_iter().chain(OTHERS);
    let Some(section) = Section::ALL.into_iter().find(|section| section.as_str() == part.key) else {
        if !OTHERS.contains(&part.key.as_str()) {
            let message = format!("a scenario cannot change `{}`", yaml::shorten(&part.key));
            let known: Vec<&str> = sections().collect();
            problems.error_help(part.key_span, message, did_you_mean(&part.key, known.iter().copied()));
        }
        return;
    };
    let there = whole.iter().find(|entry| entry.key == part.key).map(|entry| entries(&entry.value));
    let there = there.unwrap_or_default();
    for named in entries(&part.value) {
        let Some(found) = there.iter().find(|entry| entry.key == named.key) else {
            names_nothing(named, section.noun_there(), there, problems);
            continue;
        };
        if section == Section::Stages {
            let bound = entries(&found.value);
            let unbound = |plugin: &&Entry| bound.iter().all(|entry| entry.key != plugin.key);
            for plugin in entries(&named.value).iter().filter(unbound) {
                names_nothing(plugin, section.noun(), bound, problems);
            }
        }
    }
}

fn names_nothing(named: &Entry, noun: &str, there: &[Entry], problems: &mut Problems<'_>) {
    let name = yaml::shorten(&named.key);
    let message = format!("this scenario names nothing: there is no {noun} `{name}` in this file");
    let help = did_you_mean(&named.key, there.iter().map(|entry| entry.key.as_str()));
    let help = format!("{help}; what is inherited is changed in the file that says it");
    problems.error_help(named.key_span, message, help);
}

fn entries(node: &Node) -> &[Entry] {
    match &node.kind {
        NodeKind::Mapping(entries) => entries,
        _ => &[],
    }
}

struct Laying<'p, 's> {
    problems: &'p mut Problems<'s>,
    path: Vec<String>,
}

impl Laying<'_, '_> {
    fn mapping(&mut self, whole: &[Entry], part: &[Entry]) -> Vec<Entry> {
        let mut laid = whole.to_vec();
        for entry in part {
            match laid.iter_mut().find(|known| known.key == entry.key) {
                Some(known) => {
                    self.path.push(entry.key.clone());
                    known.value = self.node(&known.value, &entry.value, entry.key_span);
                    self.path.pop();
                }
                None => laid.push(entry.clone()),
            }
        }
        laid
    }

    fn node(&mut self, whole: &Node, part: &Node, key: Span) -> Node {
        match (&whole.kind, &part.kind) {
            (NodeKind::Mapping(some), NodeKind::Mapping(none)) if none.is_empty() && !some.is_empty() => {
                let help = "write what is to be different; a rule that is not to apply has `when: \"false\"`";
                self.problems.error_help(key, "`{}` changes nothing of what stands there", help);
                whole.clone()
            }
            (NodeKind::Mapping(whole_entries), NodeKind::Mapping(part)) => {
                let laid = self.mapping(whole_entries, part);
                Node { span: whole.span, kind: NodeKind::Mapping(laid) }
            }
            (NodeKind::Sequence(before), NodeKind::Sequence(after)) if self.is_dated() => {
                Node { span: part.span, kind: NodeKind::Sequence(dated(before, after)) }
            }
            _ => part.clone(),
        }
    }

    /// Whether this is the list of a param's values.
    fn is_dated(&self) -> bool {
        matches!(self.path.as_slice(), [section, _, values] if section == "params" && values == "values")
    }
}

/// What stands before the first new day, and then what is new.
fn dated(before: &[Node], after: &[Node]) -> Vec<Node> {
    let Some(first) = after.first().and_then(|value| date(value, "from")) else { return after.to_vec() };
    let kept = before.iter().filter(|value| date(value, "from").is_some_and(|from| from < first));
    let mut laid: Vec<Node> = kept.cloned().collect();
    if let Some(last) = laid.last_mut()
        && date(last, "to").is_some_and(|to| to > first)
        && let NodeKind::Mapping(entries) = &mut last.kind
    {
        // Then it ends where the next begins.
        entries.retain(|entry| entry.key != "to");
    }
    laid.extend(after.iter().cloned());
    laid
}

fn date(value: &Node, key: &str) -> Option<Date> {
    let entry = entries(value).iter().find(|entry| entry.key == key)?;
    scalar::parse_date(entry.value.scalar()?)
}

/// Two parts as one, whichever comes first.
///
/// # Errors
/// The path of what both set, differently.
pub fn combine(one: &Node, other: &Node) -> Result<Node, String> {
    match (&one.kind, &other.kind) {
        (NodeKind::Mapping(first), NodeKind::Mapping(second)) => {
            let mut combined = first.clone();
            for entry in second {
                match combined.iter_mut().find(|known| known.key == entry.key) {
                    None => combined.push(entry.clone()),
                    Some(known) => {
                        known.value = combine(&known.value, &entry.value).map_err(|path| {
                            if path.is_empty() { entry.key.clone() } else { format!("{}.{path}", entry.key) }
                        })?;
                    }
                }
            }
            Ok(Node { span: one.span, kind: NodeKind::Mapping(combined) })
        }
        _ if says_the_same(one, other) => Ok(one.clone()),
        _ => Err(String::new()),
    }
}

/// Whether two nodes are alike but for where they stand and how they are quoted.
fn says_the_same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (NodeKind::Scalar { text: one, .. }, NodeKind::Scalar { text: other, .. }) => one == other,
        (NodeKind::Sequence(one), NodeKind::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| says_the_same(one, other))
        }
        (NodeKind::Mapping(one), NodeKind::Mapping(other)) => {
            one.len() == other.len()
                && one.iter().all(|entry| {
                    let same = other.iter().find(|known| known.key == entry.key);
                    same.is_some_and(|same| says_the_same(&entry.value, &same.value))
                })
        }
        _ => false,
    }
}
