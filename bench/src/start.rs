//! `start`: from the start of the program to its first answer, and what it has resident then: 250 jurisdictions and 40
//! plugins, compiled before. A restart, which begins with history, and a first start over the same compiled plugins.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use crate::{
    failed::Failed,
    row::{Goal, Row, Unit},
    setting::Setting,
    site::{Host, Site, question, strategy},
};

const JURISDICTIONS: usize = 250;
const PLUGINS: usize = 40;
/// Milliseconds.
const MOST_TIME: f64 = 500.0;
/// Mebibytes: 150 megabytes.
const MOST_MEMORY: f64 = 143.0;
const PATIENCE: Duration = Duration::from_secs(60);

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let folder = setting.scratch("start")?;
    let (jurisdictions, plugins) = if setting.quick { (50, 10) } else { (JURISDICTIONS, PLUGINS) };
    let site = Site::new(setting, folder, jurisdictions, plugins)?;
    let question = question("brazil.yaml", &strategy(setting, false)?, &["horizon_years=1"])?;
    // Compiles everything.
    let host = Host::start(setting, &site)?;
    host.settle()?;
    let expected = host.ask(&question)?.answer;
    host.stop()?;
    let history = site.folder.join("state/history.db");
    let kept = fs::read(&history).map_err(Failed::io("read", &history))?;
    let (mut again, mut first) = (Vec::new(), Vec::new());
    for _ in 0..if setting.quick { 3 } else { 11 } {
        again.push(started(setting, &site, &question, &expected)?);
        fs::remove_file(&history).map_err(Failed::io("remove", &history))?;
        first.push(started(setting, &site, &question, &expected)?);
        fs::write(&history, &kept).map_err(Failed::io("write", &history))?;
    }
    let of = |all: &[(f64, f64)], part: fn(&(f64, f64)) -> f64| all.iter().map(part).collect::<Vec<_>>();
    let row = |what: &str, unit, most, values: Vec<f64>| {
        Row::of(
            "start",
            &format!("{what}, {jurisdictions} jurisdictions and {plugins} plugins"),
            unit,
            Goal::AtMost(most),
            &values,
        )
    };
    Ok(vec![
        row("a restart to its first answer", Unit::Milliseconds, MOST_TIME, of(&again, |(time, _)| *time)),
        row("resident after a restart", Unit::Mebibytes, MOST_MEMORY, of(&again, |(_, memory)| *memory)),
        row(
            "a first start to its first answer",
            Unit::Milliseconds,
            MOST_TIME,
            of(&first, |(time, _)| *time),
        ),
        row("resident after a first start", Unit::Mebibytes, MOST_MEMORY, of(&first, |(_, memory)| *memory)),
    ])
}

/// Milliseconds until the first answer, and mebibytes when everything on disk is taken in.
fn started(setting: &Setting, site: &Site, question: &str, expected: &str) -> Result<(f64, f64), Failed> {
    let begun = Instant::now();
    let host = Host::spawn(setting, site)?;
    let answered = loop {
        match host.ask(question) {
            Ok(answered) => break answered,
            Err(why) if begun.elapsed() > PATIENCE => return Err(why),
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    };
    let took = begun.elapsed();
    if answered.answer != expected {
        return Err(Failed::new("a host that was started again answers otherwise"));
    }
    host.settle()?;
    let resident = host.resident()?;
    host.stop()?;
    Ok((took.as_secs_f64() * 1e3, resident / f64::from(1 << 20)))
}
