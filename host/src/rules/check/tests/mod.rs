//! Bad rule files and what they get, a case each: through the same reading, checking and binding as on disk.

mod base;
mod binding;
mod constructs;
mod inheritance;
mod keys;
mod law;
mod names;
mod order;
mod replacing;
mod scenarios;
mod values;

use crate::testing::{Files, plugins};

/// The problems of one file, a line each, without its name.
fn problems(files: &Files, name: &str) -> String {
    let published = files.published();
    let item = published.items.iter().find(|item| item.file == name).unwrap();
    let line = |problem: &crate::diagnostic::Diagnostic| {
        let text = problem.to_string();
        text.strip_prefix(&format!("{name}:")).map_or(text.clone(), str::to_owned)
    };
    item.problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Everything that a rule file may bind.
fn world() -> Files {
    Files::new()
        .plugin("fixed", plugins::fixed("fixed", 0, 1))
        .plugin("gdpr", plugins::compliance_only("gdpr"))
        .plugin("heads", plugins::needing_fact("heads", "market.heads"))
        .plugin("fees", plugins::needing_param("fees", "fee"))
        .plugin("hosting", plugins::choosy("hosting", "host", &["local", "region"]))
        .rule("br", bare("br", "[global]", ""))
}

/// A country whose own words begin on line 7.
fn bare(id: &str, extends: &str, rest: &str) -> String {
    format!(
        "schema: landfall/jurisdiction@1\nid: {id}\nkind: country\ntitle: {id}\nextends: {extends}\ncurrency: EUR\n{rest}"
    )
}

fn extending(parents: &str) -> String {
    bare("de", parents, "")
}

#[track_caller]
fn refused_file(text: &str, expected: &str) {
    assert_eq!(problems(&world().rule("de", text), "de.yaml"), expected);
}

/// Germany with these words is refused for these reasons.
#[track_caller]
fn refused(rest: &str, expected: &str) {
    refused_file(&bare("de", "[global]", rest), expected);
}

/// A base file with these words below its first line.
#[track_caller]
fn refused_base(name: &str, rest: &str, expected: &str) {
    let text = format!("schema: landfall/{name}@1\n{rest}");
    assert_eq!(problems(&world().rule(name, text), &format!("{name}.yaml")), expected);
}

/// One of everything, and one plugin bound.
const PARENT: &str = "sources: {act: {title: An act}}
facts: {robots: {type: flag, doc: any}}
params: {fee: {type: count, values: [{from: 2020-01-01, value: 1, assumption: true}]}}
obligations: {given: {title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {}}}
penalties: {fine: {cite: \"law#1\", confidence: high, when: \"true\", maximum: \"money('1 EUR')\", per: day, liable: company}}
choices: {way: {options: {one: {}}}}
stages: {culture: {fixed: {amount: 1 EUR}}, output: {none: x, by: us}}
";

/// Germany with these words under a parent that has one of everything.
#[track_caller]
fn clashes_with_parent(rest: &str, expected: &str) {
    let parent = bare("eu", "[global]", PARENT).replace("kind: country", "kind: bloc");
    let files = world().rule("eu", parent).rule("de", bare("de", "[eu]", rest));
    assert_eq!(problems(&files, "eu.yaml"), "");
    assert_eq!(problems(&files, "de.yaml"), expected);
}

/// Germany under two parents that both say this.
#[track_caller]
fn clash_with_each_other(rest: &str, expected: &str) {
    let parent = |id: &str| bare(id, "[global]", rest).replace("kind: country", "kind: bloc");
    let files =
        world().rule("aa", parent("aa")).rule("bb", parent("bb")).rule("de", bare("de", "[aa, bb]", ""));
    assert_eq!(problems(&files, "aa.yaml"), "");
    assert_eq!(problems(&files, "de.yaml"), expected);
}

/// A good obligation with more to say.
fn duty(more: &str) -> String {
    format!(
        "obligations: {{x: {{title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {{}}{more}}}}}\n"
    )
}

/// The same without a confidence.
fn duty_of(more: &str) -> String {
    format!("obligations: {{x: {{title: t, cite: \"law#1\", when: \"true\", effort: {{}}, {more}}}}}\n")
}

/// The same without an effort, beside a choice of `one` or `two`.
fn duty_by(more: &str) -> String {
    let choice = "choices: {a: {options: {one: {}, two: {}}}}\n";
    format!(
        "{choice}obligations: {{x: {{title: t, cite: \"law#1\", confidence: high, when: \"true\"{more}}}}}\n"
    )
}

fn effort(effort: &str) -> String {
    duty("").replace("effort: {}", &format!("effort: {effort}"))
}

fn when(condition: &str) -> String {
    duty("").replace("when: \"true\"", &format!("when: \"{condition}\""))
}

fn cited(cite: &str) -> String {
    duty("").replace("cite: \"law#1\"", &format!("cite: {cite}"))
}

/// A good penalty with more to say.
fn fine(more: &str) -> String {
    fine_of(&format!("per: day, liable: company{more}"))
}

/// The same without who is liable and for what.
fn fine_of(more: &str) -> String {
    format!(
        "penalties: {{x: {{cite: \"law#1\", confidence: high, when: \"true\", maximum: \"money('1 EUR')\", {more}}}}}\n"
    )
}

/// A param of that type with that value.
fn param(value_type: &str, value: &str) -> String {
    format!(
        "params: {{fee: {{type: {value_type}, values: [{{from: 2020-01-01, value: {value}, assumption: true}}]}}}}\n"
    )
}

/// A count with these dated values.
fn values(values: &str) -> String {
    format!("params: {{fee: {{type: count, values: [{values}]}}}}\n")
}

fn stage(stages: &str) -> String {
    format!("stages: {{{stages}}}\n")
}
