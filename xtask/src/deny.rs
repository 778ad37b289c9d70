//! `cargo xtask deny`: whether what we depend on may be depended on. What that means stands in `deny.toml`.
//!
//! The tool is built where it is missing, in the target folder and for this project alone. Licences, sources and
//! bans need nothing but the lock files. Advisories need the RustSec database, which is a git repository:
//! where it cannot be fetched that is said, and is never taken for a check that passed.

use std::{path::PathBuf, process::Stdio};

use crate::{
    project::{Failed, Project, succeed},
    say,
};

/// The version that is used; a newer one may find more, and is a change like any other.
const VERSION: &str = "0.20.2";

/// Each has a lock file.
const MANIFESTS: [&str; 3] = ["Cargo.toml", "fuzz/Cargo.toml", "sdk/bindings/Cargo.toml"];

/// The benchmark: nobody ships it, so two engines may be in it, and whatever else its peers bring.
const MEASURED: [&str; 2] = ["bench/Cargo.toml", "bench/peers/extism-stage/Cargo.toml"];
const MEASURED_CHECKS: [&str; 2] = ["licenses", "sources"];

/// What needs no database.
const CHECKS: [&str; 3] = ["bans", "licenses", "sources"];

/// The verb. With `--advisories` it fails where there is no database.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<(), Failed> {
    let must_have_advisories = match arguments {
        [] => false,
        ["--advisories"] => true,
        other => return Err(Failed(format!("`{}` means nothing here: try --advisories", other.join(" ")))),
    };
    let tool = Tool::get(project)?;
    for manifest in MANIFESTS {
        tool.check(manifest, &CHECKS)?;
    }
    for manifest in MEASURED {
        tool.check(manifest, &MEASURED_CHECKS)?;
    }
    if tool.fetch() {
        return MANIFESTS.iter().try_for_each(|manifest| tool.check(manifest, &["advisories"]));
    }
    let missing = "the database of advisories could not be fetched: NOTHING was checked against it. Run `cargo \
                   xtask deny --advisories` where it can be";
    match must_have_advisories {
        true => Err(Failed::new(missing)),
        false => {
            say::problem(missing);
            Ok(())
        }
    }
}

struct Tool<'a> {
    project: &'a Project,
    program: PathBuf,
}

impl<'a> Tool<'a> {
    /// Of the version we want; built where it is not there.
    fn get(project: &'a Project) -> Result<Self, Failed> {
        let root = project.target.join("tools");
        let tool = Self { project, program: root.join("bin/cargo-deny") };
        if !tool.is_there() {
            tool.build(&root)?;
        }
        Ok(tool)
    }

    fn is_there(&self) -> bool {
        let asked = self.project.command(&self.program).arg("--version").output();
        asked
            .is_ok_and(|said| String::from_utf8_lossy(&said.stdout).trim() == format!("cargo-deny {VERSION}"))
    }

    /// Not optimised: measured, 66 s of CPU to build, and 2 s to check everything.
    fn build(&self, root: &std::path::Path) -> Result<(), Failed> {
        let package = format!("cargo-deny@{VERSION}");
        let arguments = ["install", "--quiet", "--locked", "--debug", "--no-default-features", &package];
        say::command(&format!("cargo {} --root {}", arguments.join(" "), root.display()));
        let build = root.join("build");
        let mut command = self.project.cargo(&arguments);
        command.arg("--root").arg(root).env("CARGO_TARGET_DIR", &build).env("CARGO_PROFILE_DEV_DEBUG", "0");
        succeed(&mut command)?;
        std::fs::remove_dir_all(&build).map_err(Failed::io("remove", &build))
    }

    fn check(&self, manifest: &str, checks: &[&str]) -> Result<(), Failed> {
        let mut arguments = vec!["--locked", "--config", "deny.toml", "--manifest-path", manifest, "check"];
        if checks.contains(&"advisories") {
            // Of today already, or a moment ago.
            arguments.push("--disable-fetch");
        }
        // What only one of the workspaces needs is no fault of another.
        arguments.extend(["--allow", "license-exception-not-encountered"]);
        if manifest != MANIFESTS[0] {
            arguments.extend(["--allow", "license-not-encountered", "--allow", "advisory-not-detected"]);
        }
        arguments.extend(checks);
        say::command(&format!("cargo-deny {}", arguments.join(" ")));
        succeed(self.project.command(&self.program).args(arguments))
    }

    /// Whether the database is there and of today.
    fn fetch(&self) -> bool {
        say::command("cargo-deny fetch db");
        let mut command = self.project.command(&self.program);
        command
            .args(["--config", "deny.toml", "fetch", "db"])
            .stdin(Stdio::null())
            .env("GIT_TERMINAL_PROMPT", "0");
        succeed(&mut command).is_ok()
    }
}
