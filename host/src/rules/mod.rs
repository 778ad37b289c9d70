//! Text to a rule book: YAML, typed readers, checks, expressions. No I/O, and nothing about wasm.

pub mod book;
pub mod check;
pub mod expression;
pub mod fx;
pub mod schema;
pub mod vocabulary;
pub mod yaml;
