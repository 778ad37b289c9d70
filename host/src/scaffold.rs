//! Something to start from: a folder with a small rule book that answers, or the file of a new place.
//!
//! Says what stands in which file and writes none. What a skeleton says of a place's law is that nobody has
//! written it down yet.

mod emit;
mod like;

pub use self::like::{Like, NewPlace, NoPlace, place, skeleton};

/// The files of a new folder, by their path in it.
const FOLDER: [(&str, &str); 19] = [
    ("README.md", include_str!("scaffold/folder/README.md")),
    (".vscode/settings.json", include_str!("scaffold/folder/vscode/settings.json")),
    (".vscode/extensions.json", include_str!("scaffold/folder/vscode/extensions.json")),
    (".github/workflows/landfall.yml", include_str!("scaffold/folder/github/landfall.yml")),
    ("plugins/README.md", include_str!("scaffold/folder/plugins/README.md")),
    ("strategies/first.yaml", include_str!("scaffold/folder/strategies/first.yaml")),
    ("rules/facts.yaml", include_str!("scaffold/folder/rules/facts.yaml")),
    ("rules/roles.yaml", include_str!("scaffold/folder/rules/roles.yaml")),
    ("rules/rates.yaml", include_str!("scaffold/folder/rules/rates.yaml")),
    ("rules/fx.yaml", include_str!("scaffold/folder/rules/fx.yaml")),
    ("rules/global.yaml", include_str!("scaffold/folder/rules/global.yaml")),
    ("rules/br.yaml", include_str!("scaffold/folder/rules/br.yaml")),
    ("schema/jurisdiction.json", include_str!("../../rules/schema/jurisdiction.json")),
    ("schema/facts.json", include_str!("../../rules/schema/facts.json")),
    ("schema/roles.json", include_str!("../../rules/schema/roles.json")),
    ("schema/rates.json", include_str!("../../rules/schema/rates.json")),
    ("schema/fx.json", include_str!("../../rules/schema/fx.json")),
    ("schema/strategy.json", include_str!("../../rules/schema/strategy.json")),
    ("schema/case.json", include_str!("../../rules/schema/case.json")),
];

/// A folder that answers as it is, with its settings for editors and its recipe for continuous integration.
#[must_use]
pub fn folder() -> Vec<(String, String)> {
    FOLDER.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec()
}
