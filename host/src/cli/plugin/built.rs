//! What the verbs for authors act on: a plugin's file, or its folder, which is built first where anything changed.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use clap::ValueHint;

use super::Failure;
use crate::{
    kit::{
        build::{self, BuildError, Told},
        project::Project,
        tools::Tools,
    },
    protocol::{Refusal, RefusalKind},
    render,
};

/// A plugin's folder or its file.
#[derive(Debug, clap::Args)]
pub(super) struct Of {
    /// Folder of a plugin, which is built first where anything changed, or a .wasm file
    #[arg(value_name = "FOLDER|FILE.wasm", default_value = ".", value_hint = ValueHint::AnyPath)]
    plugin: PathBuf,
    /// Folder of the compilers of Python and JavaScript [default: in the cache folder]
    #[arg(long, value_name = "DIR", env = "LANDFALL_TOOLS", hide_env_values = true, value_hint = ValueHint::DirPath)]
    tools: Option<PathBuf>,
}

/// A plugin's file, up to date.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) wasm: PathBuf,
    /// The plugin's folder, where that was named.
    pub(super) folder: Option<PathBuf>,
}

impl Ready {
    /// The folder of the cases beside it; a file has none.
    pub(super) fn cases(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| match folder.as_os_str() == "." {
            true => PathBuf::from("cases"),
            false => folder.join("cases"),
        })
    }
}

impl Of {
    /// The file; of a folder the one that its build leaves.
    pub(super) fn ready(&self) -> Result<Ready, Failure> {
        if !self.plugin.is_dir() {
            return Ok(Ready { wasm: self.plugin.clone(), folder: None });
        }
        // As people would type it.
        let folder = self.plugin.strip_prefix(".").unwrap_or(&self.plugin);
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let project = Project::find(folder).map_err(Failure::Input)?;
        let tools = match &self.tools {
            Some(tools) => tools.clone(),
            None => Tools::default_folder()?,
        };
        let built = build::build(&project, &Tools::new(tools), &mut tell).map_err(failed)?;
        Ok(Ready { wasm: built.wasm, folder: Some(folder.to_owned()) })
    }
}

/// A compiler's words always, progress where there is somebody to watch it.
fn tell(told: Told) {
    match told {
        Told::Words(words) => render::note(&format!("{}\n", words.trim_end_matches('\n'))),
        Told::Step(step) if std::io::stderr().is_terminal() => render::note(&format!("{step}\n")),
        Told::Step(_) => {}
    }
}

fn failed(error: BuildError) -> Failure {
    let diagnostics = error.diagnostics();
    match error {
        BuildError::Input(_) | BuildError::Failed { .. } => Failure::Input(diagnostics),
        _ => Failure::Refused(Refusal { kind: RefusalKind::Internal, diagnostics }),
    }
}
