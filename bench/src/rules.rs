//! `rules`: how the time of checking rule files grows with the number of jurisdictions.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    failed::Failed,
    rounds::{Turn, by_turns_of},
    row::{Goal, Row},
    setting::Setting,
};

const FEW: usize = 10;
const MANY: usize = 250;
/// What a file holds besides its head.
const OBLIGATIONS: usize = 100;
/// A little more than the larger book's size, in times of the smaller.
const MOST: f64 = 30.0;

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let program = setting.program()?;
    let folder = setting.scratch("rules")?;
    let many = if setting.quick { MANY / 5 } else { MANY };
    let turn = |count: usize| {
        let rules = book(setting, &folder, count)?;
        let program = program.clone();
        Ok(Turn::new(&format!("{count} jurisdictions"), move || check(&program, &rules)))
    };
    let turns = vec![turn(many)?, turn(FEW)?];
    let rounds = if setting.quick { 3 } else { 9 };
    match by_turns_of(rounds, setting.turn(), turns)?.as_slice() {
        [many, few] => Ok(vec![Row::ratio("rules", many, few, Goal::AtMost(MOST))]),
        _ => Err(Failed::new("a side is missing")),
    }
}

/// A rule book of that many jurisdictions over the world's base.
fn book(setting: &Setting, folder: &Path, jurisdictions: usize) -> Result<PathBuf, Failed> {
    let folder = folder.join(jurisdictions.to_string());
    fs::create_dir_all(&folder).map_err(Failed::io("make", &folder))?;
    let world = setting.root.join("rules/world");
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

fn check(program: &Path, rules: &Path) -> Result<(), Failed> {
    let mut command = Command::new(program);
    command.args(["check", "--rules"]).arg(rules).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status().map_err(Failed::io("run", program))?.success() {
        true => Ok(()),
        false => Err(Failed(format!("the generated rules in {} do not check", rules.display()))),
    }
}
