//! A plugin in Python: modules with their SDK beside them, and no dependency on a registry.

use super::{Page, common, filled};
use crate::kit::new::New;

/// What the author changes, by its path in the folder.
const OWN: [(&str, &str); 2] = [
    ("pyproject.toml", include_str!("python/pyproject.toml")),
    ("src/plugin.py", include_str!("python/plugin.py")),
];

/// The SDK.
const SDK: &[(&str, &str)] = &[
    ("__init__.py", include_str!("../../../../sdk/python/landfall_plugin/__init__.py")),
    ("case.py", include_str!("../../../../sdk/python/landfall_plugin/case.py")),
    ("contract.py", include_str!("../../../../sdk/python/landfall_plugin/contract.py")),
    ("exact.py", include_str!("../../../../sdk/python/landfall_plugin/exact.py")),
    ("failure.py", include_str!("../../../../sdk/python/landfall_plugin/failure.py")),
    ("guard.py", include_str!("../../../../sdk/python/landfall_plugin/guard.py")),
    ("guest.py", include_str!("../../../../sdk/python/landfall_plugin/guest.py")),
    ("line.py", include_str!("../../../../sdk/python/landfall_plugin/line.py")),
    ("log.py", include_str!("../../../../sdk/python/landfall_plugin/log.py")),
    ("needs.py", include_str!("../../../../sdk/python/landfall_plugin/needs.py")),
    ("py.typed", include_str!("../../../../sdk/python/landfall_plugin/py.typed")),
    ("reach.py", include_str!("../../../../sdk/python/landfall_plugin/reach.py")),
    ("settings.py", include_str!("../../../../sdk/python/landfall_plugin/settings.py")),
    ("testing.py", include_str!("../../../../sdk/python/landfall_plugin/testing.py")),
    ("values.py", include_str!("../../../../sdk/python/landfall_plugin/values.py")),
];

const PAGE: Page =
    Page { source: "src/plugin.py", section: include_str!("python/section.md"), ignored: "__pycache__/\n" };

/// The files of the folder.
pub(in crate::kit) fn files(new: &New) -> Vec<(String, String)> {
    let own = OWN.map(|(path, text)| (path.to_owned(), filled(text, new)));
    let sdk = SDK.iter().map(|(path, text)| (format!("vendor/landfall_plugin/{path}"), (*text).to_owned()));
    own.into_iter().chain(common(new, &PAGE)).chain(sdk).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;
    use crate::{id::Stage, kit::project::Language};

    #[test]
    fn every_file_of_the_sdk_is_in_a_new_folder() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("sdk/python/landfall_plugin");
        let entries = fs::read_dir(sdk).unwrap().map(|entry| entry.unwrap().path());
        let expected: BTreeMap<String, String> = entries
            .filter(|path| path.is_file())
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect();
        let found: BTreeMap<String, String> =
            SDK.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, text) in &expected {
            assert!(found[path] == *text, "{path} is another");
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for stage in Stage::ALL {
            let new = New { name: "support-desk".to_owned(), stage, language: Language::Python };
            let files = files(&new);
            for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("vendor/")) {
                assert!(!text.contains("{{"), "{path}:\n{text}");
            }
        }
    }
}
