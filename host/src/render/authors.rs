//! What authors of plugins are shown: what a file is, what is to be said of it, what a case takes.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    BOLD, DIM, count,
    escape::terminal,
    rows::{Lean, rows},
    tested::diagnostic,
};
use crate::{
    diagnostic::Diagnostic,
    protocol::{
        Benched, Checked, CheckedCase, Inspection, Latency, PluginBinding, PluginDescription, PluginNeed,
        PluginSignature, PluginUse, Problem, WasmInterface, WasmKind, WasmProducer,
    },
};

/// What a file is.
#[must_use]
pub fn inspection(found: &Inspection) -> String {
    let mut text = String::new();
    if let Some(plugin) = &found.plugin {
        let (id, version) = (terminal(&plugin.id), terminal(&plugin.version));
        let _ = writeln!(text, "{BOLD}{id} {version}{BOLD:#}: {}\n", terminal(&plugin.summary));
    }
    text.push_str(&rows(&[], None, facts(found)));
    if let Some(plugin) = &found.plugin {
        text.push_str(&needs(plugin));
        text.push_str(&settings(plugin));
    }
    text.push_str(&bindings(found.bound.as_deref()));
    let problems: Vec<Diagnostic> = found
        .problems
        .iter()
        .chain(found.signature.iter().filter_map(|by| by.problem.as_ref()))
        .map(|one| diagnostic(&found.file, one))
        .collect();
    if !problems.is_empty() {
        let _ = write!(text, "\n{}", super::diagnostics(&problems));
    }
    text
}

fn facts(found: &Inspection) -> Vec<Vec<String>> {
    let kind = match found.kind {
        WasmKind::Other => "no WebAssembly",
        WasmKind::Module => "core module without the interface of a plugin",
        WasmKind::ModuleWithInterface => "core module, which the host makes a component",
        WasmKind::Component => "component",
    };
    let mut rows = vec![
        row("file", terminal(&found.file)),
        row("kind", kind.to_owned()),
        row("size", bytes(found.size as u64)),
        row("digest", terminal(&found.digest)),
        row("world", found.world.as_deref().map_or_else(|| "none that is known".to_owned(), terminal)),
        row("imports", interfaces(&found.imports)),
        row("exports", exports(found)),
    ];
    rows.extend(found.language.as_ref().map(|language| row("language", terminal(language))));
    if !found.producers.is_empty() {
        let producer = |by: &WasmProducer| terminal(format!("{} {}", by.name, by.version).trim_end());
        rows.push(row("tools", found.producers.iter().map(producer).collect::<Vec<_>>().join(", ")));
    }
    if found.unlisted > 0 {
        rows.push(row("unlisted", format!("{}: too many to list", count(found.unlisted, "name"))));
    }
    if let Some(plugin) = &found.plugin {
        rows.push(row("stages", plugin.stages.join(", ")));
        let separable = if plugin.separable { "yes: each line is of one obligation" } else { "no" };
        rows.push(row("separable", separable.to_owned()));
    }
    rows.push(row("signature", found.signature.as_ref().map_or_else(|| "none".to_owned(), signature)));
    rows
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

/// The whole of an interface by its name; single items of a module in brackets after it.
fn interfaces(all: &[WasmInterface]) -> String {
    if all.is_empty() {
        return "nothing".to_owned();
    }
    let one = |one: &WasmInterface| {
        let name = terminal(&one.name);
        match one.items.as_slice() {
            [] => name,
            items => format!("{name} ({})", terminal(&items.join(", "))),
        }
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Of a plugin, the interface; what tools need beside it is in the JSON.
fn exports(found: &Inspection) -> String {
    let interface = |one: &&WasmInterface| one.name.contains('/') && !one.name.starts_with("cabi_");
    let shown: Vec<WasmInterface> = found.exports.iter().filter(interface).cloned().collect();
    if shown.is_empty() { interfaces(&found.exports) } else { interfaces(&shown) }
}

fn signature(signature: &PluginSignature) -> String {
    let mut text = match (&signature.signed_by, &signature.problem) {
        (Some(by), _) => format!("by `{}`", terminal(by)),
        (None, Some(_)) => "does not hold".to_owned(),
        (None, None) => "not verified: name the keys with `--config landfall.yaml`".to_owned(),
    };
    if let Some(key) = &signature.key {
        let _ = write!(text, "; key {}", terminal(key));
    }
    if let Some(serial) = signature.serial {
        let _ = write!(text, ", serial {serial}");
    }
    if let Some(comment) = &signature.comment {
        let _ = write!(text, ", comment `{}`", terminal(comment));
    }
    text
}

fn needs(plugin: &PluginDescription) -> String {
    let mut all = Vec::new();
    for (kind, needs) in [("fact", &plugin.facts), ("param", &plugin.params), ("demand", &plugin.demands)] {
        all.extend(needs.iter().map(|need| need_row(kind, need)));
    }
    for choice in &plugin.choices {
        let options = terminal(&choice.options.join(", "));
        all.push(vec![
            "choice".to_owned(),
            terminal(&choice.id),
            options,
            given(choice.given.as_deref(), None),
        ]);
    }
    for known in &plugin.knows {
        all.push(vec!["knows".to_owned(), terminal(known), "obligation".to_owned(), String::new()]);
    }
    match all.is_empty() {
        true => format!("\n{BOLD}needs{BOLD:#} nothing\n"),
        false => format!("\n{BOLD}needs{BOLD:#}\n{}", rows(&[], None, all)),
    }
}

fn need_row(kind: &str, need: &PluginNeed) -> Vec<String> {
    let required = if need.required { "" } else { ", may be missing" };
    let value_type = format!("{}{required}", terminal(&need.value_type));
    vec![kind.to_owned(), terminal(&need.name), value_type, given(need.given.as_deref(), need.doc.as_deref())]
}

/// Where it comes from, and what it is.
fn given(places: Option<&[String]>, doc: Option<&str>) -> String {
    let places = match places {
        None => return doc.map(terminal).unwrap_or_default(),
        Some([]) => "provided nowhere".to_owned(),
        Some([one]) => terminal(one),
        Some([first, others @ ..]) => format!("{} and {} more", terminal(first), others.len()),
    };
    match doc {
        Some(doc) => format!("{places}: {}", terminal(doc)),
        None => places,
    }
}

/// A row for each setting at the top of the schema; the whole schema is in the JSON.
fn settings(plugin: &PluginDescription) -> String {
    let Some(schema) = &plugin.settings else { return format!("\n{BOLD}settings{BOLD:#} none\n") };
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|one| one == name))
    };
    let said = |property: &Value, key: &str| property.get(key).and_then(Value::as_str).map(terminal);
    let setting = |(name, property): (&String, &Value)| {
        let what = said(property, "format").or_else(|| said(property, "type")).unwrap_or_default();
        let must = match (required(name), property.get("default")) {
            (true, _) => "required".to_owned(),
            (false, Some(default)) => format!("default {}", terminal(&default.to_string())),
            (false, None) => "may be left out".to_owned(),
        };
        vec![terminal(name), what, must, said(property, "description").unwrap_or_default()]
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let all: Vec<_> = properties.into_iter().flatten().map(setting).collect();
    format!("\n{BOLD}settings{BOLD:#}\n{}", rows(&[], None, all))
}

fn bindings(bound: Option<&[PluginBinding]>) -> String {
    match bound {
        None => String::new(),
        Some([]) => format!("\n{BOLD}bound{BOLD:#} nowhere\n"),
        Some(bound) => {
            let binding = |one: &PluginBinding| {
                let markets = terminal(&one.markets.join(", "));
                vec![terminal(&one.at), one.stage.clone(), format!("for {markets}")]
            };
            format!("\n{BOLD}bound{BOLD:#}\n{}", rows(&[], None, bound.iter().map(binding).collect()))
        }
    }
}

/// What is to be said of a plugin.
#[must_use]
pub fn checked(checked: &Checked) -> String {
    let mut text = match (&checked.id, &checked.version) {
        (Some(id), Some(version)) => {
            format!("{BOLD}{} {}{BOLD:#}: {}", terminal(id), terminal(version), checked.stages.join(", "))
        }
        _ => format!("{BOLD}{}{BOLD:#}", terminal(&checked.file)),
    };
    let _ = writeln!(text, "; {}, {}", bytes(checked.size as u64), super::short(&checked.digest));
    text.push_str(&bindings(checked.bound.as_deref().filter(|bound| !bound.is_empty())));
    text.push_str(&asked(checked));
    text.push('\n');
    match checked.findings.is_empty() {
        true => text.push_str("nothing to say\n"),
        false => {
            let findings: Vec<Diagnostic> =
                checked.findings.iter().map(|one: &Problem| diagnostic(&checked.file, one)).collect();
            text.push_str(&super::diagnostics(&findings));
        }
    }
    if let Some(lines) = &checked.to_bind {
        let lines: String = lines.lines().map(|line| format!("  {}\n", terminal(line))).collect();
        let _ = write!(text, "\n{DIM}to bind it:{DIM:#}\n{lines}");
    }
    text
}

/// The limit of which each case takes the largest part.
fn asked(checked: &Checked) -> String {
    if checked.cases.is_empty() {
        return String::new();
    }
    let row = |case: &CheckedCase| {
        let most = case.used.iter().max_by_key(|used| used.per_mille);
        let took = match (&case.failure, most) {
            (Some(failure), _) => terminal(failure),
            (None, Some(most)) => format!("at most {} of a limit ({})", percent(most.per_mille), most.limit),
            (None, None) => String::new(),
        };
        let fuel = case.used.iter().find(|used| used.limit == "fuel");
        let fuel = fuel.map(|used| format!("{} fuel", grouped(used.used))).unwrap_or_default();
        vec![terminal(&case.name), case.stage.clone(), fuel, took]
    };
    let rows = rows(&[Lean::Left, Lean::Left, Lean::Right], None, checked.cases.iter().map(row).collect());
    format!("\n{BOLD}asked{BOLD:#}\n{rows}")
}

/// What a case takes.
#[must_use]
pub fn benched(benched: &Benched) -> String {
    let (id, version) = (terminal(&benched.id), terminal(&benched.version));
    let mut text = format!(
        "{BOLD}{id} {version}{BOLD:#}: {}, {}\ncase `{}`, {}\n\n",
        bytes(benched.size as u64),
        super::short(&benched.digest),
        terminal(&benched.case),
        benched.stage
    );
    let used = |used: &PluginUse| {
        vec![
            used.limit.to_owned(),
            shown(used, used.used),
            format!("of {}", shown(used, used.of)),
            percent(used.per_mille),
        ]
    };
    let leans = [Lean::Left, Lean::Right, Lean::Left, Lean::Right];
    text.push_str(&rows(&leans, None, benched.used.iter().map(used).collect()));
    let timed = |name: &str, latency: &Latency| {
        let Latency { samples, median_ns, p5_ns, p95_ns } = latency;
        let spread = format!("{} to {}", time(*p5_ns), time(*p95_ns));
        vec![name.to_owned(), time(*median_ns), spread, format!("{samples} times")]
    };
    let once = vec!["compile".to_owned(), time(benched.compile_ns), String::new(), "once".to_owned()];
    let times = vec![
        timed("fresh call", &benched.fresh),
        timed("warm call", &benched.warm),
        once,
        timed("load", &benched.load),
    ];
    let header = ["", "median", "p5 to p95", ""].map(str::to_owned).to_vec();
    let leans = [Lean::Left, Lean::Right];
    let _ = write!(text, "\n{}", rows(&leans, Some(header), times));
    let _ = writeln!(text, "\ncompiled code: {}", bytes(benched.artifact_size as u64));
    text
}

fn shown(used: &PluginUse, n: u64) -> String {
    match used.unit {
        "bytes" => bytes(n),
        "nanoseconds" => time(n),
        _ => grouped(n),
    }
}

/// Thousandths as a percentage; what is there at all is not nothing.
fn percent(per_mille: u64) -> String {
    match per_mille {
        0 => "0 %".to_owned(),
        1..1_000 => format!("{}.{} %", per_mille / 10, per_mille % 10),
        _ => format!("{} %", per_mille.div_ceil(10)),
    }
}

/// With a tenth where it is not whole.
fn scaled(n: u64, unit: u64, name: &str) -> String {
    let tenths = u128::from(n) * 10 / u128::from(unit);
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}

fn bytes(n: u64) -> String {
    match n {
        0..1_024 => format!("{n} bytes"),
        1_024..1_048_576 => scaled(n, 1_024, "KiB"),
        _ => scaled(n, 1_048_576, "MiB"),
    }
}

fn time(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => scaled(nanoseconds, 1_000, "µs"),
        1_000_000..1_000_000_000 => scaled(nanoseconds, 1_000_000, "ms"),
        _ => scaled(nanoseconds, 1_000_000_000, "s"),
    }
}

/// `250_000_000`, as limits are written; a number of four digits has none.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if digits.len() > 4 && at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_shown_in_the_unit_that_reads_best() {
        assert_eq!(
            [0, 1, 12, 999, 1_000, 2_501].map(percent),
            ["0 %", "0.1 %", "1.2 %", "99.9 %", "100 %", "251 %"]
        );
        assert_eq!([7, 2_048, 2_600, 128 << 20].map(bytes), ["7 bytes", "2 KiB", "2.5 KiB", "128 MiB"]);
        assert_eq!([7, 12_600, 3_000_000, 9_990_000_000].map(time), ["7 ns", "12.6 µs", "3 ms", "9.9 s"]);
        assert_eq!([7, 9_600, 10_000, 250_000_000].map(grouped), ["7", "9600", "10_000", "250_000_000"]);
    }
}
