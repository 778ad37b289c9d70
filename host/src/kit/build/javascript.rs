//! JavaScript and TypeScript, by componentize-js: types checked, one module made of what is in `src/` and `vendor/`, and
//! an engine that has no clock, no randomness and no world beside it.
//!
//! A script of this program's ([`DRIVER`]) does it under node, with the kit's tools and without anything of this
//! machine's environment. What it promises: what a plugin must not reach for is said with its place in the source. It does
//! not promise the same bytes twice: the engine's memory is kept as it was when the module was loaded, and the seeds of its
//! hashes with it. No answer depends on them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::json;

use super::{BuildError, Told, at, below, shown};
use crate::{
    diagnostic::Diagnostic,
    kit::{
        project::{Language, Project},
        tools::{self, Tools},
    },
};

/// What results are made with: another version makes other bytes.
pub(super) const MADE_WITH: &str = "componentize-js 0.23.0, esbuild 0.28.2, typescript 7.0.2";

/// What is run.
const DRIVER: &str = include_str!("javascript/driver.mjs");
/// What no plugin may reach: of this program, whatever SDK the folder has.
const FORBIDDEN: &str = include_str!("../../../../sdk/javascript/forbidden.js");
const STAGE_WIT: &str = include_str!("../../../../sdk/wit/stage.wit");
/// Where the SDK is, from the folder.
const SDK: &str = "vendor/landfall-plugin";

/// The bytes of a module that imports nothing but the log; the host makes a component of it.
pub(super) fn build(
    project: &Project,
    tools: &Tools,
    told: &mut dyn FnMut(Told),
) -> Result<Vec<u8>, BuildError> {
    let tools = tools.javascript()?;
    must_have(project)?;
    let work = tempfile::Builder::new().prefix("landfall-").tempdir();
    let work = work.map_err(BuildError::io("write in", &std::env::temp_dir()))?;
    told(Told::Step(match project.language {
        Language::TypeScript => "check types, bundle, compile with componentize-js".to_owned(),
        _ => "bundle, compile with componentize-js".to_owned(),
    }));
    let request = request(project, work.path())?;
    let mut command = Command::new(&tools.node);
    alone(&mut command, work.path());
    command.current_dir(tools.modules.parent().unwrap_or(&tools.modules));
    command.args(["--input-type=module", "--eval", DRIVER, "--"]).arg(request);
    // Its words are kept back: they matter only where it found nothing to say about the plugin.
    let ran = tools::run(&mut command, &mut |_| {})?;
    let verdict = fs::read(work.path().join("verdict.json")).ok();
    match verdict.and_then(|json| serde_json::from_slice::<Verdict>(&json).ok()) {
        Some(Verdict { problems }) if problems.is_empty() => {
            let path = work.path().join("plugin.wasm");
            fs::read(&path).map_err(BuildError::io("read", &path))
        }
        Some(Verdict { problems }) => {
            Err(BuildError::Input(problems.into_iter().map(|problem| problem.told(project)).collect()))
        }
        None => {
            told(Told::Words(ran.words));
            Err(BuildError::Failed { tool: "componentize-js", help: None })
        }
    }
}

/// Which files count, beside the manifest: a build reads no others.
pub(super) fn inputs(project: &Project) -> Result<Vec<PathBuf>, BuildError> {
    let mut files = below(&project.folder.join("src"))?;
    files.extend(below(&project.folder.join("vendor"))?);
    let types = project.folder.join("tsconfig.json");
    if types.is_file() {
        files.push(types);
    }
    Ok(files)
}

/// Where a plugin of that language begins.
const fn entry(language: Language) -> &'static str {
    match language {
        Language::TypeScript => "src/plugin.ts",
        _ => "src/plugin.js",
    }
}

fn must_have(project: &Project) -> Result<(), BuildError> {
    let sdk = format!("{SDK}/guest.js");
    for (path, help) in [
        (entry(project.language), "the plugin goes there: `export default plugin({…})`"),
        (
            sdk.as_str(),
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

/// What the driver is asked.
fn request(project: &Project, work: &Path) -> Result<String, BuildError> {
    let folder = fs::canonicalize(&project.folder).map_err(BuildError::io("read", &project.folder))?;
    let Project { language, id, version, summary, .. } = project;
    let request = json!({
        "folder": folder.display().to_string(),
        "entry": format!("./{}", entry(*language)),
        "sdk": format!("./{SDK}"),
        "about": {"id": id, "version": version, "summary": summary},
        "wit": STAGE_WIT,
        // Whether there are types to check.
        "checked": *language == Language::TypeScript,
        "forbidden": FORBIDDEN,
        "work": work.display().to_string(),
    });
    Ok(request.to_string())
}

/// What the driver found; nothing where it built.
#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    /// Such as `src/plugin.js`.
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    message: String,
    help: Option<String>,
}

impl Problem {
    fn told(self, project: &Project) -> Diagnostic {
        let file = self.file.trim_start_matches("./");
        let problem = match self.line {
            Some(line) => at(project, file, line, self.column.unwrap_or(1), self.message),
            None => Diagnostic::error(self.message).in_file(&shown(project, file)),
        };
        match self.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}

/// Without anything of this machine's environment that could decide what is built.
fn alone(command: &mut Command, work: &Path) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("TMPDIR", work);
}
