//! A plugin edited as its author would: its source changed, built again, put in the place of the old one.
//!
//! The source is a copy outside the repository, as a team of its own would have it.

use std::{fs, path::Path};

use super::workplace::Workplace;
use crate::{
    plugins,
    project::{Failed, Project, succeed},
    say,
};

/// What the author writes instead of what.
const EDITS: [(&str, &str); 2] = [
    ("use landfall_plugin::{About,", "use landfall_plugin::{Amount, Spread, About,"),
    (
        "        Ok(vec![fixed_cost::line(case.settings)])",
        "        let contingency = Line::once(\"contingency\", Spread::certain(Amount::units(10_000)));
        Ok(vec![fixed_cost::line(case.settings), contingency])",
    ),
];

/// Edits, builds and replaces `fixed-cost`.
pub(super) fn build(project: &Project, here: &Workplace) -> Result<(), Failed> {
    let source = project.root.join("plugins/fixed-cost");
    here.shell(&format!("cp -R '{}' fixed-cost", source.display()))?;
    let copy = here.folder().join("fixed-cost");
    edit(&copy.join("src/lib.rs"))?;
    let manifest = copy.join("Cargo.toml");
    fs::write(&manifest, manifest_text(project)).map_err(Failed::io("write", &manifest))?;
    let arguments = ["build", "--offline", "--profile", "plugin", "--target", "wasm32-unknown-unknown"];
    say::command(&format!("cargo {} --manifest-path fixed-cost/Cargo.toml", arguments.join(" ")));
    // From the repository: its toolchain file decides, and its target folder holds what is built.
    succeed(project.cargo(&arguments).arg("--manifest-path").arg(&manifest))?;

    let built = project.target.join("wasm32-unknown-unknown/plugin/edited_fixed_cost.wasm");
    let new = here.folder().join("plugins/.fixed-cost.wasm.new");
    plugins::replace(&built, &new)?;
    let _ = fs::remove_file(&built);
    here.shell("mv plugins/.fixed-cost.wasm.new plugins/fixed-cost.wasm")?;
    Ok(())
}

fn edit(file: &Path) -> Result<(), Failed> {
    let mut text = fs::read_to_string(file).map_err(Failed::io("read", file))?;
    say::command("$EDITOR fixed-cost/src/lib.rs");
    for (this, by) in EDITS {
        if text.matches(this).count() != 1 {
            return Err(Failed(format!(
                "the demo's edit does not fit {}: no single `{this}`",
                file.display()
            )));
        }
        text = text.replace(this, by);
        for (sign, lines) in [('-', this), ('+', by)] {
            lines.lines().for_each(|line| say::plain(&format!("{sign} {line}\n")));
        }
    }
    fs::write(file, text).map_err(Failed::io("write", file))
}

/// A package outside a workspace. Its file has another name than the repository's own build of this plugin,
/// which lies in the same target folder; its id is the package's name.
fn manifest_text(project: &Project) -> String {
    format!(
        r#"[package]
name = "fixed-cost"
description = "One amount that the rule file states, and a contingency"
version = "1.1.0"
edition = "2024"
publish = false

[lib]
name = "edited_fixed_cost"
crate-type = ["cdylib"]

[dependencies]
landfall-plugin = {{ path = {:?} }}

# As in the repository, so that what is built there already is not built again.
[profile.plugin]
inherits = "release"
overflow-checks = true
opt-level = 3
lto = "fat"
codegen-units = 1
panic = "abort"
strip = "symbols"

[workspace]
"#,
        project.root.join("sdk/rust")
    )
}
