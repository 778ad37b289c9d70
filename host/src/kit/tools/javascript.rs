//! componentize-js, esbuild and typescript, as a lock file pins them.

use std::{path::Path, process::Command};

use super::{BuildError, Digest, MissingTool, Told, digest_of, on_path, run, write_all};

/// What is installed.
pub(super) const TOOL: &str = "componentize-js 0.23.0";

/// What is asked for, and each package with its hash; whence is the business of whoever configured npm. Two packages
/// that componentize-js wants for what is not done here are a few lines of ours instead: with them the folder has 112 MB,
/// with theirs 396 MB (measured at 0.23.0).
const FILES: [(&str, &str); 6] = [
    ("package.json", include_str!("javascript/package.json")),
    ("package-lock.json", include_str!("javascript/package-lock.json")),
    ("jco/package.json", include_str!("javascript/jco/package.json")),
    ("jco/index.js", include_str!("javascript/jco/index.js")),
    ("weval/package.json", include_str!("javascript/weval/package.json")),
    ("weval/index.js", include_str!("javascript/weval/index.js")),
];

/// Of everything that decides what is installed.
pub(super) fn digest() -> Digest {
    digest_of(&FILES.map(|(_, text)| text))
}

/// Into an empty folder. No package's own scripts are run.
pub(super) fn install(folder: &Path, told: &mut dyn FnMut(Told)) -> Result<(), BuildError> {
    on_path("node").ok_or(NODE)?;
    let npm = on_path("npm").ok_or(NPM)?;
    write_all(folder, &FILES)?;
    let mut command = Command::new(npm);
    command
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder);
    if run(&mut command, told)?.succeeded {
        return Ok(());
    }
    let help = "see what npm says above; where packages are had from is configured with `npm config`";
    Err(BuildError::Failed { tool: "npm ci", help: Some(help.to_owned()) })
}

pub(super) const NODE: MissingTool = MissingTool::System {
    program: "node",
    why: "builds plugins in JavaScript and TypeScript",
    install: "apt-get install nodejs npm",
};
const NPM: MissingTool = MissingTool::System {
    program: "npm",
    why: "installs the compiler for plugins in JavaScript and TypeScript",
    install: "apt-get install npm",
};
