//! Any bytes as a rule file over a small base and its parents: read, or refused with reasons.

#![no_main]

use std::sync::Arc;

use landfall::{
    rules::{
        check::check,
        schema::{jurisdiction, read_file},
    },
    source::SourceFile,
};
use landfall_fuzz::generation;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = SourceFile::new("xx.yaml", bytes) else { return };
    let Ok(file) = read_file(&source, jurisdiction::read) else { return };
    let generation = generation();
    // Whoever is checked has parents that were: one that is unknown is the reloader's business.
    let parents: Vec<_> = file
        .extends
        .iter()
        .filter_map(|parent| generation.closures.get(&parent.value))
        .map(|closure| Arc::clone(&closure.jurisdiction))
        .collect();
    let _ = check(&file, &Arc::new(source), &parents, &generation.base);
});
