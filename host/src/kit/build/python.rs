//! Python, by componentize-py with WASI stubbed: what is in `src/` and `vendor/`, and an interpreter, in one component.
//!
//! Before anything runs, the source is scanned for what no plugin has; while the component is made, the SDK takes Python's
//! own ways out; in the component there is nothing behind them. What it promises: nothing of this machine's environment
//! decides what is built. It does not promise the same bytes twice: the compiler bakes in the seed of Python's hashes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};

use super::{BuildError, Told, at, below, shown};
use crate::{
    diagnostic::Diagnostic,
    kit::{
        project::Project,
        tools::{self, Ran, Tools},
    },
};

/// What results are made with: another version makes other bytes.
pub(super) const MADE_WITH: &str = "componentize-py 0.25.1";

/// What no plugin may reach, and what finds it: of this program, whatever SDK the folder has.
const SCAN: &str = include_str!("../../../../sdk/python/landfall_plugin/reach.py");
const STAGE_WIT: &str = include_str!("../../../../sdk/wit/stage.wit");
/// What the component's own module is called.
const GLUE: &str = "landfall_glue";
/// What the compiler's own program does.
const RUN: &str = "import sys; from componentize_py import script; sys.exit(script())";
/// Before what the SDK says is wrong, in one line of JSON.
const MARK: &str = "landfall: ";

/// The component's bytes.
pub(super) fn build(
    project: &Project,
    tools: &Tools,
    told: &mut dyn FnMut(Told),
) -> Result<Vec<u8>, BuildError> {
    let program = tools.python()?;
    must_have(project)?;
    let target = project.folder.join("target");
    fs::create_dir_all(&target).map_err(BuildError::io("make", &target))?;
    let staged = tempfile::Builder::new().prefix(".python-").tempdir_in(&target);
    let staged = staged.map_err(BuildError::io("write in", &target))?;
    let sources = stage(project, staged.path())?;
    told(Told::Step("look for what no plugin has".to_owned()));
    let modules = scan(project, &program, staged.path())?;
    write_glue(project, staged.path(), &sources, &modules)?;
    told(Told::Step("compile with componentize-py".to_owned()));
    compile(project, &program, staged.path(), told)
}

/// Which files count, beside the manifest.
pub(super) fn inputs(project: &Project) -> Result<Vec<PathBuf>, BuildError> {
    let mut files = below(&project.folder.join("src"))?;
    files.extend(below(&project.folder.join("vendor"))?);
    Ok(files)
}

fn must_have(project: &Project) -> Result<(), BuildError> {
    for (path, help) in [
        ("src/plugin.py", "the function `estimate` goes there, with `@plugin(…)` above it"),
        (
            "vendor/landfall_plugin/__init__.py",
            "the SDK goes there: `landfall plugin new` writes it into a new folder, from which it can be copied",
        ),
    ] {
        if !project.folder.join(path).is_file() {
            let missing = Diagnostic::error("there is no such file");
            return Err(BuildError::input(missing.in_file(&shown(project, path)).help(help)));
        }
    }
    Ok(())
}

/// A copy of the modules and of nothing else: whatever else lies in the folders is no part of the plugin. Returns the
/// JSON files beside them, which a schema may be in.
fn stage(project: &Project, staged: &Path) -> Result<BTreeMap<String, String>, BuildError> {
    let mut beside = BTreeMap::new();
    for folder in ["src", "vendor"] {
        let from = project.folder.join(folder);
        make(&staged.join(folder))?;
        for file in below(&from)? {
            let Ok(name) = file.strip_prefix(&from) else { continue };
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("py") => copy(&file, &staged.join(folder).join(name))?,
                Some("json") if folder == "src" => {
                    let text = fs::read_to_string(&file).map_err(BuildError::io("read", &file))?;
                    beside.insert(name.to_string_lossy().into_owned(), text);
                }
                // A module in C, which would be linked in.
                Some("so" | "pyd" | "dylib") => return Err(native(project, &file)),
                _ => {}
            }
        }
    }
    write(&staged.join("scan.py"), SCAN)?;
    write(&staged.join("stage.wit"), STAGE_WIT)?;
    Ok(beside)
}

fn native(project: &Project, file: &Path) -> BuildError {
    let path = file.strip_prefix(&project.folder).unwrap_or(file).display().to_string();
    let problem = Diagnostic::error("a module in machine code is no part of a plugin");
    BuildError::input(
        problem.in_file(&shown(project, &path)).help("leave it out, and take a package in pure Python"),
    )
}

/// What the scan says.
#[derive(Deserialize)]
struct Scanned {
    problems: Vec<Reached>,
    /// Modules of Python that are imported.
    imports: Vec<String>,
}

/// Something that no plugin has.
#[derive(Deserialize)]
struct Reached {
    /// Such as `src/plugin.py`.
    file: String,
    line: u32,
    column: u32,
    /// What stands there; nothing where it is no Python.
    what: String,
    why: String,
}

/// Everything that the sources reach for; the modules of Python that they import, where that is nothing.
fn scan(project: &Project, program: &Path, staged: &Path) -> Result<Vec<String>, BuildError> {
    let mut command = alone(program, staged);
    command.args(["-B", "scan.py", "src", "src", "vendor", "vendor"]);
    let mut words = String::new();
    let ran = tools::run(&mut command, &mut |told| {
        if let Told::Words(more) = told {
            words.push_str(&more);
        }
    })?;
    let scanned: Result<Scanned, _> = serde_json::from_slice(&ran.said);
    match scanned {
        Ok(Scanned { problems, imports }) if problems.is_empty() => Ok(imports),
        Ok(Scanned { problems, .. }) => {
            Err(BuildError::Input(problems.iter().map(|reached| reached.told(project)).collect()))
        }
        Err(_) => {
            let problem = Diagnostic::error(format!("the sources cannot be scanned: {}", words.trim()));
            Err(BuildError::input(problem.in_file(&shown(project, "src"))))
        }
    }
}

impl Reached {
    fn told(&self, project: &Project) -> Diagnostic {
        let (what, why) = (self.what.as_str(), self.why.as_str());
        let place = |message: String| at(project, &self.file, self.line, self.column, message);
        match (what, why.split_once(": ")) {
            ("", _) => place(format!("this is not Python: {why}")),
            (_, Some((why, instead))) => place(format!("`{what}`: {why}")).help(instead),
            (_, None) => place(format!("`{what}`: {why}")),
        }
    }
}

/// The one module that the component is made of: it says who the plugin is, and the SDK does the rest.
fn write_glue(
    project: &Project,
    staged: &Path,
    beside: &BTreeMap<String, String>,
    modules: &[String],
) -> Result<(), BuildError> {
    let text = format!(
        "from landfall_plugin import guest\n\nGuest = guest.make(\n    id={},\n    version={},\n    summary={},\n    \
         files={},\n    modules={},\n)\n",
        python(&project.id),
        python(&project.version),
        python(&project.summary),
        python(beside),
        python(&modules),
    );
    make(&staged.join("glue"))?;
    write(&staged.join("glue").join(format!("{GLUE}.py")), &text)
}

/// What JSON writes of texts, lists and maps of texts, Python reads.
fn python(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn compile(
    project: &Project,
    program: &Path,
    staged: &Path,
    told: &mut dyn FnMut(Told),
) -> Result<Vec<u8>, BuildError> {
    let mut command = alone(program, staged);
    command.args([
        "-c",
        RUN,
        "--quiet",
        "--wit-path",
        "stage.wit",
        "--world",
        "stage",
        "componentize",
        "--stub-wasi",
    ]);
    command.args(["-p", "src", "-p", "vendor", "-p", "glue", "-o", "out.wasm", GLUE]);
    let mut words = String::new();
    let ran = tools::run(&mut command, &mut |heard| {
        if let Told::Words(more) = heard {
            words.push_str(&more);
        }
    })?;
    if !ran.succeeded {
        return Err(failed(project, &ran, told));
    }
    let path = staged.join("out.wasm");
    fs::read(&path).map_err(BuildError::io("read", &path))
}

/// What the SDK said of the plugin, with its place; else the compiler's words, for what they are worth.
fn failed(project: &Project, ran: &Ran, told: &mut dyn FnMut(Told)) -> BuildError {
    /// A place, where there is one, and a message.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        At(String, u32, String),
        Anywhere((String,)),
    }
    let said = ran.words.lines().find_map(|line| line.strip_prefix(MARK));
    match said.and_then(|json| serde_json::from_str(json).ok()) {
        Some(Said::At(file, line, message)) => BuildError::input(at(project, &file, line, 1, message)),
        Some(Said::Anywhere((message,))) => {
            BuildError::input(Diagnostic::error(message).in_file(&shown(project, "src/plugin.py")))
        }
        None => {
            // After it comes a trace of the compiler's own functions.
            let words = ran.words.split("Stack backtrace:").next().unwrap_or_default();
            told(Told::Words(format!("{}\n", words.trim_end())));
            BuildError::Failed { tool: "componentize-py", help: None }
        }
    }
}

/// The Python of the tools, in the staged folder, without anything of this machine's environment. It finds no programs
/// either: componentize-py would ask `pipenv` and `python3` for folders of packages, and build with what lies there.
fn alone(program: &Path, staged: &Path) -> Command {
    let mut command = Command::new(program.with_file_name("venv").join("bin").join("python"));
    command.current_dir(staged).arg("-I").env_clear();
    command.env("PATH", staged.join("no-programs")).env("PYTHONHASHSEED", "0");
    if let Some(folder) = std::env::var_os("TMPDIR") {
        command.env("TMPDIR", folder);
    }
    command
}

fn make(folder: &Path) -> Result<(), BuildError> {
    fs::create_dir_all(folder).map_err(BuildError::io("make", folder))
}

fn write(path: &Path, text: &str) -> Result<(), BuildError> {
    fs::write(path, text).map_err(BuildError::io("write", path))
}

fn copy(from: &Path, to: &Path) -> Result<(), BuildError> {
    to.parent().map_or(Ok(()), make)?;
    fs::copy(from, to).map(drop).map_err(BuildError::io("write", to))
}
