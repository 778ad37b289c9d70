//! `sweep`: a million samples over one market and its five stages, each of which depends on a fact that is varied, with a step
//! in the law among them.
//!
//! Landfall draws, computes every line exactly and takes exact percentiles. Beside it: OpenFisca-Core, vectorised, drawing
//! with numpy and taking its percentiles (`peers/sweep/openfisca.py`; it computes in 32-bit floats and keeps no lines); the
//! plugins' own functions as plain Rust over inputs that are drawn already, with the same exact totals, on one thread; and
//! the calls of plugins that the sweep makes, made alone. First all compute J for the same inputs.
//!
//! OpenFisca is asked for a million at once, where it is at its best. Landfall is asked for as many as it does in some
//! seconds, which the rows say; memory is that of the program as it is shipped, at so many and at ten times as many.

mod memory;
mod native;
mod openfisca;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use landfall::{
    evaluate,
    protocol::{SweepRequest, SweepRow},
    render,
    strategy::Strategy,
    sweep::{self, Doing, Rows},
};

use crate::{
    book::{Book, request},
    counted::{Alone, Cases, Counted},
    failed::Failed,
    machine,
    rounds::{Turn, by_turns_of},
    row::{Goal, Row, Unit},
    setting::Setting,
};

const STRATEGY: &str = include_str!("../peers/sweep/strategy.yaml");
/// What is varied, as OpenFisca's script has it too.
const VARIED: [(&str, &str); 6] = [
    ("markets.m.users", "100000..2500000..5000000"),
    ("markets.m.legal_questions", "5..15..40"),
    ("product.words_new", "20000..60000..120000"),
    ("markets.m.trips", "2..6..12"),
    ("markets.m.monthly_tokens", "1000000000..9000000000..20000000000"),
    ("markets.m.monthly_tickets", "1000..6000..12000"),
];
const MILLION: u64 = 1_000_000;
/// Samples whose J is compared.
const COMPARED: u64 = 1_000;
/// OpenFisca computes in floats of 24 bits, some dozen operations deep.
const FLOATS_AGREE: f64 = 1e-5;
/// So many samples' worth of calls are made at once, so that a call that few samples need is made at all.
const CALLS_OF: u64 = 1_000;

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    setting.program()?;
    let folder = setting.scratch("sweep")?;
    let rules = write(setting, &folder)?;
    let book = Book::load(setting, &rules)?;
    let ours = Ours { strategy: book.strategy(STRATEGY)?, book };
    let samples = ours.samples(COMPARED)?;
    let native = native::Native::new();
    same("native", &samples, &native.all(&samples)?, 0.0)?;
    let mut openfisca = openfisca::OpenFisca::start(setting)?;
    same("OpenFisca", &samples, &openfisca.check(&folder, &samples)?, FLOATS_AGREE)?;

    let threads = machine::threads();
    let count = ours.fitting(setting, threads)?;
    let (alone, made) = ours.alone(&samples, count)?;
    let peers = if setting.quick { MILLION / 10 } else { MILLION };
    let turns = vec![
        Turn::timed("landfall, one thread", |times| ours.time(times, count, 1)),
        Turn::timed("landfall", |times| ours.time(times, count, threads)),
        Turn::timed("OpenFisca", |times| openfisca.time(times, peers)),
        Turn::new("native", || native.all(&samples)),
        Turn::new("its distinct calls", || alone.make()),
    ];
    let sides = by_turns_of(if setting.quick { 3 } else { 5 }, setting.turn(), turns)?;
    let per = [count, count, peers, COMPARED, CALLS_OF];
    let sides: Vec<_> = sides.into_iter().zip(per).map(|(side, per)| side.per(per as f64)).collect();
    let [one, all, openfisca, native, calls] = sides.as_slice() else {
        return Err(Failed::new("a side is missing"));
    };
    let context = |row: Row| row.with("threads", threads).with("samples", count);
    let calls_each = format!("{:.2}", made.total() as f64 / count as f64);
    let mut rows = vec![
        context(Row::ratio("sweep", all, openfisca, Goal::AtMost(1.0))),
        Row::ratio("sweep", one, native, Goal::AtMost(10.0)),
        Row::ratio("sweep", one, calls, Goal::AtMost(1.2)).with("calls a sample", calls_each),
        Row::ratio("sweep", one, all, Goal::ReportHigher).with("threads", threads),
    ];
    rows.push(resident(setting, &rules, &folder, all.median())?);
    Ok(rows)
}

/// One sample: its inputs in the order of [`VARIED`], and J in ten-thousandths.
#[derive(Debug, Clone)]
struct Sample {
    inputs: [i64; VARIED.len()],
    objective: i64,
}

/// What is asked.
struct Ours {
    book: Book,
    strategy: Strategy,
}

impl Ours {
    /// With each sample as a line of JSON where they are wanted.
    fn sweep(&self, samples: u64, threads: usize, wanted: bool) -> Result<Vec<u8>, Failed> {
        let asked = SweepRequest {
            query: request(STRATEGY),
            vary: VARIED.iter().map(|(path, range)| format!("{path}={range}")).collect(),
            samples: Some(samples),
            grid: None,
            seed: 7,
        };
        let (stop, mut lines) = (AtomicBool::new(false), Vec::new());
        let rows = wanted.then_some(Rows { format: render::SWEEP_JSON_LINES, file: &mut lines });
        let doing = Doing { threads, stop: &stop, rows, told: &mut |_, _| {} };
        let swept = sweep::sweep(&self.book.generation, &self.strategy, &asked, doing);
        let swept = swept.map_err(|why| match why {
            sweep::NoSweep::Asked(problems) => Failed(format!("{problems:?}")),
            other => Failed::new(other),
        })?;
        match swept.complete == samples {
            true => Ok(lines),
            false => Err(Failed(format!("{} of {samples} samples are complete", swept.complete))),
        }
    }

    /// Some, with what was drawn.
    fn samples(&self, count: u64) -> Result<Vec<Sample>, Failed> {
        let lines = self.sweep(count, 1, true)?;
        let rows = serde_json::Deserializer::from_slice(&lines).into_iter::<SweepRow>();
        rows.map(|row| sample(&row.map_err(Failed::new)?)).collect()
    }

    /// As many as take some seconds, a million at most.
    fn fitting(&self, setting: &Setting, threads: usize) -> Result<u64, Failed> {
        let (few, within) = if setting.quick { (100, 1.0) } else { (1_000, 20.0) };
        self.sweep(few, threads, false)?;
        let begun = Instant::now();
        self.sweep(few, threads, false)?;
        let fit = within / begun.elapsed().as_secs_f64() * few as f64;
        let steps = [few, 2 * few, 5 * few, 10 * few]
            .into_iter()
            .flat_map(|step| [step, step * 10, step * 100, step * 1_000]);
        Ok(steps.filter(|step| (*step as f64) < fit && *step <= MILLION).max().unwrap_or(few))
    }

    fn time(&self, times: u64, samples: u64, threads: usize) -> Result<Duration, Failed> {
        let begun = Instant::now();
        for _ in 0..times {
            self.sweep(samples, threads, false)?;
        }
        Ok(begun.elapsed())
    }

    /// The calls of plugins that a sweep of so many samples makes, for some of them, and how many it makes.
    fn alone(&self, samples: &[Sample], count: u64) -> Result<(Alone, Counted), Failed> {
        let generation = &self.book.generation;
        let before = Counted::now(&generation.engine);
        self.sweep(count, 1, false)?;
        let made = before.since(&generation.engine);
        let mut cases = Cases::default();
        for sample in samples.iter().take(50) {
            let strategy = self.book.strategy(&sample.strategy())?;
            cases.of(generation, &evaluate::evaluate(generation, strategy).map_err(Failed::new)?)?;
        }
        Ok((cases.calls(&made, CALLS_OF as f64 / count as f64)?, made))
    }
}

impl Sample {
    /// The strategy with its facts.
    fn strategy(&self) -> String {
        let mut text = String::new();
        for line in STRATEGY.lines() {
            let names = VARIED.iter().map(|(path, _)| path.rsplit('.').next().unwrap_or_default());
            let varied =
                names.zip(&self.inputs).find(|(name, _)| line.trim_start().starts_with(&format!("{name}:")));
            match varied.zip(line.split_once(':')) {
                Some(((_, value), (key, _))) => text.push_str(&format!("{key}: {value}\n")),
                None => text.push_str(&format!("{line}\n")),
            }
        }
        text
    }
}

fn sample(row: &SweepRow) -> Result<Sample, Failed> {
    let mut inputs = [0; VARIED.len()];
    for (input, (path, _)) in inputs.iter_mut().zip(VARIED) {
        let text = row.inputs.get(path).ok_or_else(|| Failed(format!("a sample has no {path}")))?;
        *input = text.replace('_', "").parse().map_err(|_| Failed(format!("`{text}` is no count")))?;
    }
    let objective = row.objective.as_deref().ok_or_else(|| Failed::new("a sample has no J"))?;
    let objective = objective.replace('.', "").parse().map_err(Failed::new)?;
    Ok(Sample { inputs, objective })
}

/// Ten-thousandths on both sides; `within` is relative.
fn same(who: &str, samples: &[Sample], found: &[f64], within: f64) -> Result<(), Failed> {
    if samples.len() != found.len() {
        return Err(Failed(format!("{who} computes {} of {} samples", found.len(), samples.len())));
    }
    for (sample, found) in samples.iter().zip(found) {
        let expected = sample.objective as f64;
        if (found - expected).abs() > expected * within {
            return Err(Failed(format!("{who} computes {found} where J is {expected}: {sample:?}")));
        }
    }
    Ok(())
}

/// Resident at so many samples and at ten times as many.
fn resident(setting: &Setting, rules: &Path, folder: &Path, nanoseconds: f64) -> Result<Row, Failed> {
    let strategy = folder.join("strategy.yaml");
    fs::write(&strategy, STRATEGY).map_err(Failed::io("write", &strategy))?;
    let seconds = if setting.quick { 1.0 } else { 30.0 };
    let fit = (seconds * 1e9 / nanoseconds / 10.0) as u64;
    let few = fit.clamp(100, MILLION / 10);
    let most = |samples: u64| memory::most(setting, rules, &strategy, &VARIED, samples);
    let (at_few, at_many) = (most(few)?, most(few * 10)?);
    let row = Row::of(
        "sweep",
        "memory at ten times the samples / at the samples",
        Unit::Ratio,
        Goal::AtMost(1.25),
        &[at_many / at_few],
    );
    let shown = |bytes: f64| format!("{:.0} MiB", bytes / 1024.0 / 1024.0);
    Ok(row.with("samples", few).with("then", shown(at_few)).with("at ten times as many", shown(at_many)))
}

/// The world's facts and the one market.
fn write(setting: &Setting, folder: &Path) -> Result<PathBuf, Failed> {
    let rules = folder.join("rules");
    fs::create_dir_all(&rules).map_err(Failed::io("make", &rules))?;
    for from in ["rules/world/facts.yaml", "bench/peers/sweep/m.yaml"] {
        let from = setting.root.join(from);
        let name = from.file_name().unwrap_or_default();
        fs::copy(&from, rules.join(name)).map_err(Failed::io("copy", &from))?;
    }
    Ok(rules)
}
