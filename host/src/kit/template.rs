//! What stands in a new folder, language by language. Every one computes the same, so that who knows one reads them all:
//! what a stage costs by the people who use the product, a fact that `rules/world` knows, at a price and with a range
//! that the rule file sets.

pub(super) mod javascript;
pub(super) mod python;
pub(super) mod rust;
pub(super) mod typescript;

use super::new::New;

/// The contract, in every folder.
const STAGE_WIT: (&str, &str) = ("vendor/wit/stage.wit", include_str!("../../../sdk/wit/stage.wit"));
const README: &str = include_str!("template/common/README.md");
const FIRST_CASE: &str = include_str!("template/common/first.yaml");

/// What a language says in the page of its folder.
struct Page {
    /// Where the function stands.
    source: &'static str,
    /// A section of its own, with a heading.
    section: &'static str,
    /// What it leaves behind beside `target/`, a line each.
    ignored: &'static str,
}

/// The files that are the same in every language: the page, a case, what git leaves alone, the contract.
fn common(new: &New, page: &Page) -> Vec<(String, String)> {
    let readme = README.replace("{{source}}", page.source).replace("{{section}}", page.section.trim_end());
    vec![
        ("README.md".to_owned(), filled(&readme, new)),
        ("cases/first.yaml".to_owned(), filled(FIRST_CASE, new)),
        (".gitignore".to_owned(), format!("target/\n{}", page.ignored)),
        (STAGE_WIT.0.to_owned(), STAGE_WIT.1.to_owned()),
    ]
}

/// A text with what is new in the places kept for it.
fn filled(text: &str, new: &New) -> String {
    text.replace("{{name}}", &new.name)
        .replace("{{stage}}", new.stage.as_str())
        .replace("{{language}}", &new.language.to_string())
        .replace("{{summary}}", &summary(new))
}

/// What people read about the plugin.
fn summary(new: &New) -> String {
    format!("What {} costs by the people who use the product", new.stage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::Stage,
        kit::{new, project::Language},
    };

    #[test]
    fn nothing_is_left_to_fill_in() {
        for language in Language::ALL {
            for stage in Stage::ALL {
                let new = New { name: "support-desk".to_owned(), stage, language };
                let files = new::files(&new);
                for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("vendor/")) {
                    assert!(!text.contains("{{"), "{path}:\n{text}");
                }
            }
        }
    }
}
