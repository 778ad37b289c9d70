//! Any bytes as a strategy asked of the small world: answered, or refused with reasons.

#![no_main]

use landfall::{evaluate::evaluate, protocol::Answer, source::SourceFile, strategy};
use landfall_fuzz::generation;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = SourceFile::new("strategy.yaml", bytes) else { return };
    let generation = generation();
    let Ok(strategy) = strategy::read(&source, &[], &generation) else { return };
    if let Ok(evaluation) = evaluate(&generation, strategy) {
        let _ = Answer::of(&evaluation);
    }
});
