//! `cargo xtask plugins`: every crate below `plugins/` as a component's core module, by its id.
//!
//! A host may be watching the folder: files appear whole, by rename, and only where their bytes differ.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    project::{Failed, Project, succeed},
    say,
};

/// What plugins are built for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The verb.
pub(crate) fn run(project: &Project) -> Result<(), Failed> {
    build(project, &["plugins"])?;
    say::plain(&format!("the plugins are in {}\n", project.plugins().display()));
    Ok(())
}

/// Builds the crates below `plugins`, and those below `tests/guests` where asked for, in one go.
pub(crate) fn build(project: &Project, folders: &[&str]) -> Result<(), Failed> {
    have_target(project)?;
    let mut built = Vec::new();
    for folder in folders {
        built.push((*folder, project.packages(folder)?));
    }
    let mut arguments = vec!["build", "--profile", "plugin", "--target", TARGET];
    for name in built.iter().flat_map(|(_, names)| names) {
        arguments.extend(["--package", name]);
    }
    project.run_cargo(&arguments)?;
    let from = project.target.join(TARGET).join("plugin");
    for (folder, names) in &built {
        let into = if *folder == "plugins" { project.plugins() } else { project.guests() };
        deliver(names, &from, &into)?;
    }
    Ok(())
}

/// Adds the target to the toolchain where it is missing. `rust-toolchain.toml` names it too, but where
/// automatic installs are switched off (`RUSTUP_AUTO_INSTALL=0`) rustup does not act on that.
fn have_target(project: &Project) -> Result<(), Failed> {
    if target_libraries(project)?.is_dir() {
        return Ok(());
    }
    say::command(&format!("rustup target add {TARGET}"));
    let added = succeed(project.command("rustup").args(["target", "add", TARGET]));
    added.map_err(|Failed(why)| {
        Failed(format!(
            "plugins are built for {TARGET}, which this toolchain does not have, and it could not be added: \
             {why}\nwithout rustup (https://rustup.rs), install the standard library of {TARGET} the way \
             rustc was installed"
        ))
    })
}

/// Where the target's standard library is if it is anywhere.
fn target_libraries(project: &Project) -> Result<PathBuf, Failed> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command: Command = project.command(rustc);
    let asked = command.args(["--print", "target-libdir", "--target", TARGET]).output();
    let output = asked.map_err(|error| Failed(format!("cannot run rustc: {error}")))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Leaves what cargo built as `<id>.wasm`, and nothing else.
fn deliver(names: &[String], from: &Path, into: &Path) -> Result<(), Failed> {
    fs::create_dir_all(into).map_err(Failed::io("create", into))?;
    for name in names {
        let built = from.join(format!("{}.wasm", name.replace('-', "_")));
        replace(&built, &into.join(format!("{name}.wasm")))?;
    }
    for entry in fs::read_dir(into).map_err(Failed::io("read", into))? {
        let path = entry.map_err(Failed::io("read", into))?.path();
        let wanted = names.iter().any(|name| path.ends_with(format!("{name}.wasm")));
        if !wanted && path.is_file() {
            fs::remove_file(&path).map_err(Failed::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Puts a file in the place of another, whole, unless both are the same.
pub(crate) fn replace(from: &Path, to: &Path) -> Result<(), Failed> {
    let bytes = fs::read(from).map_err(Failed::io("read", from))?;
    put(&bytes, to)
}

/// Puts bytes into a file that a host may be watching.
pub(crate) fn put(bytes: &[u8], to: &Path) -> Result<(), Failed> {
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    // Hidden, so that a host that looks in between passes it over.
    let new = to.with_file_name(format!(".{name}.{}", std::process::id()));
    fs::write(&new, bytes).map_err(Failed::io("write", &new))?;
    fs::rename(&new, to).map_err(Failed::io("replace", to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_replaces_what_differs_and_removes_what_is_stale() {
        let folder = std::env::temp_dir().join(format!("landfall-xtask-test-{}", std::process::id()));
        let (from, into) = (folder.join("from"), folder.join("into"));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&into).unwrap();
        fs::write(from.join("a_b.wasm"), b"new").unwrap();
        fs::write(from.join("c.wasm"), b"same").unwrap();
        fs::write(into.join("a-b.wasm"), b"old").unwrap();
        fs::write(into.join("c.wasm"), b"same").unwrap();
        fs::write(into.join("gone.wasm"), b"stale").unwrap();
        let untouched = fs::metadata(into.join("c.wasm")).unwrap().modified().unwrap();

        deliver(&["a-b".into(), "c".into()], &from, &into).unwrap();

        let mut names: Vec<_> =
            fs::read_dir(&into).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a-b.wasm", "c.wasm"]);
        assert_eq!(fs::read(into.join("a-b.wasm")).unwrap(), b"new");
        assert_eq!(fs::metadata(into.join("c.wasm")).unwrap().modified().unwrap(), untouched);
        fs::remove_dir_all(&folder).unwrap();
    }
}
