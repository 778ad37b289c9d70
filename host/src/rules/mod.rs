//! Text to a rule book: YAML, typed readers, checks, expressions. No I/O, and nothing about wasm.

pub mod expression;
pub mod vocabulary;
pub mod yaml;
