//! A plugin in Rust: a crate with its SDK below it, and no dependency on a registry.

use super::{Page, common, filled};
use crate::{id::Stage, kit::new::New};

/// What the author changes, by its path in the folder.
const OWN: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("rust/cargo.toml")),
    ("src/lib.rs", include_str!("rust/lib.rs.txt")),
    ("src/settings.json", include_str!("rust/settings.json")),
];

/// The SDK, as it is in the repository: its manifest names no workspace and depends on nothing.
const SDK: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../../../sdk/rust/Cargo.toml")),
    ("src/arena.rs", include_str!("../../../../sdk/rust/src/arena.rs")),
    ("src/bindings.rs", include_str!("../../../../sdk/rust/src/bindings.rs")),
    ("src/case.rs", include_str!("../../../../sdk/rust/src/case.rs")),
    ("src/exact.rs", include_str!("../../../../sdk/rust/src/exact.rs")),
    ("src/guest.rs", include_str!("../../../../sdk/rust/src/guest.rs")),
    ("src/json.rs", include_str!("../../../../sdk/rust/src/json.rs")),
    ("src/lib.rs", include_str!("../../../../sdk/rust/src/lib.rs")),
    ("src/line.rs", include_str!("../../../../sdk/rust/src/line.rs")),
    ("src/log.rs", include_str!("../../../../sdk/rust/src/log.rs")),
    ("src/needs.rs", include_str!("../../../../sdk/rust/src/needs.rs")),
    ("src/plugin.rs", include_str!("../../../../sdk/rust/src/plugin.rs")),
    ("src/ranged.json", include_str!("../../../../sdk/rust/src/ranged.json")),
    ("src/runtime.rs", include_str!("../../../../sdk/rust/src/runtime.rs")),
    ("src/settings.rs", include_str!("../../../../sdk/rust/src/settings.rs")),
    ("src/testing.rs", include_str!("../../../../sdk/rust/src/testing.rs")),
    ("src/value.rs", include_str!("../../../../sdk/rust/src/value.rs")),
];

const PAGE: Page = Page { source: "src/lib.rs", section: include_str!("rust/section.md"), ignored: "" };

/// The files of the folder.
pub(in crate::kit) fn files(new: &New) -> Vec<(String, String)> {
    let own =
        OWN.map(|(path, text)| (path.to_owned(), filled(text, new).replace("{{Stage}}", variant(new.stage))));
    let sdk = SDK.iter().map(|(path, text)| (format!("vendor/landfall-plugin/{path}"), (*text).to_owned()));
    own.into_iter().chain(common(new, &PAGE)).chain(sdk).collect()
}

/// The stage as the SDK calls it.
const fn variant(stage: Stage) -> &'static str {
    match stage {
        Stage::MarketSelection => "MarketSelection",
        Stage::DataAdaptation => "DataAdaptation",
        Stage::Compliance => "Compliance",
        Stage::Culture => "Culture",
        Stage::Output => "Output",
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;

    /// Where the sources of the SDK are.
    fn sdk() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("sdk/rust")
    }

    #[test]
    fn every_file_of_the_sdk_is_in_a_new_folder() {
        let mut expected = BTreeMap::new();
        let mut folders = vec![sdk()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true if path.ends_with("target") => {}
                    true => folders.push(path),
                    false => {
                        let name = path.strip_prefix(sdk()).unwrap().display().to_string();
                        expected.insert(name, fs::read_to_string(path).unwrap());
                    }
                }
            }
        }
        expected.remove("Cargo.lock");
        let found: BTreeMap<String, String> =
            SDK.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, text) in &expected {
            assert!(found[path] == *text, "{path} is another");
        }
    }
}
