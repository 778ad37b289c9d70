//! A plugin in JavaScript: one module with its SDK beside it, and no dependency on a registry.

use super::{Page, common, filled};
use crate::kit::new::New;

/// What the author changes. It is TypeScript as it stands: every type in it follows from what is declared.
pub(super) const PLUGIN: &str = include_str!("javascript/plugin.js");
pub(super) const PACKAGE: &str = include_str!("javascript/package.json");
pub(super) const SECTION: &str = include_str!("javascript/section.md");

/// The SDK.
const SDK: &[(&str, &str)] = &[
    ("exact.js", include_str!("../../../../sdk/javascript/exact.js")),
    ("failure.js", include_str!("../../../../sdk/javascript/failure.js")),
    ("forbidden.js", include_str!("../../../../sdk/javascript/forbidden.js")),
    ("guest.js", include_str!("../../../../sdk/javascript/guest.js")),
    ("index.d.ts", include_str!("../../../../sdk/javascript/index.d.ts")),
    ("index.js", include_str!("../../../../sdk/javascript/index.js")),
    ("line.js", include_str!("../../../../sdk/javascript/line.js")),
    ("log.js", include_str!("../../../../sdk/javascript/log.js")),
    ("needs.js", include_str!("../../../../sdk/javascript/needs.js")),
    ("package.json", include_str!("../../../../sdk/javascript/package.json")),
    ("placed.js", include_str!("../../../../sdk/javascript/placed.js")),
    ("plugin.js", include_str!("../../../../sdk/javascript/plugin.js")),
    ("seal.js", include_str!("../../../../sdk/javascript/seal.js")),
    ("sealed.js", include_str!("../../../../sdk/javascript/sealed.js")),
    ("settings.js", include_str!("../../../../sdk/javascript/settings.js")),
];

const PAGE: Page = Page { source: "src/plugin.js", section: SECTION, ignored: "" };

/// The files of the folder.
pub(in crate::kit) fn files(new: &New) -> Vec<(String, String)> {
    let own = [("package.json", PACKAGE), ("src/plugin.js", PLUGIN)];
    whole(new, &own, &PAGE)
}

/// What the author changes, what is the same in every language, and the SDK.
pub(super) fn whole(new: &New, own: &[(&str, &str)], page: &Page) -> Vec<(String, String)> {
    let own = own.iter().map(|(path, text)| ((*path).to_owned(), filled(text, new)));
    let sdk = SDK.iter().map(|(path, text)| (format!("vendor/landfall-plugin/{path}"), (*text).to_owned()));
    own.chain(common(new, page)).chain(sdk).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;
    use crate::{
        id::Stage,
        kit::{new::files, project::Language},
    };

    #[test]
    fn every_file_of_the_sdk_is_in_a_new_folder() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("sdk/javascript");
        let entries = fs::read_dir(sdk).unwrap().map(|entry| entry.unwrap().path());
        // Its own tests are not the author's.
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
        for (stage, language) in Stage::ALL
            .into_iter()
            .flat_map(|stage| [(stage, Language::JavaScript), (stage, Language::TypeScript)])
        {
            let new = New { name: "support-desk".to_owned(), stage, language };
            let files = files(&new);
            for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("vendor/")) {
                assert!(!text.contains("{{"), "{path}:\n{text}");
            }
        }
    }
}
