//! The two ways in which most verbs show what they found.

use clap::ValueEnum;

/// Of verbs that answer with a table.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum TableOrJson {
    /// For people.
    #[default]
    Table,
    /// For programs; names are stable.
    Json,
}

/// Of verbs that answer in words.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum HumanOrJson {
    /// For people.
    #[default]
    Human,
    /// For programs; names are stable.
    Json,
}
