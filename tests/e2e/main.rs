//! Drives the built program, with real plugins, as a user would: files, commands, exit codes, signals.
//!
//! Nothing of the host is linked in. Each test has a [`Site`](site::Site), a folder of its own that is
//! the whole world of its host; it waits for what `status` says and never for a length of time.
//!
//! `cargo xtask test` builds what is driven here. After that, for one test:
//! `cargo test --workspace --exclude 'guest-*' --test e2e -- NAME`. The same packages every time: with `-p`
//! alone cargo chooses other features, and builds dependencies twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod answer;
mod host;
mod module;
mod site;

mod audit;
mod bad_input;
mod config;
mod dev;
mod diff;
mod disk;
mod docs;
mod ends;
mod events;
mod facts;
mod folders;
mod forms;
mod guests;
mod history;
mod import;
mod kit_build;
mod kit_cases;
mod kit_check;
mod kit_dev;
mod kit_javascript;
mod kit_python;
mod order;
mod reload;
mod review;
mod rule_tests;
mod scaffold;
mod schema;
mod seed;
mod server;
mod slow_compile;
mod stale;
mod sweep;
mod timeline;
mod trust;
mod vectors;
mod watching;
mod world;
mod world_law;
mod zoo;
