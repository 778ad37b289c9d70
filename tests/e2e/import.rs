//! Tables to rule folders: a folder per case below `tests/cases/csv`, see the README there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    answer::Answer,
    site::{ROOT, Ran, Site},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "about")]
    _about: String,
    arguments: Vec<String>,
    exit: i32,
    /// What J then is; for a good table.
    #[serde(default)]
    objective: Option<String>,
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(ROOT.join("tests/cases/csv")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut folders: Vec<_> = folders.collect();
    folders.sort();
    folders
}

fn import(site: &Site, arguments: &[&str]) -> Ran {
    let verb = ["rules", "import-csv", "table.csv", "--to", "new", "--as-of", "2026-11-23"];
    site.run(&[&verb, arguments].concat())
}

/// What differs, if anything does.
fn difference(folder: &Path) -> Option<String> {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(folder.join("case.yaml")).unwrap();
    let case: Case = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}/case.yaml: {error}"));
    let site = Site::empty();
    site.plugin("fixed-cost");
    fs::copy(folder.join("table.csv"), site.path("table.csv")).unwrap();
    let arguments: Vec<&str> = case.arguments.iter().map(String::as_str).collect();
    let ran = import(&site, &arguments);
    let expected = folder.join("expected.txt");
    if std::env::var_os("LANDFALL_UPDATE").is_some() {
        fs::write(&expected, &ran.err).unwrap();
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if ran.code != Some(case.exit) {
        return Some(format!("=== {name}: exit {:?} instead of {}\n{}", ran.code, case.exit, ran.err));
    }
    if ran.err != wanted {
        return Some(format!("=== {name}\n--- expected\n{wanted}--- said\n{}", ran.err));
    }
    match &case.objective {
        Some(objective) => {
            Answer::of(asked(&site).exits(0)).comes_to(objective);
            asked_to_check(&site);
            None
        }
        None => site.path("new").exists().then(|| format!("=== {name}: something was written")),
    }
}

fn asked(site: &Site) -> Ran {
    let folders = ["--rules", "new/rules", "--plugins", "plugins"];
    site.run(&[&["query", "new/strategy.yaml", "--format", "json"], &folders[..]].concat())
}

fn asked_to_check(site: &Site) {
    let checked = site.run(&["check", "--rules", "new/rules", "--plugins", "plugins", "new/strategy.yaml"]);
    assert_eq!(checked.exits(0).err, "no problems\n");
}

#[test]
fn tables_become_rule_folders_or_say_which_cell_is_bad() {
    let cases = cases();
    assert!(cases.len() > 10, "{} cases", cases.len());
    let differences: Vec<String> = cases.iter().filter_map(|folder| difference(folder)).collect();
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn what_is_there_is_not_touched() {
    let site = Site::empty();
    fs::copy(ROOT.join("tests/cases/csv/good-seed/table.csv"), site.path("table.csv")).unwrap();
    fs::create_dir(site.path("new")).unwrap();
    site.put("new/mine.txt", "mine");
    import(&site, &["--currency", "CNY"])
        .exits(1)
        .says("the folder new is not empty, and nothing was written");
    assert_eq!(fs::read_dir(site.path("new")).unwrap().count(), 1);
    site.remove("new/mine.txt");
    import(&site, &["--currency", "CNY"]).exits(0);
    import(&site, &["--currency", "cny"]).exits(2).says("write an ISO 4217 code");
}
