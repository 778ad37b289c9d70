//! What the verbs for authors act on: a plugin's file, or its folder, which is built first where anything changed.

use std::path::{Path, PathBuf};

use clap::ValueHint;

use super::{Failure, ToolsArgs, tell};
use crate::kit::{build, project::Project};

/// A plugin's folder or its file.
#[derive(Debug, clap::Args)]
pub(super) struct Of {
    /// Folder of a plugin, which is built first where anything changed, or a .wasm file
    #[arg(value_name = "FOLDER|FILE.wasm", default_value = ".", value_hint = ValueHint::AnyPath)]
    plugin: PathBuf,
    #[command(flatten)]
    tools: ToolsArgs,
}

/// A plugin's file, up to date.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) wasm: PathBuf,
    /// The plugin's folder, where that was named.
    pub(super) folder: Option<PathBuf>,
}

impl Of {
    /// The file; of a folder the one that its build leaves.
    pub(super) fn ready(&self) -> Result<Ready, Failure> {
        if !self.plugin.is_dir() {
            return Ok(Ready { wasm: self.plugin.clone(), folder: None });
        }
        let project = Project::find(&self.plugin).map_err(Failure::Input)?;
        let built = build::build(&project, &self.tools.tools()?, &mut tell)?;
        Ok(Ready { wasm: plain(&built.wasm), folder: Some(plain(&self.plugin)) })
    }
}

/// As people type it: without `./` in front.
fn plain(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}
