//! The plugin's only way out besides its answer: a bounded log. No part of an answer depends on it.
//!
//! Natively, in tests, messages go nowhere.

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For whoever writes the plugin.
    Debug,
    /// For whoever wonders what it did.
    Info,
    /// Something looks wrong, and there is an answer all the same.
    Warn,
    /// There is no answer.
    Error,
}

/// Sends one message to the host.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::guest::send(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (level, message);
}

/// Sends a [`Level::Debug`] message.
pub fn debug(message: &str) {
    log(Level::Debug, message);
}

/// Sends a [`Level::Info`] message.
pub fn info(message: &str) {
    log(Level::Info, message);
}

/// Sends a [`Level::Warn`] message.
pub fn warn(message: &str) {
    log(Level::Warn, message);
}

/// Sends a [`Level::Error`] message.
pub fn error(message: &str) {
    log(Level::Error, message);
}
