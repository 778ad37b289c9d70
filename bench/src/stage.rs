//! `stage`: one compliance stage, 12 obligations in and 24 lines out, by the LGPD's plugin.
//!
//! Landfall makes a fresh sandbox for each call, under all its limits, and checks what comes back. Beside it: the same
//! function as plain Rust; a component that returns the same lines without computing, under an engine without fuel and
//! without a clock; the same method as Rego, compiled once to bytecode; and as an Extism plugin with JSON in and out. Every
//! side begins with a case in Rust's own types and ends with lines in them, and all answer alike before anything is timed.

mod bare;
mod framework;
mod given;
mod native;
mod ours;
mod rego;

use self::given::{Given, Line};
use crate::{
    failed::Failed,
    rounds::{Turn, by_turns},
    row::{Goal, Row},
    setting::Setting,
};

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let given = given::case();
    let ours = ours::Ours::load(setting, &given)?;
    let lines = ours.ask()?;
    expect_size(&given, &lines)?;
    let native = native::Native::new(&given);
    same("native", &lines, &native.ask()?)?;
    let bare = bare::Bare::new(setting, ours.case(), &lines)?;
    same("bare", &lines, &bare.ask()?)?;
    let mut rego = rego::Rego::compile(&given)?;
    same("regorus", &lines, &rego.ask()?)?;
    let framework = framework::Framework::compile(setting)?;
    same("extism", &lines, &framework.ask_fresh(&given)?)?;
    let mut kept = framework.keep()?;
    same("extism, kept", &lines, &kept.ask(&given)?)?;
    let mut warm = ours.warm()?;

    let sides = by_turns(
        setting,
        vec![
            Turn::new("landfall", || ours.call()),
            Turn::new("bare", || bare.call()),
            Turn::timed("native", |count| native.time(count)),
            Turn::new("regorus", || rego.call()),
            Turn::new("extism fresh", || framework.ask_fresh(&given)),
            Turn::new("extism reused", || kept.ask(&given)),
            Turn::new("landfall, instance kept", || warm.call()),
        ],
    )?;
    let [ours, bare, native, rego, fresh, reused, warm] = sides.as_slice() else {
        return Err(Failed::new("a side is missing"));
    };
    Ok(vec![
        Row::ratio("stage", ours, bare, Goal::AtMost(1.6)),
        Row::ratio("stage", rego, ours, Goal::AtLeast(4.0)),
        Row::ratio("stage", fresh, ours, Goal::AtLeast(3.0)),
        Row::ratio("stage", reused, ours, Goal::AtLeast(1.0)),
        Row::ratio("stage", ours, native, Goal::ReportLower),
        Row::ratio("stage", ours, warm, Goal::ReportLower)
            .with("note", "no host keeps an instance: this is what a fresh sandbox costs"),
    ])
}

fn expect_size(given: &Given, lines: &[Line]) -> Result<(), Failed> {
    match (given.obligations.len(), lines.len()) {
        (12, 24) => Ok(()),
        (obligations, lines) => Err(Failed(format!("{obligations} obligations and {lines} lines"))),
    }
}

/// Whatever order they come in.
fn same(who: &str, expected: &[Line], found: &[Line]) -> Result<(), Failed> {
    let sorted = |lines: &[Line]| {
        let mut lines = lines.to_vec();
        lines.sort_by(|a, b| (a.obligation, &a.label).cmp(&(b.obligation, &b.label)));
        lines
    };
    let (expected, found) = (sorted(expected), sorted(found));
    if expected == found {
        return Ok(());
    }
    let differs = expected.iter().zip(&found).find(|(expected, found)| expected != found);
    Err(Failed(format!(
        "{who} answers {} lines for {}; the first that differs: {differs:#?}",
        found.len(),
        expected.len()
    )))
}
