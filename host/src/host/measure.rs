//! What there is to measure of a host, by the names that docs/metrics.md says.

use std::{collections::BTreeMap, fs};

use jiff::Timestamp;

use crate::{
    generation::SEMANTICS,
    metrics::{Family, Series, Times},
    plugin::Counts,
    protocol::{AuditHealth, ItemKind, ItemState, StatusResponse},
};

/// Files that are not live and have a series of their own. Arbitrary: whoever drops in ten thousand broken files
/// must not make as many series.
const MOST_FILES: usize = 200;

const KINDS: [ItemKind; 5] =
    [ItemKind::Config, ItemKind::Base, ItemKind::Jurisdiction, ItemKind::Plugin, ItemKind::Stray];

const STATES: [ItemState; 6] = [
    ItemState::Live,
    ItemState::LastGood,
    ItemState::Waiting,
    ItemState::Pinned,
    ItemState::Refused,
    ItemState::Unavailable,
];

/// What is served, and what became of every file.
pub(super) fn served(status: &StatusResponse) -> Vec<Family> {
    let digests = status.generation.iter().map(|digest| Series::new(&[("digest", digest)], 1)).collect();
    vec![
        Family::gauges(
            "landfall_build_info",
            "The version that runs, and the number of its semantics",
            vec![Series::new(
                &[("version", env!("CARGO_PKG_VERSION")), ("semantics", &SEMANTICS.to_string())],
                1,
            )],
        ),
        Family::gauge(
            "landfall_generation_number",
            "Number of the generation that is served, 0 while there is none",
            status.number,
        ),
        Family::gauges("landfall_generation_info", "The generation that is served", digests),
        Family::gauges("landfall_items", "Files by what they hold and what became of them", items(status)),
        Family::gauges(
            "landfall_item_since_timestamp_seconds",
            "Since when a file is not live",
            not_live(status),
        ),
        Family::gauge(
            "landfall_history_kept",
            "Whether what is served is in history",
            u64::from(status.not_kept.iter().all(|not_kept| not_kept.what != "history")),
        ),
    ]
}

fn items(status: &StatusResponse) -> Vec<Series> {
    let mut counts = BTreeMap::new();
    for item in &status.items {
        *counts.entry((item.kind, item.state)).or_default() += 1;
    }
    let series = |kind: ItemKind, state: ItemState| {
        let count = counts.get(&(kind, state)).copied().unwrap_or_default();
        Series::new(&[("kind", kind.as_str()), ("state", state.as_str())], count)
    };
    KINDS
        .iter()
        .flat_map(|kind| STATES.iter().map(move |state| (*kind, *state)))
        .map(|(kind, state)| series(kind, state))
        .collect()
}

fn not_live(status: &StatusResponse) -> Vec<Series> {
    let not_live = status.items.iter().filter(|item| item.state != ItemState::Live);
    let since = |text: &str| text.parse::<Timestamp>().ok().and_then(|at| u64::try_from(at.as_second()).ok());
    let series = not_live.take(MOST_FILES).filter_map(|item| {
        let labels =
            [("file", item.file.as_str()), ("kind", item.kind.as_str()), ("state", item.state.as_str())];
        Some(Series::new(&labels, since(item.since.as_deref()?)?))
    });
    series.collect()
}

/// What plugins were called for and what their files came to.
pub(super) fn plugins(counts: &Counts) -> Vec<Family> {
    let calls = counts.calls();
    let outcomes = calls.iter().flat_map(|called| {
        let series = |(outcome, count): &(&'static str, u64)| {
            Series::new(&[("plugin", called.plugin.as_str()), ("outcome", *outcome)], *count)
        };
        called.outcomes.iter().map(series).collect::<Vec<_>>()
    });
    let fuel = calls.iter().map(|called| Series::new(&[("plugin", called.plugin.as_str())], called.fuel));
    let compilations = counts.compilations();
    let compilations =
        compilations.iter().map(|(outcome, count)| Series::new(&[("outcome", *outcome)], *count));
    vec![
        Family::counters(
            "landfall_plugin_calls_total",
            "Calls of plugins by what came of them",
            outcomes.collect(),
        ),
        Family::counters("landfall_plugin_fuel_total", "Fuel that calls of plugins used", fuel.collect()),
        Family::counters(
            "landfall_compilations_total",
            "Plugin files by what came of compiling them",
            compilations.collect(),
        ),
    ]
}

/// How long reloads took.
pub(super) fn reloads(times: &Times) -> Family {
    Family::histogram("landfall_reload_duration_seconds", "From what was read to what is published", times)
}

/// How the audit log is kept.
pub(super) fn audit(health: &AuditHealth) -> Vec<Family> {
    vec![
        Family::gauge(
            "landfall_audit_queued",
            "Rows of the audit log that wait to be written",
            health.queued,
        ),
        Family::counter("landfall_audit_lost_total", "Answers that were given and not logged", health.lost),
    ]
}

/// The process, where the system says it.
pub(super) fn process(started: Timestamp) -> Vec<Family> {
    let started = u64::try_from(started.as_second()).unwrap_or_default();
    let resident = fs::read_to_string("/proc/self/status").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kibibytes.checked_mul(1024)
    });
    // Reading the folder opens one more.
    let descriptors =
        fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count().saturating_sub(1) as u64);
    let of = |name, help, value: Option<u64>| value.map(|value| Family::gauge(name, help, value));
    [
        of("process_start_time_seconds", "When the host started", Some(started)),
        of("process_resident_memory_bytes", "Memory in use", resident),
        of("process_open_fds", "Open file descriptors", descriptors),
    ]
    .into_iter()
    .flatten()
    .collect()
}
