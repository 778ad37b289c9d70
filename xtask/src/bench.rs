//! `cargo xtask bench`: how the time of checking rules grows with the number of jurisdictions.
//!
//! A ratio within one run, never a time to compare with another machine's.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    project::{Failed, Project},
    say,
};

const FEW: usize = 10;
const MANY: usize = 250;
/// What a file holds besides its head.
const OBLIGATIONS: usize = 100;
/// Of several runs the fastest counts: whatever else the machine did made the others slower.
const RUNS: usize = 5;
/// The most the larger book may take, in times of the smaller: a little more than its size.
const MOST: u128 = 30;

/// The verb.
pub(crate) fn run(project: &Project) -> Result<(), Failed> {
    project.run_cargo(&["build", "--package", "landfall"])?;
    let few = book(project, FEW)?;
    let many = book(project, MANY)?;
    let (few, many) = (check(project, &few)?, check(project, &many)?);
    let ratio = many.as_micros() * 10 / few.as_micros().max(1);
    say::plain(&format!(
        "\nlandfall check, {OBLIGATIONS} obligations in each jurisdiction, fastest of {RUNS} runs:\n  {FEW:>3} jurisdictions  {:>6} ms\n  {MANY:>3} jurisdictions  {:>6} ms\n  ratio {}.{} (at most {MOST})\n",
        few.as_millis(),
        many.as_millis(),
        ratio / 10,
        ratio % 10
    ));
    if ratio > MOST * 10 {
        return Err(Failed(format!(
            "checking {MANY} jurisdictions takes more than {MOST} times as long as {FEW}"
        )));
    }
    Ok(())
}

/// A rule book of that many jurisdictions over the world's base.
fn book(project: &Project, jurisdictions: usize) -> Result<PathBuf, Failed> {
    let folder = project.target.join("bench").join(jurisdictions.to_string());
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Failed::io("empty", &folder))?;
    }
    fs::create_dir_all(&folder).map_err(Failed::io("make", &folder))?;
    let world = project.root.join("rules/world");
    for base in ["facts.yaml", "roles.yaml", "rates.yaml", "fx.yaml"] {
        let from = world.join(base);
        fs::copy(&from, folder.join(base)).map_err(Failed::io("copy", &from))?;
    }
    // Day rates name these places: without a file there would be a warning for each.
    let named = ["br", "de", "fr", "in", "us", "ch", "eu"].map(str::to_owned);
    let made = (0..jurisdictions).map(|number| format!("m-{number}"));
    let ids = named.into_iter().chain(made).take(jurisdictions);
    write(
        &folder,
        "global",
        "schema: landfall/jurisdiction@1\nid: global\nkind: bloc\ntitle: Everywhere\ncurrency: EUR\nstages: {compliance: {statutory: {}}}\n",
    )?;
    for id in ids {
        write(&folder, &id, &jurisdiction(&id))?;
    }
    Ok(folder)
}

fn write(folder: &Path, id: &str, text: &str) -> Result<(), Failed> {
    let path = folder.join(format!("{id}.yaml"));
    fs::write(&path, text).map_err(Failed::io("write", &path))
}

fn jurisdiction(id: &str) -> String {
    let mut text = format!(
        "schema: landfall/jurisdiction@1\nid: {id}\nkind: country\ntitle: {id}\nextends: [global]\ncurrency: EUR\nsources: {{law: {{title: The law}}}}\nparams:\n  floor: {{type: count, values: [{{from: 2020-01-01, value: 100, cite: \"law#1\", confidence: high}}]}}\nobligations:\n"
    );
    for number in 0..OBLIGATIONS {
        let _ = write!(
            text,
            "  duty_{number}:\n    title: Duty {number}\n    cite: [\"law#{number}\"]\n    in_force: {{from: 20{}-01-01}}\n    when: \"product.personal_data && market.users >= param.floor || product.high_risk_processings > {number}\"\n    effort: {{once: {{days: {{privacy_counsel: {{low: 1, likely: 2, high: 3}}}}, fixed: {number} EUR}}, yearly: {{days: {{engineer: 2}}}}}}\n    confidence: high\n    assumption: true\n",
            10 + number % 20
        );
    }
    text
}

/// The fastest of several runs.
fn check(project: &Project, rules: &Path) -> Result<Duration, Failed> {
    let mut fastest = Duration::MAX;
    for _ in 0..RUNS {
        let mut command = project.command(project.landfall());
        command.args(["check", "--rules"]).arg(rules).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let status = command.status().map_err(|error| Failed(format!("cannot run landfall: {error}")))?;
        fastest = fastest.min(begun.elapsed());
        if !status.success() {
            return Err(Failed(format!("the generated rules in {} do not check", rules.display())));
        }
    }
    Ok(fastest)
}
