//! The program under everything that can happen to it at once: questions, edits valid and invalid, plugins good and
//! hostile, kills at any moment. Every answer is checked against the contents that it says it rests on.
//!
//! A minute of it by default, for continuous integration; `cargo xtask soak --minutes N` for as long as one likes. Lives
//! that are killed come first, then one long life, in which descriptors, memory and children are counted. What
//! threads choose comes from a seed, which is printed; when they choose it does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod ask;
mod clients;
mod contents;
mod counts;
mod editors;
mod guest;
mod life;
mod oracle;
mod random;
mod shared;
mod stages;

use std::time::Duration;

use oracle::Question;
use shared::Shared;

/// How many ask, and how many edit rules.
const CLIENTS: usize = 3;
const EDITORS: usize = 2;

#[test]
fn every_answer_is_what_its_generation_makes_it() {
    let seconds = number("LANDFALL_SOAK_SECONDS").unwrap_or(60);
    let seed = number("LANDFALL_SOAK_SEED")
        .unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into());
    say(&format!("soak: {seconds} s, seed {seed} (LANDFALL_SOAK_SEED)\n"));
    let shared = Shared::new(seed, questions());
    // What takes seconds to compile holds up every swap after it: only where there is time.
    let editors = editors::Editors::new(&shared, seconds >= 300);
    let first = stages::first(&shared);
    let table = std::thread::scope(|scope| {
        for name in 0..CLIENTS {
            let shared = &shared;
            scope.spawn(move || guarded(shared, || clients::ask(shared, name)));
        }
        for name in 0..EDITORS {
            let (shared, editors) = (&shared, &editors);
            scope.spawn(move || guarded(shared, || editors.rules(shared, name)));
        }
        scope.spawn(|| guarded(&shared, || editors.plugins(&shared)));
        let table = stages::run(&shared, &editors, first, Duration::from_secs(seconds));
        shared.end();
        table
    });
    say(&format!("{}{}", shared.counts.table(), table));
    let findings = shared.findings();
    let log = std::fs::read_to_string(shared.world.path("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    assert!(
        findings.is_empty(),
        "seed {seed}:\n{}\n--- the end of the log ---\n{}",
        findings.join("\n"),
        lines[lines.len().saturating_sub(30)..].join("\n")
    );
}

/// A panic of one thread ends all.
fn guarded(shared: &Shared, work: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
        shared.wrong("a thread of the test panicked".to_owned());
    }
}

fn questions() -> Vec<Question> {
    vec![
        Question::new("All that is always there", 1, &[("br", 10), ("cn", 20), ("us", 30), ("gb", 50)]),
        Question::new("Two of them, longer", 3, &[("br", 25), ("gb", 1)]),
        Question::new("With the one that comes and goes", 1, &[("br", 10), ("in", 40), ("us", 5)]),
    ]
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().expect(variable))
}

#[expect(clippy::print_stderr, reason = "what was done is the point of a soak")]
fn say(text: &str) {
    eprint!("{text}");
}
