//! Rust, by cargo for `wasm32-unknown-unknown`: the compiler's output is the plugin, which a host makes a component.
//!
//! The standard library has clocks and files for this target, and all of them fail when they are called. So what is to be
//! shipped is compiled a second time, with names and without optimisation, to see who calls what (`plugin::reached`).

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
        tools::{self, MissingTool, Ran},
    },
    plugin::{self, Reach},
    source::{SourceFile, Span},
};

/// What every plugin in Rust is built for: it has nothing in it but memory.
const TARGET: &str = "wasm32-unknown-unknown";

/// The module's bytes. Always asks cargo, which knows best whether anything changed.
pub(super) fn build(project: &Project, told: &mut dyn FnMut(Told)) -> Result<Vec<u8>, BuildError> {
    must_have_target(project)?;
    told(Told::Step("compile with cargo".to_owned()));
    compile(project, &["--release"], told)?.read()
}

/// Refuses what reaches for a clock, files or a network, naming who does and where.
pub(super) fn look_outside(project: &Project, told: &mut dyn FnMut(Told)) -> Result<(), BuildError> {
    told(Told::Step("look for what a plugin has not: clock, files, network".to_owned()));
    // Warnings were told when it was compiled.
    let mut unheard = |_| {};
    let module = compile(project, &PROBE, &mut unheard)?;
    let reached = plugin::reached(&module.read()?, &project.id.replace('-', "_")).map_err(|why| {
        BuildError::input(Diagnostic::error(format!("what the plugin calls cannot be looked at: {why}")))
    })?;
    if reached.is_empty() {
        return Ok(());
    }
    let sources = Sources { project, root: &module.root };
    let mut problems: Vec<Diagnostic> = reached.iter().map(|reach| sources.problem(reach)).collect();
    problems.sort_by_key(|problem| {
        problem.place.as_ref().map(|place| (place.file.clone(), place.line, place.column))
    });
    Err(BuildError::Input(problems))
}

/// A profile that nothing else uses, so that no other build is thrown away: unoptimised, whatever the package's own
/// profiles say, so that each function is one and calls are calls.
const PROBE: [&str; 12] = [
    "--profile",
    "landfall-probe",
    "--config",
    "profile.landfall-probe.inherits = 'dev'",
    "--config",
    "profile.landfall-probe.opt-level = 0",
    "--config",
    "profile.landfall-probe.package.'*'.opt-level = 0",
    "--config",
    "profile.landfall-probe.strip = 'none'",
    "--config",
    "profile.landfall-probe.debug = 0",
];

/// What cargo made.
struct Module {
    wasm: PathBuf,
    /// The source of the crate's root: `src/lib.rs`.
    root: PathBuf,
}

impl Module {
    fn read(&self) -> Result<Vec<u8>, BuildError> {
        fs::read(&self.wasm).map_err(BuildError::io("read", &self.wasm))
    }
}

/// Which files count, beside the manifest: the package's own. Others, cargo knows.
pub(super) fn inputs(project: &Project) -> Result<Vec<PathBuf>, BuildError> {
    let mut files = below(&project.folder.join("src"))?;
    files.extend(below(&project.folder.join("vendor"))?);
    Ok(files)
}

/// Has cargo build the library under a profile.
fn compile(project: &Project, profile: &[&str], told: &mut dyn FnMut(Told)) -> Result<Module, BuildError> {
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
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    src_path: PathBuf,
}

/// The module that was made of this package, and not of one that it depends on.
fn module(project: &Project, ran: &Ran) -> Option<Module> {
    let manifest = fs::canonicalize(project.manifest()).ok()?;
    let ours = |path: &Path| fs::canonicalize(path).is_ok_and(|path| path == manifest);
    let messages = ran.said.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    messages
        .filter(|message: &Message| message.reason == "compiler-artifact" && ours(&message.manifest_path))
        .find_map(|message| {
            let is_wasm = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
            let wasm = message.filenames.into_iter().find(is_wasm)?;
            Some(Module { wasm, root: message.target?.src_path })
        })
}

/// Where in the plugin's own sources something is said.
struct Sources<'a> {
    project: &'a Project,
    root: &'a Path,
}

impl Sources<'_> {
    fn problem(&self, reach: &Reach) -> Diagnostic {
        let calls = &reach.calls;
        let said = match (&reach.own, &reach.through) {
            (Some(own), None) => format!("`{own}` calls `{calls}`"),
            (Some(own), Some(through)) => format!("`{own}` calls `{through}`, which calls `{calls}`"),
            (None, Some(through)) => {
                format!("`{through}`, of a crate that this one depends on, calls `{calls}`")
            }
            (None, None) => format!("it hands on `{calls}`, to be called"),
        };
        let problem = Diagnostic::error(format!("{said}: a plugin has no {}", reach.outside.as_str()))
            .help(reach.outside.instead());
        let own = reach.own.as_deref().unwrap_or_default();
        let Some(file) = self.file_of(own) else { return problem };
        let needle = reach.through.as_deref().unwrap_or(calls);
        let Ok(Ok(source)) = fs::read(&file).map(|bytes| SourceFile::new(&self.shown(&file), &bytes)) else {
            return problem.in_file(&self.shown(&file));
        };
        match place(&source.text, needle) {
            Some(span) => problem.at(&source, span),
            None => problem.in_file(&source.name),
        }
    }

    /// As people see it from where they are: `support/src/lib.rs`.
    fn shown(&self, file: &Path) -> String {
        let folder = fs::canonicalize(&self.project.folder).unwrap_or_else(|_| self.project.folder.clone());
        let within = file
            .strip_prefix(&folder)
            .map_or_else(|_| file.to_owned(), |rest| self.project.folder.join(rest));
        within.strip_prefix(".").unwrap_or(&within).display().to_string()
    }

    /// The file of a function's module: `support::tickets::price` is in `src/tickets.rs`, where there is one.
    fn file_of(&self, function: &str) -> Option<PathBuf> {
        let mut file = self.root.to_owned();
        let mut folder = self.root.parent()?.to_owned();
        for module in function.split("::").skip(1) {
            let below = folder.join(module);
            let candidates = [below.with_extension("rs"), below.join("mod.rs")];
            match candidates.into_iter().find(|file| file.is_file()) {
                Some(found) => (file, folder) = (found, below),
                None => break,
            }
        }
        Some(file)
    }
}

/// The first line that says it: by its last two names, `Instant::now`, or else by the last, `now(`.
fn place(text: &str, path: &str) -> Option<Span> {
    let names: Vec<&str> = path.split("::").map(|name| name.split('<').next().unwrap_or_default()).collect();
    let last = *names.last()?;
    let two = names.len().checked_sub(2).and_then(|at| names.get(at..)).unwrap_or_default().join("::");
    let at = find(text, &two).or_else(|| find(text, &format!("{last}("))).or_else(|| find(text, last))?;
    let (line, column) = at;
    let number = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
    let length = u32::try_from(last.chars().count().max(1)).unwrap_or(1);
    Some(Span { line: number(line), column: number(column), length })
}

/// Line and column, from 0, outside of comments.
fn find(text: &str, needle: &str) -> Option<(usize, usize)> {
    let code = |line: &str| line.find("//").unwrap_or(line.len());
    text.lines().enumerate().find_map(|(number, line)| {
        let at = line.get(..code(line))?.find(needle)?;
        Some((number, line.get(..at)?.chars().count()))
    })
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
