//! The Rust SDK stands on its own, and is held to the same rules as everything else.

use std::fs;

use crate::{none, sources};

fn manifest(path: &str) -> String {
    fs::read_to_string(sources::root().join(path)).unwrap()
}

/// The keys of a table as they are written.
fn table<'t>(manifest: &'t str, name: &str) -> Vec<&'t str> {
    let head = format!("[{name}]");
    let lines = manifest.lines().skip_while(|line| *line != head).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| line.contains(" = ")).collect()
}

/// `landfall plugin new` copies it into a folder where there is no workspace and no registry.
#[test]
fn the_sdk_names_no_workspace_and_no_dependency() {
    let manifest = manifest("sdk/rust/Cargo.toml");
    let wrong = |line: &&str| {
        line.contains(".workspace") || line.contains("workspace =") || line.contains("dependencies")
    };
    let found: Vec<String> = manifest.lines().filter(wrong).map(str::to_owned).collect();
    none("a plugin that carries the SDK could not be built", &found);
}

#[test]
fn what_the_sdk_repeats_of_the_workspace_is_the_same() {
    let (workspace, sdk) = (manifest("Cargo.toml"), manifest("sdk/rust/Cargo.toml"));
    for kind in ["rust", "clippy"] {
        let lints = table(&workspace, &format!("workspace.lints.{kind}"));
        assert!(lints.len() > 3, "the lints of the workspace were not found");
        assert_eq!(table(&sdk, &format!("lints.{kind}")), lints, "[lints.{kind}] of sdk/rust/Cargo.toml");
    }
    let own = table(&sdk, "package");
    let package = table(&workspace, "workspace.package");
    let shared = package.into_iter().filter(|line| !line.starts_with("version"));
    let missing: Vec<String> = shared.filter(|line| !own.contains(line)).map(str::to_owned).collect();
    none("[package] of sdk/rust/Cargo.toml lacks what [workspace.package] says", &missing);
}
