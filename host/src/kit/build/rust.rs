//! Rust, by cargo for `wasm32-unknown-unknown`: the compiler's output is the plugin, which a host makes a component.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::{BuildError, Told, below};
use crate::{
    diagnostic::Diagnostic,
    kit::{
        project::Project,
        tools::{self, MissingTool, Ran, Tools},
    },
};

/// What every plugin in Rust is built for: it has nothing in it but memory.
const TARGET: &str = "wasm32-unknown-unknown";

/// The module's bytes. Always asks cargo, which knows best whether anything changed.
pub(super) fn build(
    project: &Project,
    _tools: &Tools,
    told: &mut dyn FnMut(Told),
) -> Result<Vec<u8>, BuildError> {
    must_have_target(project)?;
    told(Told::Step("compile with cargo".to_owned()));
    let path = compile(project, &["--release"], told)?;
    fs::read(&path).map_err(BuildError::io("read", &path))
}

/// Which files count, beside the manifest: the package's own. Others, cargo knows.
pub(super) fn inputs(project: &Project) -> Result<Vec<PathBuf>, BuildError> {
    let mut files = below(&project.folder.join("src"))?;
    files.extend(below(&project.folder.join("vendor"))?);
    Ok(files)
}

/// Has cargo build the library under a profile; where it put the module.
fn compile(project: &Project, profile: &[&str], told: &mut dyn FnMut(Told)) -> Result<PathBuf, BuildError> {
    let mut command = Command::new(tools::on_path("cargo").ok_or(CARGO)?);
    // In its folder, so that its toolchain and its configuration hold.
    command.current_dir(&project.folder).args(["build", "--lib", "--target", TARGET, "--color", "always"]);
    command.arg("--message-format=json-render-diagnostics").args(profile);
    let ran = tools::run(&mut command, told)?;
    if !ran.succeeded {
        return Err(BuildError::Failed { tool: "cargo build", help: help(&ran.words) });
    }
    module(project, &ran).ok_or_else(|| {
        BuildError::input(
            Diagnostic::error("cargo built no WebAssembly module of this package")
                .in_file(&project.manifest().display().to_string())
                .help("write `crate-type = [\"cdylib\", \"rlib\"]` under [lib]: cdylib is the plugin, rlib is for its tests"),
        )
    })
}

/// What cargo says that it made.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The module that was made of this package, and not of one that it depends on.
fn module(project: &Project, ran: &Ran) -> Option<PathBuf> {
    let manifest = fs::canonicalize(project.manifest()).ok()?;
    let ours = |path: &Path| fs::canonicalize(path).is_ok_and(|path| path == manifest);
    let messages = ran.said.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    messages
        .filter(|message: &Message| message.reason == "compiler-artifact" && ours(&message.manifest_path))
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

/// What to do about what cargo said, where that is known.
fn help(words: &str) -> Option<String> {
    if words.contains("getrandom") && words.contains("not supported") {
        return Some(
            "a plugin has no randomness: the same case must give the same lines; `cargo tree --invert getrandom` says \
             which crate wants it"
                .to_owned(),
        );
    }
    None
}

/// Says so before cargo says that it cannot find `core`.
fn must_have_target(project: &Project) -> Result<(), BuildError> {
    let Some(rustc) = tools::on_path("rustc") else { return Err(CARGO.into()) };
    let mut command = Command::new(rustc);
    command.current_dir(&project.folder).args(["--print", "target-libdir", "--target", TARGET]);
    // Whatever else is wrong with the toolchain is for cargo to say.
    let ran = tools::run(&mut command, &mut |_| {})?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&ran.said).trim());
    if ran.succeeded && !libraries.is_dir() {
        return Err(LIBRARIES.into());
    }
    Ok(())
}

const CARGO: MissingTool = MissingTool::System {
    program: "cargo",
    why: "builds plugins in Rust",
    install: "apt-get install rustup && rustup default stable",
};
const LIBRARIES: MissingTool = MissingTool::System {
    program: TARGET,
    why: "is what plugins in Rust are built for",
    install: "rustup target add wasm32-unknown-unknown",
};
