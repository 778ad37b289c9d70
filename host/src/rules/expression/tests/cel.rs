//! Agreement with the Common Expression Language: every case of its conformance tests that is written in
//! what is read here comes to what the specification says.
//!
//! The cases stand in `cel.tsv`. What is outside is refused when a file is read, for one of the reasons in
//! [`OUTSIDE`]; a refusal for any other reason, and any other value, is a disagreement.

use std::collections::BTreeMap;

use super::*;

const CASES: &str = include_str!("cel.tsv");

/// What is not read, on purpose: part of the message of its refusal, and the reason.
const OUTSIDE: [(&str, &str); 32] = [
    ("maps are not read", "maps and messages: facts are flat"),
    (
        "is not a number of an expression",
        "unsigned numbers, exponents, hexadecimal digits: one way to write a number",
    ),
    ("write `0.99`", "decimals without a digit before the point: one way to write a number"),
    ("is larger than what can be held exactly", "the least integer of all, and numbers beyond 64 bits"),
    ("unknown function", "conversions, types, timestamps, durations: facts have their types"),
    ("stands before a quote", "raw texts, and bytes: texts are names"),
    ("two quoted texts touch", "texts in three quotes: one way to write a text"),
    ("is not read in a quoted text", "escapes: one way to write a text"),
    ("comprehensions are not read", "comprehensions: a condition is read leaf by leaf"),
    ("methods are not read", "methods: a text is one of those declared, or is not"),
    ("indexing with `[…]` is not read", "indexing: a set has no order"),
    ("a list holds quoted texts", "lists of anything but texts: sets are of texts"),
    ("the list is empty", "empty lists: nothing is in one"),
    ("sets are not compared as wholes", "comparing lists: `subset`, `overlaps` and `size` say what is meant"),
    ("texts have no order", "the order of texts: it means nothing in law"),
    ("flags have no order", "the order of flags: it means nothing in law"),
    ("they cannot be added", "joining texts and lists: a text is one of those declared"),
    ("multiply by a decimal instead", "division: it would round, or need to say how"),
    ("write shares as decimals", "remainders: `%` reads as percent"),
    ("would turn unknown into false", "`has`: what nobody gave is undetermined, never absent"),
    ("nothing needs to be asked", "null: what nobody gave is undetermined, never a value"),
    ("unknown name", "names of types, of namespaces, and of values that facts cannot have"),
    ("is asked of what has no members", "names of more than two parts"),
    ("`!!` undoes itself", "double negation: a slip"),
    ("`--` undoes itself", "double negation: a slip"),
    ("write the comment in YAML", "comments: YAML has them"),
    ("is no name after `.`", "keywords as names"),
    ("takes flags", TYPES),
    ("takes numbers and money", TYPES),
    ("they cannot be compared", TYPES),
    ("the two cases need one type", TYPES),
    ("a set or a list is needed here", TYPES),
];

/// Where CEL ends in an error, or is dynamic and does not.
const TYPES: &str = "types are checked when a file is read, also on a side that is not evaluated";

struct Case {
    name: String,
    text: String,
    given: Given,
    expected: String,
}

fn cases() -> Vec<Case> {
    CASES.lines().filter(|line| !line.starts_with('#')).map(case).collect()
}

fn case(line: &str) -> Case {
    let cells: Vec<String> = line.split('\t').map(unescaped).collect();
    let [name, text, bindings, expected] = cells.try_into().unwrap();
    let mut given = Given::default();
    for (name, value) in bindings.split("; ").filter_map(|pair| pair.split_once('=')) {
        if let (true, Some(value)) = (name.starts_with("market."), known(value)) {
            given.set(name, value);
        }
    }
    Case { name, text, given, expected }
}

/// `\n`, `\\`, `\u{7f}` as in Rust.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('\\');
    out.push_str(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let mut rest = part.chars();
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('0') => out.push('\0'),
            Some('u') => {
                let (code, after) = part[2..].split_once('}').unwrap();
                out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
                rest = after.chars();
            }
            // Two of them are one, and what follows is text.
            None => {
                out.push('\\');
                rest = parts.next().unwrap_or_default().chars();
            }
            Some(other) => panic!("\\{other} in {text}"),
        }
        out.extend(rest);
    }
    out
}

/// `bool true`, `int 5`, `double 1.5`, `string abc`; none for a value there is none of here.
fn known(written: &str) -> Option<Value> {
    let (kind, value) = written.split_once(' ').unwrap_or((written, ""));
    match kind {
        "bool" => Some(Value::Flag(value == "true")),
        "int" => Some(Value::Count(value.parse().unwrap())),
        "double" => Exact::parse(value, 9).ok().map(Value::Ratio),
        "string" => Some(Value::Text(value.into())),
        _ => None,
    }
}

/// What a case comes to here: in a condition, as a number, or as a text that is compared.
fn verdict(case: &Case) -> Result<bool, String> {
    let number = ["int ", "double "].iter().any(|kind| case.expected.starts_with(kind));
    let text = case.expected.strip_prefix("string ");
    let (written, use_) = match text {
        Some(text) if !text.contains(['\'', '\\', '\n', '\r']) => {
            (format!("({}) == '{text}'", case.text), Use::Condition)
        }
        _ if number => (case.text.clone(), Use::Quantity),
        _ => (case.text.clone(), Use::Condition),
    };
    let read = lower_as(&written, use_);
    let read =
        if case.expected == "error" { read.or_else(|_| lower_as(&written, Use::Quantity)) } else { read };
    let outcome = read?.outcome(&case.given);
    Ok(match known(&case.expected) {
        Some(Value::Text(_)) => outcome == Outcome::Known(Value::Flag(true)),
        Some(Value::Count(n)) => matches!(outcome, Outcome::Known(Value::Count(found)) if found == n),
        Some(value) => outcome == Outcome::Known(value),
        None => !matches!(outcome, Outcome::Known(_)),
    })
}

#[test]
fn what_is_read_agrees_with_the_specification() {
    let (mut agree, mut outside, mut wrong) = (0, BTreeMap::<&str, usize>::new(), Vec::new());
    for case in cases() {
        match verdict(&case) {
            Ok(true) => agree += 1,
            Ok(false) => wrong.push(format!("{}: {}", case.name, case.text)),
            Err(refusal) => match OUTSIDE.iter().find(|(part, _)| refusal.contains(part)) {
                Some((_, reason)) => *outside.entry(reason).or_default() += 1,
                None => wrong.push(format!("{}: {} is refused: {refusal}", case.name, case.text)),
            },
        }
    }
    let all: usize = outside.values().sum();
    let summary = format!("{agree} agree, {all} outside of what is read, {} disagree", wrong.len());
    let expected = "127 agree, 1098 outside of what is read, 0 disagree";
    assert_eq!(summary, expected, "{outside:#?}\n{}", wrong.join("\n"));
}
