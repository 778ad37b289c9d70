//! What fuzzing begins with: the files of the repository, and the words in them.
//!
//! Made at each run, so that a new construct in a rule file is tried the day it is written.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::project::{Failed, Project};

/// Where YAML stands that is read or refused.
const FOLDERS: [&str; 4] = ["rules", "strategies", "tests/cases", "fuzz/world"];

/// Most words given to a target: with more of them each is tried too seldom. Arbitrary.
const MOST_WORDS: usize = 600;

/// Keys whose value is an expression.
const EXPRESSIONS: [&str; 6] = ["when", "maximum", "times", "allowed_when", "value", "requires"];

/// What an expression is made of beside names.
const OPERATORS: [&str; 24] = [
    "&&",
    "||",
    "!",
    "==",
    "!=",
    "<=",
    ">=",
    " in ",
    " ? ",
    " : ",
    "min(",
    "max(",
    "size(",
    "subset(",
    "overlaps(",
    "money('5 EUR')",
    "triggered('dpo')",
    "['finance', 'health']",
    "true",
    "false",
    "'72 hours'",
    "'2026-08-02'",
    "0.000000001",
    "9223372036854775807",
];

/// Writes the inputs and the words of a target.
pub(super) fn write(project: &Project, target: &str, seeds: &Path, words: &Path) -> Result<(), Failed> {
    let texts = texts(project)?;
    let inputs: BTreeSet<String> = match target {
        "expression" => texts.iter().flat_map(|text| expressions(text)).collect(),
        "strategy" => texts.iter().filter(|text| text.contains("landfall/strategy@")).cloned().collect(),
        _ => texts.iter().filter(|text| !text.contains("landfall/strategy@")).cloned().collect(),
    };
    if seeds.exists() {
        fs::remove_dir_all(seeds).map_err(Failed::io("remove", seeds))?;
    }
    for (number, input) in inputs.iter().enumerate() {
        put(&seeds.join(number.to_string()), input)?;
    }
    let operators: &[&str] = if target == "expression" { &OPERATORS } else { &[] };
    put(words, &dictionary(&inputs, operators))
}

fn put(path: &Path, text: &str) -> Result<(), Failed> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Failed::io("create", folder))?;
    }
    fs::write(path, text).map_err(Failed::io("write", path))
}

/// Every YAML file, in the order of their paths.
fn texts(project: &Project) -> Result<Vec<String>, Failed> {
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| project.root.join(folder)).collect();
    let mut files = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Failed::io("read", &folder))? {
            let path = entry.map_err(Failed::io("read", &folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.insert(path);
            }
        }
    }
    // A case of the table of bad inputs may be no text at all.
    Ok(files.iter().filter_map(|path| fs::read_to_string(path).ok()).collect())
}

/// What stands in double quotes after a key that takes an expression, after the two bytes that the target
/// reads as what is given.
fn expressions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        for key in EXPRESSIONS {
            let opening = format!("{key}: \"");
            let after = line.split(&opening).skip(1);
            found.extend(after.filter_map(|rest| rest.split('"').next()).map(|text| format!("\0\0{text}")));
        }
    }
    found
}

/// The words in these texts as libFuzzer reads them, the most frequent first.
fn dictionary(texts: &BTreeSet<String>, operators: &[&str]) -> String {
    let mut counted = std::collections::BTreeMap::<&str, usize>::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-@#/".contains(c);
    for text in texts {
        for word in text.split(|c| !is_part(c)).filter(|word| (3..=40).contains(&word.len())) {
            *counted.entry(word).or_default() += 1;
        }
    }
    let mut words: Vec<(&str, usize)> = counted.into_iter().collect();
    words.sort_by_key(|(word, count)| (std::cmp::Reverse(*count), *word));
    let words = words.into_iter().map(|(word, _)| word).take(MOST_WORDS);
    operators.iter().copied().chain(words).map(|word| format!("\"{word}\"\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_found_in_rule_files() {
        let text = "  a: {when: \"x > 1\", times: \"y\"}\n    maximum: \"money('5 EUR')\"\n";
        assert_eq!(expressions(text), ["\0\0x > 1", "\0\0y", "\0\0money('5 EUR')"]);
    }

    #[test]
    fn the_dictionary_is_of_words_by_frequency() {
        let texts = BTreeSet::from(["when: a.b when: fine_rate 1".to_owned()]);
        assert_eq!(dictionary(&texts, &["&&"]), "\"&&\"\n\"when\"\n\"a.b\"\n\"fine_rate\"\n");
    }
}
