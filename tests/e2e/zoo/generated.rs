//! Generated modules through the loader of a running host, and those that load through calls.
//!
//! `cargo xtask zoo` runs ten thousand; a sample runs with every other test.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    animal::{rule_file, strategy},
    smith::{Generated, Kind, generate},
};
use crate::{
    answer::{Answer, item},
    host::Host,
    site::Site,
};

/// Modules in the folder at once.
const BATCH: usize = 60;
/// Markets in one question.
const ASKED: usize = 12;
/// What a host may have grown by since it was warm, in KiB: what its allocator keeps, and the plugins of
/// earlier generations that it can still be asked about.
const GROWTH: u64 = 96 << 10;
/// Batches until it is warm: by then it holds as many earlier generations as it ever will.
const WARM: usize = 8;

#[test]
fn a_sample_of_generated_modules_harms_nobody() {
    say(&run(180, 1));
}

/// `LANDFALL_ZOO_MODULES` and `LANDFALL_ZOO_SEED` say how many and which.
#[test]
#[ignore = "takes ten minutes: `cargo xtask zoo`"]
fn generated_modules_harm_nobody() {
    let number = |variable: &str, default| {
        std::env::var(variable)
            .map_or(default, |text| text.parse().unwrap_or_else(|e| panic!("{variable}: {e}")))
    };
    let modules = number("LANDFALL_ZOO_MODULES", 10_000);
    let seed = number("LANDFALL_ZOO_SEED", 1);
    let report = run(usize::try_from(modules).unwrap(), seed);
    say(&report);
}

#[expect(clippy::print_stdout, reason = "the numbers are what it is run for")]
fn say(text: &str) {
    println!("{text}");
}

/// What is to become of none; what it becomes of is kept.
const NEVER: [&str; 4] = ["the host panicked", "the compiler crashed", "does not load", "took too long"];

/// What became of how many, by kind.
#[derive(Debug, Default)]
struct Counts {
    fates: BTreeMap<(String, Kind), usize>,
    answers: usize,
    slowest: Duration,
    resident: Vec<u64>,
    /// Every module, and what was said of it.
    log: String,
}

impl Counts {
    fn add(&mut self, fate: &str, module: &Generated, said: &str) {
        *self.fates.entry((fate.to_owned(), module.kind)).or_default() += 1;
        if NEVER.iter().any(|never| fate.contains(never)) {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.wasm", module.id));
            fs::write(path, &module.bytes).unwrap();
        }
        writeln!(self.log, "{}\t{:?}\t{fate}\t{said}", module.id, module.kind).unwrap();
    }

    /// Where the log is left.
    fn keep_log(&self, modules: usize, seed: u64) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("zoo-{modules}-{seed}.log"));
        fs::write(&path, &self.log).unwrap();
        path
    }

    fn growth(&self) -> u64 {
        let warm = self.resident.iter().take(WARM).max().copied().unwrap_or_default();
        let later = self.resident.iter().skip(WARM).max().copied().unwrap_or_default();
        later.saturating_sub(warm)
    }

    /// A table in Markdown.
    fn table(&self) -> String {
        let mut table = "| what became of it |".to_owned();
        for kind in Kind::ALL {
            write!(table, " {} |", kind.said()).unwrap();
        }
        table += " all |\n|---|--:|--:|--:|--:|--:|\n";
        let mut fates: Vec<&str> = self.fates.keys().map(|(fate, _)| fate.as_str()).collect();
        fates.dedup();
        for fate in fates {
            let count = |kind| self.fates.get(&(fate.to_owned(), kind)).copied().unwrap_or_default();
            write!(table, "| {fate} |").unwrap();
            for kind in Kind::ALL {
                write!(table, " {} |", count(kind)).unwrap();
            }
            writeln!(table, " {} |", Kind::ALL.into_iter().map(count).sum::<usize>()).unwrap();
        }
        table
    }
}

/// Puts so many through a host, and returns what is to be said of them.
#[track_caller]
fn run(modules: usize, seed: u64) -> String {
    let started = Instant::now();
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    let mut counts = Counts::default();
    for start in (0..modules).step_by(BATCH) {
        let batch: Vec<_> =
            (start..modules.min(start + BATCH)).map(|number| generate(seed, number)).collect();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            load_and_call(&site, &mut host, &before, &batch, &mut counts);
        }));
        if let Err(panic) = outcome {
            say(&format!("in the batch from {start} of seed {seed}"));
            std::panic::resume_unwind(panic);
        }
        if modules > 1_000 && (start / BATCH).is_multiple_of(10) {
            let resident = counts.resident.last().copied().unwrap_or_default();
            say(&format!("{} modules, {} KiB, {:?}", start + batch.len(), resident, started.elapsed()));
        }
    }
    let log = counts.keep_log(modules, seed);
    report(&counts, modules, seed, started.elapsed(), &log)
}

fn report(counts: &Counts, modules: usize, seed: u64, took: Duration, log: &Path) -> String {
    for (fate, _) in counts.fates.keys() {
        assert!(!NEVER.iter().any(|never| fate.contains(never)), "{}{}", counts.table(), log.display());
    }
    assert!(counts.growth() <= GROWTH, "grown by {} KiB: {:?}", counts.growth(), counts.resident);
    format!(
        "{}\n{modules} modules of seed {seed} in {} s. The host lived; {} answers of other markets were alike to \
         the byte, the slowest after {} ms; its memory was {} KiB when warm and grew by {} KiB. Every module \
         is in {}.",
        counts.table(),
        took.as_secs(),
        counts.answers,
        counts.slowest.as_millis(),
        counts.resident.iter().take(WARM).max().copied().unwrap_or_default(),
        counts.growth(),
        log.display(),
    )
}

#[track_caller]
fn load_and_call(
    site: &Site,
    host: &mut Host<'_>,
    before: &Answer,
    batch: &[Generated],
    counts: &mut Counts,
) {
    for module in batch {
        site.put(&format!("plugins/{}.wasm", module.id), &module.bytes);
    }
    host.reload();
    let status = host.status();
    let mut live = Vec::new();
    for module in batch {
        match refusal(&status, &format!("{}.wasm", module.id)) {
            Some(message) => counts.add(stage_of(&message), module, &message),
            None => live.push(module),
        }
    }
    for module in &live {
        site.put(&format!("rules/{}.yaml", module.id), rule_file(&module.id, &module.id, module.settings));
    }
    host.reload();
    let status = host.status();
    live.retain(|module| {
        let refused = refusal(&status, &format!("{}.yaml", module.id));
        if let Some(message) = &refused {
            counts.add("loaded; what it asks for does not fit", module, message);
        }
        refused.is_none()
    });
    for asked in live.chunks(ASKED) {
        call(site, host, before, asked, counts);
    }
    answers_as_before(host, before, counts);
    for module in batch {
        site.remove(&format!("plugins/{}.wasm", module.id));
        let rules = format!("rules/{}.yaml", module.id);
        if site.path(&rules).exists() {
            site.remove(&rules);
        }
    }
    host.reload();
    answers_as_before(host, before, counts);
    counts.resident.push(host.resident());
}

/// Why a file is not live.
fn refusal(status: &Value, file: &str) -> Option<String> {
    let item = item(status, file).unwrap_or_else(|| panic!("nothing is said of {file}"));
    if item["state"] == "live" {
        return None;
    }
    assert_ne!(item["state"], "waiting", "{item}");
    Some(item["problems"][0]["message"].as_str().unwrap_or_else(|| panic!("{item}")).to_owned())
}

/// How far it came.
fn stage_of(message: &str) -> &'static str {
    const STAGES: [(&str, &str); 16] = [
        ("this is not a WebAssembly", "refused: no WebAssembly"),
        ("the core module cannot be made", "refused: cannot be made a component"),
        ("the core module does not say", "refused: for no world"),
        ("the WebAssembly is not valid", "refused at validation"),
        ("it imports", "refused: an import"),
        ("it does not export", "refused: exports no plugin"),
        ("it is built for", "refused: another version"),
        ("its interface", "refused: another interface"),
        ("`describe` took longer", "took too long in describe"),
        ("`describe`", "refused in `describe`"),
        ("the compiled plugin does not load", "does not load"),
        ("the ", "refused: its description"),
        ("a ", "refused: its description"),
        ("plugin `", "refused: another id"),
        ("compiling took more", "refused: compiling took too much"),
        ("compiling crashed", "the compiler crashed"),
    ];
    let found = STAGES.iter().find(|(start, _)| message.starts_with(start));
    found.unwrap_or_else(|| panic!("nobody knows what this means: {message}")).1
}

/// Asks the markets that bind them, beside the seed's.
#[track_caller]
fn call(site: &Site, host: &Host<'_>, before: &Answer, asked: &[&Generated], counts: &mut Counts) {
    site.put("wild.yaml", strategy(asked.iter().map(|module| module.id.as_str())));
    let after = host.query("wild.yaml");
    for other in ["br", "cn", "us", "in", "gb"] {
        assert_eq!(after.market(other).to_string(), before.market(other).to_string(), "{other}");
    }
    for module in asked {
        let market = after.market(&module.id);
        let reasons = market["reasons"].as_array().unwrap().iter();
        let start = format!("plugin `{}`", module.id);
        let reason = reasons.into_iter().find(|reason| reason["message"].to_string().contains(&start));
        match reason {
            Some(reason) => counts.add(&kind_of(reason), module, reason["message"].as_str().unwrap()),
            None => {
                let total = &market["stages"]["market-selection"]["total"];
                assert!(total.is_object(), "no answer and no reason: {market}");
                counts.add("called: answered", module, "");
            }
        }
    }
}

fn kind_of(reason: &Value) -> String {
    match reason["kind"].as_str().unwrap() {
        "host_panicked" => format!("the host panicked: {}", reason["message"]),
        "out_of_time" => "took too long in a call".to_owned(),
        kind => format!("called: failed, {}", kind.replace('_', " ")),
    }
}

#[track_caller]
fn answers_as_before(host: &Host<'_>, before: &Answer, counts: &mut Counts) {
    let started = Instant::now();
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    counts.answers += 1;
    counts.slowest = counts.slowest.max(started.elapsed());
}
