//! Rust: see [`build`](super).
