//! `landfall-bench [NAME…]`: Landfall measured side by side with its peers; `cargo xtask bench` builds what it needs
//! and runs it.
//!
//! Each scenario sees first that all sides compute the same, and then times them by turns: a ratio is taken in each
//! round, and the median, the lowest and the highest of those are what is reported. Absolute times are context: they
//! are of this machine at this moment. What is printed and written stands in `table`.

mod binary;
mod book;
mod check;
mod conditions;
mod cores;
mod counted;
mod edit;
mod failed;
mod machine;
mod reload;
mod rounds;
mod row;
mod rules;
mod serve;
mod setting;
mod site;
mod stage;
mod start;
mod strategy;
mod sweep;
mod table;

use std::process::ExitCode;

use crate::{failed::Failed, row::Row, setting::Setting};

/// What a scenario is run by.
type Run = fn(&Setting) -> Result<Vec<Row>, Failed>;

/// Every scenario, in the order of the table: its name, what it measures, and what runs it.
const SCENARIOS: &[(&str, &str, Run)] = &[
    ("stage", "one call of a plugin, 12 obligations in and 24 lines out, a fresh sandbox each", stage::run),
    ("conditions", "1,000 obligations over one case", conditions::run),
    ("strategy", "14 markets, five stages, their periods, with explanation", strategy::run),
    ("sweep", "a million samples over one market and five stages", sweep::run),
    ("serve", "`query` over the unix socket, 64 connections", serve::run),
    ("edit", "from an edit to the first answer that rests on it", edit::run),
    ("start", "a start with 250 jurisdictions and 40 plugins, their compiled code at hand", start::run),
    ("reload", "queries while rules and plugins change, against queries in quiet", reload::run),
    ("rules", "`landfall check` of 250 jurisdictions against 10", rules::run),
    ("binary", "the size of the program, and how long it takes to build", binary::run),
];

const USAGE: &str = "\
Usage: landfall-bench [NAME]… [--quick] [--json] [--check] [--clean-build] [--list]

  --quick        fewer and shorter rounds, smaller numbers: whether it works, not how fast it is
  --json         a line of JSON for each row, as soon as it is measured, instead of a table at the end
  --check        fail where a ratio is more than 25 % worse than in bench/results.json
  --clean-build  time a release build from nothing too (ten minutes)
  --list         the names, with what each measures

bench/results.md and bench/results.json are written when every scenario ran, and neither --quick nor --check was said.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The compile child of the engine under measurement is this program.
    if arguments.first().is_some_and(|first| first == landfall::plugin::compile::VERB) {
        let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
        return match landfall::plugin::compile::run_child(input, output) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let done = match arguments.split_first() {
        // So is the bare server.
        Some((first, rest)) if first == serve::BARE => serve::bare(rest),
        _ => run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            eprintln!("landfall-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failed> {
    let mut setting = Setting::find()?;
    let (mut names, mut json, mut check) = (Vec::new(), false, false);
    for argument in arguments {
        match argument.as_str() {
            "--quick" => setting.quick = true,
            "--json" => json = true,
            "--check" => check = true,
            "--clean-build" => setting.clean_build = true,
            "--list" => {
                SCENARIOS.iter().for_each(|(name, what, _)| println!("{name:<12} {what}"));
                return Ok(());
            }
            name if SCENARIOS.iter().any(|(known, ..)| *known == name) => names.push(name),
            other => return Err(Failed(format!("there is no scenario `{other}`\n\n{USAGE}"))),
        }
    }
    let asked = |name: &str| names.is_empty() || names.contains(&name);
    let (rows, failed) = measure(&setting, asked, json);
    if !json {
        print!("{}", table::markdown(&rows));
    }
    if !failed.is_empty() {
        return Err(Failed(failed.join("\n")));
    }
    if check {
        return check::against(&setting, &rows);
    }
    match names.is_empty() && !setting.quick {
        true => table::write(&setting, &rows),
        false => Ok(()),
    }
}

/// One scenario that fails keeps none of the others from being measured.
fn measure(setting: &Setting, asked: impl Fn(&str) -> bool, json: bool) -> (Vec<Row>, Vec<String>) {
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for (name, what, run) in SCENARIOS.iter().filter(|(name, ..)| asked(name)) {
        eprintln!("== {name}: {what}");
        match run(setting) {
            Ok(measured) => {
                for row in measured {
                    match json {
                        true => println!("{}", table::line(&row)),
                        false => eprintln!("   {}", row.said()),
                    }
                    rows.push(row);
                }
            }
            Err(Failed(why)) => failed.push(format!("{name}: {why}")),
        }
    }
    (rows, failed)
}
