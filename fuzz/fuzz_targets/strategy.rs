//! Any bytes as a strategy asked of the small world: answered, or refused with reasons.

#![no_main]

use std::sync::Arc;

use landfall::{
    host::Answering,
    protocol::{QueryRequest, StrategyText},
    server::Host as _,
    source::SourceFile,
    strategy,
};
use landfall_fuzz::{WORLD, generation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = SourceFile::new("strategy.yaml", bytes) else { return };
    if strategy::read(&source, &[], &generation()).is_err() {
        return;
    }
    let strategy = StrategyText {
        name: "strategy.yaml".to_owned(),
        text: String::from_utf8(bytes.to_vec()).expect("what was read is text"),
    };
    let host = Answering::once(Arc::clone(&WORLD));
    let _ = host.query(&QueryRequest { strategy, as_of: None, set: Vec::new() });
});
