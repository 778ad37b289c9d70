//! Text to a rule book: YAML, typed readers, checks, expressions. No I/O, and nothing about wasm.

pub mod yaml;
