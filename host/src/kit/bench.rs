//! What one case takes: what is counted and is the same everywhere, and how long it lasts here.
//!
//! Called as a host calls, instance by instance, and beside that on one instance that is kept, which is what is left of a
//! call when making the instance costs nothing. Times are those of this machine at this moment: a median of many, with
//! the middle nine tenths. No number here is a fraction.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    check::{Case, made_up, read_case},
    headroom,
    loaded::Loading,
};
use crate::{
    diagnostic::Diagnostic,
    id::Digest,
    plugin::{self, CallError, Compiler, Plugin},
    protocol::{Benched, Latency},
};

/// Loads that are timed; each maps the whole artifact.
const LOADS: usize = 20;
/// Calls before those that are timed, which find everything cold.
const FIRST: usize = 3;
/// A verb that measures has an end: after this, what was measured so far is enough.
const LONGEST: Duration = Duration::from_secs(20);

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The file.
    pub wasm: &'a Path,
    /// The case file; without one, a case is made up.
    pub case: Option<&'a Path>,
    /// Calls of each kind that are timed.
    pub samples: usize,
}

/// What the case takes.
///
/// # Errors
/// The file or the case cannot be used, or the plugin gives no answer to it.
pub fn bench(question: Question<'_>) -> Result<Benched, Vec<Diagnostic>> {
    let loading = Loading::new()?;
    let wasm = loading.read(question.wasm)?;
    let plugin = loading.load(question.wasm)?.plugin;
    let case = the_case(question, &plugin)?;
    let refuse = |error: CallError| {
        let problem = Diagnostic::error(format!("the case `{}`: {error}", case.file.name));
        vec![problem.help("measure a case that it answers: `--case FILE`")]
    };
    let estimate = plugin.estimate(&case.file.case).map_err(refuse)?;
    let (fresh, warm) = calls(&plugin, &case, question.samples).map_err(refuse)?;
    let (compile, load, artifact_size) = made(&loading, question.wasm, &wasm)?;
    let limits = plugin.limits();
    let mut used = headroom::of_call(&estimate.used, limits);
    let wall = limits.wall_clock_ms.saturating_mul(1_000_000);
    used.push(headroom::of("wall_clock", "nanoseconds", fresh.p95_ns, wall));
    Ok(Benched {
        file: question.wasm.display().to_string(),
        id: plugin.description.id.to_string(),
        version: plugin.description.version.clone(),
        size: wasm.len(),
        digest: Digest::of(&wasm).to_string(),
        case: case.file.name.to_string(),
        case_file: case.path,
        stage: case.file.case.stage.to_string(),
        used,
        fresh,
        warm,
        compile_ns: nanoseconds(compile),
        load,
        artifact_size,
    })
}

fn the_case(question: Question<'_>, plugin: &Plugin) -> Result<Case, Vec<Diagnostic>> {
    if let Some(path) = question.case {
        return read_case(path, plugin);
    }
    made_up(plugin, None)?.into_iter().next().ok_or_else(|| {
        let problem = Diagnostic::error("no case can be made up for it");
        vec![problem.help("write one, and name it: `--case FILE`")]
    })
}

/// Fresh calls, and calls on one instance.
fn calls(plugin: &Plugin, case: &Case, samples: usize) -> Result<(Latency, Latency), CallError> {
    let case = &case.file.case;
    let fresh = timed(samples, || plugin.estimate(case).map(drop))?;
    let warm = plugin.warm().map_err(|failure| CallError {
        plugin: plugin.description.id.clone(),
        stage: case.stage,
        failure,
    });
    let mut instance = warm?;
    // A plugin that frees nothing fills its memory: then another instance takes its place, and one sample is longer.
    let again = || plugin.warm().ok();
    let warm = timed(samples, || match instance.estimate(case) {
        Err(_) => match again() {
            Some(new) => {
                instance = new;
                instance.estimate(case).map(drop)
            }
            None => instance.estimate(case).map(drop),
        },
        answer => answer.map(drop),
    })?;
    Ok((fresh, warm))
}

/// Compiling as a host that sees the file for the first time, and loading as one that saw it before.
fn made(loading: &Loading, path: &Path, wasm: &[u8]) -> Result<(Duration, Latency, usize), Vec<Diagnostic>> {
    let system = |error: &dyn std::fmt::Display| vec![Diagnostic::error(error.to_string())];
    let folder = tempfile::tempdir().map_err(|error| system(&error))?;
    let program = Compiler::this_program().map_err(|error| system(&error))?;
    let compiler = Compiler::new(program, &folder.path().join("compiled")).map_err(|error| system(&error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let engine = loading.engine();
    let refuse = |refusal: plugin::Refusal| vec![refusal.diagnostic(&path.display().to_string())];
    let began = Instant::now();
    let artifact = compiler.compile(engine, &name, wasm).map_err(refuse)?;
    let compile = began.elapsed();
    let load = timed(LOADS, || {
        let artifact = compiler.compile(engine, &name, wasm)?;
        plugin::load(engine, &artifact).map(drop)
    });
    Ok((compile, load.map_err(refuse)?, artifact.size()))
}

/// So many times, or as many as there is time for.
fn timed<E>(samples: usize, mut call: impl FnMut() -> Result<(), E>) -> Result<Latency, E> {
    let started = Instant::now();
    for _ in 0..FIRST.min(samples) {
        call()?;
    }
    let mut took = Vec::new();
    while took.len() < samples.max(1) && (took.is_empty() || started.elapsed() < LONGEST) {
        let began = Instant::now();
        call()?;
        took.push(began.elapsed());
    }
    Ok(latency(took))
}

fn latency(mut took: Vec<Duration>) -> Latency {
    took.sort_unstable();
    let samples = took.len();
    let at = |percent: usize| {
        let place = samples.saturating_sub(1).saturating_mul(percent) / 100;
        took.get(place).copied().map_or(0, nanoseconds)
    };
    Latency { samples, median_ns: at(50), p5_ns: at(5), p95_ns: at(95) }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_spread_are_those_of_the_samples() {
        let took = (1..=101).rev().map(Duration::from_nanos).collect();
        assert_eq!(latency(took), Latency { samples: 101, median_ns: 51, p5_ns: 6, p95_ns: 96 });
        let one = latency(vec![Duration::from_micros(3)]);
        assert_eq!(one, Latency { samples: 1, median_ns: 3_000, p5_ns: 3_000, p95_ns: 3_000 });
        assert_eq!(latency(vec![]).median_ns, 0);
    }

    #[test]
    fn a_call_that_fails_ends_the_measuring() {
        let mut calls = 0;
        let failed = timed(10, || {
            calls += 1;
            if calls < 5 { Ok(()) } else { Err("no") }
        });
        assert_eq!((failed, calls), (Err("no"), 5));
    }
}
