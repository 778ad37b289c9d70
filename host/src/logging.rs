//! Where `tracing` goes: stderr, as lines for people or JSON for programs.

use std::io;

use tracing_subscriber::EnvFilter;

/// The variable that says what is logged where no flag does.
pub const VARIABLE: &str = "LANDFALL_LOG";

/// How a log line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One object a line.
    Json,
}

/// Starts logging; a second start changes nothing.
///
/// # Errors
/// What is wrong with the filter.
pub fn start(filter: &str, format: Format) -> Result<(), String> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("`{filter}` is not a log level: {error}"))?;
    let colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // Started before, by a test: what is there is kept.
    let _ = match format {
        Format::Human => log.with_ansi(colours).try_init(),
        Format::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// What a verb that answers by itself logs. Not what a reload finds: the verb shows that itself.
const QUIET: &str = "warn,landfall::reload=error";

/// Starts logging for a verb that answers by itself: warnings, unless `LANDFALL_LOG` says otherwise.
///
/// # Errors
/// What is wrong with the variable.
pub fn start_quietly() -> Result<(), String> {
    let filter = std::env::var(VARIABLE).unwrap_or_else(|_| QUIET.to_owned());
    start(&filter, Format::Human)
}
