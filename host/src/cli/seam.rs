//! What the commands need from the host's other half: a host, here.

use std::{
    any::Any,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    diagnostic::Diagnostic,
    protocol::{Refusal, RefusalKind, StrategyText},
    server::Host,
};

/// The two folders a host reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folders {
    pub(super) rules: PathBuf,
    pub(super) plugins: PathBuf,
}

/// A host that watches its folders until this is dropped.
pub(super) struct Live {
    pub(super) host: Arc<dyn Host>,
    /// The watcher, the reloader, the ticker: whatever must live as long as the host.
    pub(super) keep: Box<dyn Any>,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// Reads both folders once, and answers from them. Compiled plugins are kept in the cache folder.
pub(super) fn hostless(_: &Folders) -> Result<Arc<dyn Host>, Refusal> {
    Err(absent())
}

/// Reads both folders, publishes, and watches them. `state` is ours and locked.
pub(super) fn live(_: &Folders, _state: &Path) -> Result<Live, Refusal> {
    Err(absent())
}

/// Every problem of what is given.
pub(super) fn check(
    _rules: Option<&Path>,
    _plugins: Option<&Path>,
    _strategies: &[StrategyText],
) -> Result<Vec<Diagnostic>, Refusal> {
    Err(absent())
}

/// The compile child: bytes in, verdict out.
pub(super) fn compile(_: impl io::Read, _: impl io::Write) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn absent() -> Refusal {
    Refusal::new(RefusalKind::Internal, "this build holds no evaluation")
}
