//! What xtask prints, and the only place that does.

use std::io::Write as _;

/// A step, to stdout.
pub(crate) fn step(text: &str) {
    plain(&format!("\n== {text}\n"));
}

/// A command as one would type it, to stdout.
pub(crate) fn command(text: &str) {
    plain(&format!("\n$ {text}\n"));
}

/// Text as it is, to stdout.
pub(crate) fn plain(text: &str) {
    raw(text.as_bytes());
}

/// Bytes as they are, to stdout.
pub(crate) fn raw(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    // Whoever closed the pipe has read enough; the work goes on.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// Why it ends, to stderr.
pub(crate) fn problem(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "xtask: {text}");
}
