//! What happened, counted, and the table that says so.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

macro_rules! counts {
    ($($name:ident: $what:literal,)*) => {
        /// One counter for each thing that happens.
        #[derive(Debug, Default)]
        pub(crate) struct Counts {
            $(pub(crate) $name: Counter,)*
        }

        impl Counts {
            /// A line each.
            pub(crate) fn table(&self) -> String {
                let mut table = String::new();
                $(row(&mut table, $what, self.$name.get());)*
                table
            }
        }
    };
}

counts! {
    answers: "answers checked",
    incomplete: "of these without a J, as they must be",
    older: "of these from older generations",
    no_such_market: "questions about a place that was gone",
    cut_off: "questions cut off by the end of a host",
    valid: "valid edits of rules",
    invalid: "invalid edits of rules",
    halves: "files written in two halves",
    removals: "files removed and put back",
    folders: "folders moved away and back",
    swaps: "plugins swapped for a good one",
    hostile: "plugins swapped for a hostile one",
    garbage: "plugins swapped for what is none",
    holds: "rollbacks and pins, and back",
    reloads: "reloads asked for",
    kills: "kills with -9",
    during_reload: "of these within 250 ms of an edit",
    stops: "clean stops",
    lives: "lives of a host",
}

/// Goes up.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One more line of a table.
pub(crate) fn row(table: &mut String, what: &str, value: impl std::fmt::Display) {
    writeln!(table, "  {what:<42} {value:>12}").unwrap();
}
