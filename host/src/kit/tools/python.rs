//! componentize-py, from a wheel with a pinned hash, in a virtual environment.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use super::{BuildError, Digest, MissingTool, Told, digest_of, on_path, run, write_all};

/// What is installed.
pub(super) const TOOL: &str = "componentize-py 0.25.1";
/// Where it stands in its folder.
pub(super) const PROGRAM: &str = "componentize-py";

/// Exact versions with their hashes; whence is the business of whoever configured pip.
const REQUIREMENTS: &str = include_str!("python/requirements.txt");
/// Finds its virtual environment by its own path, so that the folder can be renamed when it is whole.
const LAUNCHER: &str = include_str!("python/componentize-py.sh");

/// Of everything that decides what is installed.
pub(super) fn digest() -> Digest {
    digest_of(&[REQUIREMENTS, LAUNCHER])
}

/// Into an empty folder.
pub(super) fn install(folder: &Path, told: &mut dyn FnMut(Told)) -> Result<(), BuildError> {
    let python = on_path("python3").ok_or(PYTHON)?;
    write_all(folder, &[("requirements.txt", REQUIREMENTS), (PROGRAM, LAUNCHER)])?;
    let program = folder.join(PROGRAM);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .map_err(BuildError::io("make runnable", &program))?;
    let venv = folder.join("venv");
    let made = run(Command::new(python).args(["-m", "venv"]).arg(&venv), told)?;
    if !made.succeeded {
        // Debian and its kin have it in a package of its own.
        return Err(VENV.into());
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
        "--only-binary=:all:",
    ];
    let mut command = Command::new(venv.join("bin/python"));
    command.args(pip).args(["--require-hashes", "--requirement"]).arg(folder.join("requirements.txt"));
    let installed = run(&mut command, told)?;
    if installed.succeeded {
        return Ok(());
    }
    let help = "see what pip says above; where packages are had from is configured with `pip config`";
    Err(BuildError::Failed { tool: "pip install", help: Some(help.to_owned()) })
}

const PYTHON: MissingTool = MissingTool::System {
    program: "python3",
    why: "installs the compiler for plugins in Python",
    install: "apt-get install python3 python3-venv",
};
const VENV: MissingTool = MissingTool::System {
    program: "python3 -m venv",
    why: "keeps the compiler for plugins in Python apart",
    install: "apt-get install python3-venv",
};
