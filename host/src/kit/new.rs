//! A folder to start a plugin from: it builds, passes its own tests and answers as it stands.
//!
//! Says what stands in which file and writes none. Each language has its template, with its SDK in it: a new folder needs
//! neither a registry nor a clone of ours.

use super::{project::Language, template};
use crate::{
    diagnostic::Diagnostic,
    id::{PluginId, Stage},
};

/// What a new plugin is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Its id, and the folder's name.
    pub name: String,
    /// The stage that it costs.
    pub stage: Stage,
    /// What it is written in.
    pub language: Language,
}

impl New {
    /// A plugin of that name, if it can have it.
    ///
    /// # Errors
    /// The name is no plugin's id, or means something to the language.
    pub fn parse(name: &str, stage: Stage, language: Language) -> Result<Self, Diagnostic> {
        PluginId::parse(name).map_err(|error| Diagnostic::error(error.to_string()))?;
        if language == Language::Rust && RESERVED.contains(&name) {
            let problem = Diagnostic::error(format!(
                "`{name}` means something to {language}, and is no name for a crate"
            ));
            return Err(problem.help(format!("such as `{name}-costs`")));
        }
        Ok(Self { name: name.to_owned(), stage, language })
    }
}

/// The files of the new folder, by their path in it.
#[must_use]
pub fn files(new: &New) -> Vec<(String, String)> {
    match new.language {
        Language::Rust => template::rust::files(new),
        Language::Python => template::python::files(new),
        Language::JavaScript => template::javascript::files(new),
        Language::TypeScript => template::typescript::files(new),
    }
}

/// Keywords of Rust, and the crates that every crate knows.
const RESERVED: [&str; 60] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "landfall-plugin",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "std-detect",
    "unwind",
    "panic-abort",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(name: &str, language: Language, expected: &str) {
        let problem = New::parse(name, Stage::Output, language).unwrap_err();
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn a_name_is_an_id_and_no_word_of_the_language() {
        for language in Language::ALL {
            refused(
                "Support",
                language,
                "`Support` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting \
                 with a letter",
            );
            New::parse("support-desk", Stage::Output, language).unwrap();
        }
        refused(
            "match",
            Language::Rust,
            "`match` means something to Rust, and is no name for a crate (help: such as `match-costs`)",
        );
        New::parse("match", Stage::Output, Language::Python).unwrap();
    }
}
