//! Where `tracing` goes: stderr, as lines for people or JSON for programs.
//!
//! What is logged can be changed while it is: a `landfall.yaml` says so, unless a flag said it first.

use std::{io, sync::OnceLock};

use tracing_subscriber::{
    EnvFilter, Registry, fmt, layer::SubscriberExt as _, reload, util::SubscriberInitExt as _,
};

use crate::diagnostic::did_you_mean;

/// The variable that says what is logged where no flag does.
pub const VARIABLE: &str = "LANDFALL_LOG";

/// What is logged where nobody says.
pub const USUAL: &str = "info";

/// What one word can say; any other would be taken for the name of a module, and log nothing.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// The filter in use, where logging was started here.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

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
    let colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let (filter, handle) = reload::Layer::new(parse(filter)?);
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(io::stderr);
    let started = match format {
        Format::Human => registry.with(lines.with_ansi(colours)).try_init(),
        Format::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    // Started before, by a test: what is there is kept.
    if started.is_ok() {
        let _ = FILTER.set(handle);
    }
    Ok(())
}

/// Logs by another filter from now on. Does nothing where logging was not started here.
///
/// # Errors
/// What is wrong with the filter.
pub fn change(filter: &str) -> Result<(), String> {
    let filter = parse(filter)?;
    // Fails only where the subscriber is gone, and then nobody logs.
    let _ = FILTER.get().map(|handle| handle.reload(filter));
    Ok(())
}

/// Whether this is a filter.
///
/// # Errors
/// What is wrong with it.
pub fn check(filter: &str) -> Result<(), String> {
    parse(filter).map(drop)
}

fn parse(filter: &str) -> Result<EnvFilter, String> {
    // Of our own modules alone is everything, which somebody may want.
    let is_word = filter != "landfall" && filter.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word && !LEVELS.contains(&filter.to_ascii_lowercase().as_str()) {
        return Err(format!("`{filter}` is not a log level: {}", did_you_mean(filter, LEVELS)));
    }
    EnvFilter::try_new(filter).map_err(|error| format!("`{filter}` is not a log level: {error}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_level() {
        for good in ["info", "WARN", "off", "info,landfall::reload=debug", "landfall=trace"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check("inof"), Err("`inof` is not a log level: did you mean `info`?".to_owned()));
        assert!(check("a=b=c").is_err());
    }
}
