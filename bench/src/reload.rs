//! `reload`: how long a question takes while rules and plugins change under it, in times of how long it takes while nothing
//! does.
//!
//! Quiet and storm by turns. Nothing that is written changes an answer, and every answer is compared. Each question has a
//! name of its own, so that it is computed.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    failed::Failed,
    row::{Goal, Row, Unit, time},
    setting::Setting,
    site::{Host, Site, noted, put, question, strategy},
};

/// A rule file is written that often, every fifth time with an error, and a plugin.
const EDITS: Duration = Duration::from_millis(20);
const SWAPS: Duration = Duration::from_millis(250);
/// The most that 99 of 100 questions may take in a storm, in times of what they take in quiet.
const MOST: f64 = 2.0;
/// A storm in these would be another: a base is refused whole when anything falls back.
const BASE: [&str; 4] = ["facts.yaml", "roles.yaml", "rates.yaml", "fx.yaml"];

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let site = Site::new(setting, setting.scratch("reload")?, 0, 0)?;
    let weather = Weather::over(&site)?;
    let host = Host::start(setting, &site)?;
    host.settle()?;
    let asking = Asking { host: &host, text: strategy(setting, false)?, asked: AtomicUsize::new(0) };
    let expected = asking.ask()?.answer;
    let (rounds, phase) = if setting.quick { (2, 2) } else { (5, 12) };
    let phase = Duration::from_secs(phase);
    let first = asking.ask()?.number;
    let (mut medians, mut tails, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let quiet = Spread::of(asking.times(phase, &expected)?);
        let storm = Spread::of(weather.storm(|| asking.times(phase, &expected))?);
        medians.push(storm.p50 / quiet.p50);
        tails.push(storm.p99 / quiet.p99);
        shown.push((quiet, storm));
        weather.calm()?;
        host.settle()?;
    }
    let generations = asking.ask()?.number.saturating_sub(first);
    let median = |of: fn(&(Spread, Spread)) -> f64| {
        let (_, median, _) = crate::rounds::spread(&shown.iter().map(of).collect::<Vec<_>>());
        time(median)
    };
    let written = format!(
        "{} rule edits, {} plugin swaps, {generations} generations",
        weather.edits.load(Ordering::Relaxed),
        weather.swaps.load(Ordering::Relaxed)
    );
    let tail =
        Row::of("reload", "storm / quiet, 99 of 100 questions", Unit::Ratio, Goal::AtMost(MOST), &tails)
            .with("quiet", median(|(quiet, _)| quiet.p99))
            .with("storm", median(|(_, storm)| storm.p99))
            .with("written", written);
    let middle =
        Row::of("reload", "storm / quiet, every other question", Unit::Ratio, Goal::ReportLower, &medians)
            .with("quiet", median(|(quiet, _)| quiet.p50))
            .with("storm", median(|(_, storm)| storm.p50));
    Ok(vec![tail, middle])
}

/// How long questions took, in nanoseconds.
struct Spread {
    p50: f64,
    p99: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50).as_nanos() as f64, p99: at(99).as_nanos() as f64 }
    }
}

/// One client that asks again as soon as it is answered.
struct Asking<'a> {
    host: &'a Host,
    text: String,
    asked: AtomicUsize,
}

impl Asking<'_> {
    fn ask(&self) -> Result<crate::site::Answered, Failed> {
        let name = format!("q-{}", self.asked.fetch_add(1, Ordering::Relaxed));
        self.host.ask(&question(&name, &self.text, &["horizon_years=1"])?)
    }

    fn times(&self, phase: Duration, expected: &str) -> Result<Vec<Duration>, Failed> {
        let (begun, mut times) = (Instant::now(), Vec::new());
        while begun.elapsed() < phase {
            let asked = Instant::now();
            let answered = self.ask()?;
            times.push(asked.elapsed());
            if answered.answer != expected {
                return Err(Failed(format!("an answer differs:\n{}\n{expected}", answered.answer)));
            }
        }
        Ok(times)
    }
}

/// What is written, and how much was.
struct Weather {
    rules: Vec<(PathBuf, String)>,
    plugins: Vec<(PathBuf, Vec<u8>)>,
    edits: AtomicUsize,
    swaps: AtomicUsize,
}

impl Weather {
    fn over(site: &Site) -> Result<Self, Failed> {
        let files = |folder: PathBuf| -> Result<Vec<(PathBuf, Vec<u8>)>, Failed> {
            let mut files = Vec::new();
            for entry in fs::read_dir(&folder).map_err(Failed::io("read", &folder))? {
                let path = entry.map_err(Failed::io("read", &folder))?.path();
                if !BASE.iter().any(|base| path.ends_with(base)) {
                    let bytes = fs::read(&path).map_err(Failed::io("read", &path))?;
                    files.push((path, bytes));
                }
            }
            files.sort();
            Ok(files)
        };
        let text =
            |(path, bytes): (PathBuf, Vec<u8>)| Ok((path, String::from_utf8(bytes).map_err(Failed::new)?));
        let rules = files(site.rules())?.into_iter().map(text).collect::<Result<_, Failed>>()?;
        Ok(Self {
            rules,
            plugins: files(site.plugins())?,
            edits: AtomicUsize::new(0),
            swaps: AtomicUsize::new(0),
        })
    }

    /// Does the work while files are written.
    fn storm<T>(&self, work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let rules = scope.spawn(|| every(EDITS, &over, &self.edits, |count| self.edit(count)));
            let plugins = scope.spawn(|| every(SWAPS, &over, &self.swaps, |count| self.swap(count)));
            let done = work();
            over.store(true, Ordering::Relaxed);
            for ended in [rules.join(), plugins.join()] {
                ended.map_err(|_| Failed::new("whoever writes has failed"))??;
            }
            done
        })
    }

    /// Another comment in a rule file, or an error.
    fn edit(&self, count: usize) -> Result<(), Failed> {
        let Some((path, text)) = self.rules.get(count % self.rules.len()) else { return Ok(()) };
        let more = if count.is_multiple_of(5) { "nonsense: [" } else { "#" };
        put(path, format!("{text}\n{more} {count}\n").as_bytes())
    }

    /// Another note in a plugin: other bytes that do the same, to be compiled.
    fn swap(&self, count: usize) -> Result<(), Failed> {
        let Some((path, wasm)) = self.plugins.get(count % self.plugins.len()) else { return Ok(()) };
        put(path, &noted(wasm, count))
    }

    /// Everything as it was.
    fn calm(&self) -> Result<(), Failed> {
        self.rules.iter().try_for_each(|(path, text)| put(path, text.as_bytes()))?;
        self.plugins.iter().try_for_each(|(path, wasm)| put(path, wasm))
    }
}

fn every(
    pause: Duration,
    over: &AtomicBool,
    counted: &AtomicUsize,
    write: impl Fn(usize) -> Result<(), Failed>,
) -> Result<(), Failed> {
    while !over.load(Ordering::Relaxed) {
        write(counted.fetch_add(1, Ordering::Relaxed))?;
        thread::sleep(pause);
    }
    Ok(())
}
