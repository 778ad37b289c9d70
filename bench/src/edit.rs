//! `edit`: from the moment a file is closed to the first answer of the generation with it in it.
//!
//! A rule file of a world of 14 jurisdictions and the same file among 250, by turns; and a plugin. Whoever edits asks again
//! and again until the number of the generation is another: what is measured is what people wait for, with the time that
//! folders must be quiet for, the question's own and that of history on the disk in it.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use crate::{
    failed::Failed,
    rounds::{Side, Turn, by_turns_of},
    row::{Goal, Row, Unit, time},
    setting::Setting,
    site::{Host, Site, noted, question, strategy},
};

const FEW: usize = 14;
const MANY: usize = 250;
/// How long folders must be quiet for before they are read.
const QUIET: Duration = Duration::from_millis(100);
/// Beyond that, in milliseconds.
const MOST_OF_RULES: f64 = 30.0;
const MOST_OF_PLUGIN: f64 = 60.0;
/// As often as that somebody asks whether it is there.
const GLANCE: Duration = Duration::from_micros(500);
const PATIENCE: Duration = Duration::from_secs(60);

/// A host that is edited.
struct Edited {
    host: Host,
    rule: (PathBuf, String),
    plugin: (PathBuf, Vec<u8>),
    question: String,
    edits: usize,
}

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let folder = setting.scratch("edit")?;
    let many = if setting.quick { MANY / 5 } else { MANY };
    let few = std::cell::RefCell::new(Edited::new(setting, folder.join("few"), FEW)?);
    let mut many_edited = Edited::new(setting, folder.join("many"), many)?;
    let turns = vec![
        Turn::timed("a rule file of 14", |count| repeat(count, || few.borrow_mut().rule())),
        Turn::timed("a rule file of 250", |count| repeat(count, || many_edited.rule())),
        Turn::timed("a plugin in Rust", |count| repeat(count, || few.borrow_mut().plugin())),
    ];
    let rounds = if setting.quick { 3 } else { 21 };
    let sides = by_turns_of(rounds, Duration::from_millis(1), turns)?;
    let [few, many, plugin] = sides.as_slice() else { return Err(Failed::new("a side is missing")) };
    Ok(vec![
        beyond_quiet(few, MOST_OF_RULES),
        Row::ratio("edit", &work(many), &work(few), Goal::AtMost(1.5)),
        beyond_quiet(plugin, MOST_OF_PLUGIN),
    ])
}

/// Without the time in which nothing is done.
fn work(side: &Side) -> Side {
    let quiet = QUIET.as_nanos() as f64;
    let nanoseconds = side.nanoseconds.iter().map(|took| (took - quiet).max(0.0)).collect();
    Side { name: format!("{}, beyond the quiet", side.name), nanoseconds }
}

fn beyond_quiet(side: &Side, most: f64) -> Row {
    let work = work(side);
    let milliseconds: Vec<f64> = work.nanoseconds.iter().map(|took| took / 1e6).collect();
    Row::of("edit", &work.name, Unit::Milliseconds, Goal::AtMost(most), &milliseconds)
        .with("from close to answer", time(side.median()))
}

fn repeat(count: u64, mut edit: impl FnMut() -> Result<Duration, Failed>) -> Result<Duration, Failed> {
    (0..count).try_fold(Duration::ZERO, |sum, _| Ok(sum + edit()?))
}

impl Edited {
    fn new(setting: &Setting, folder: PathBuf, jurisdictions: usize) -> Result<Self, Failed> {
        let site = Site::new(setting, folder, jurisdictions, 0)?;
        let host = Host::start(setting, &site)?;
        host.settle()?;
        let (rule, plugin) = (site.rules().join("br.yaml"), site.plugins().join("lgpd.wasm"));
        let text = fs::read_to_string(&rule).map_err(Failed::io("read", &rule))?;
        let wasm = fs::read(&plugin).map_err(Failed::io("read", &plugin))?;
        let question = question("brazil.yaml", &strategy(setting, false)?, &["horizon_years=1"])?;
        Ok(Self { host, rule: (rule, text), plugin: (plugin, wasm), question, edits: 0 })
    }

    /// Another comment, written in place as the simplest of editors does.
    fn rule(&mut self) -> Result<Duration, Failed> {
        self.edits += 1;
        let (path, text) = &self.rule;
        self.taken_in(path, format!("{text}# {}\n", self.edits).as_bytes())
    }

    fn plugin(&mut self) -> Result<Duration, Failed> {
        self.edits += 1;
        let (path, wasm) = &self.plugin;
        self.taken_in(path, &noted(wasm, self.edits))
    }

    fn taken_in(&self, path: &PathBuf, bytes: &[u8]) -> Result<Duration, Failed> {
        let before = self.host.ask(&self.question)?;
        fs::write(path, bytes).map_err(Failed::io("write", path))?;
        let closed = Instant::now();
        loop {
            let now = self.host.ask(&self.question)?;
            if now.number != before.number {
                let took = closed.elapsed();
                return match now.answer == before.answer {
                    true => Ok(took),
                    false => Err(Failed::new("an edit that changes nothing changed an answer")),
                };
            }
            if closed.elapsed() > PATIENCE {
                return Err(Failed(format!("{} is not taken in", path.display())));
            }
            thread::sleep(GLANCE);
        }
    }
}
