//! Bad input and what it gets: a folder per case below `tests/cases/bad`, see the README beside it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    answer::Answer,
    site::{ROOT, Ran, Site},
};

/// One way in which a copy of the good book is bad.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "about")]
    _about: String,
    #[serde(default)]
    edit: Vec<Edit>,
    #[serde(default)]
    put: BTreeMap<String, String>,
    #[serde(default)]
    make: BTreeMap<String, Make>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    guests: Vec<String>,
    #[serde(default)]
    command: Command,
    exit: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    this: String,
    by: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    #[default]
    Check,
    Query,
    /// With the operator's `landfall.yaml`.
    Config,
    /// `plugin test` of `language-adaptation`, whose cases are those of the folder `cases`.
    PluginTest,
}

/// Contents that are too long, or no text, to stand in a case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Make {
    /// The book's file with a line that is not UTF-8.
    NotUtf8,
    /// 2 MiB of good YAML.
    TwoMebibytes,
    /// Nested 10,000 deep.
    Deep,
    /// A condition of 100 KiB.
    LongCondition,
    /// Choices that a condition links, with 5,000 combinations.
    Combinations,
}

impl Make {
    fn of(&self, good: &str) -> Vec<u8> {
        const WHEN: &str = "when: \"product.personal_data\"\n    choice";
        match self {
            Self::NotUtf8 => [good.as_bytes(), b"# caf\xe9\n"].concat(),
            Self::TwoMebibytes => {
                format!("{good}{}", "# still a comment\n".repeat((2 << 20) / 18 + 1)).into_bytes()
            }
            Self::Deep => format!("{good}notes: {}{}\n", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(),
            Self::LongCondition => {
                let long = "product.personal_data && ".repeat(4_100);
                assert!(long.len() > 100 << 10 && good.contains(WHEN));
                good.replace(WHEN, &WHEN.replace("when: \"", &format!("when: \"{long}"))).into_bytes()
            }
            Self::Combinations => {
                let mut choices = String::from("choices:\n");
                for (choice, options) in [("a", 10), ("b", 10), ("c", 10), ("d", 5)] {
                    let options: Vec<_> =
                        (0..options).map(|option| format!("{choice}{option}: {{}}")).collect();
                    writeln!(choices, "  {choice}: {{options: {{{}}}}}", options.join(", ")).unwrap();
                }
                let linked =
                    "when: \"choice.a == 'a0' || choice.b == 'b0' || choice.c == 'c0' || choice.d == 'd0'\"";
                let good = good.replace("when: \"market.users > 0\"", linked);
                good.replace("choices:\n", &choices).into_bytes()
            }
        }
    }
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(ROOT.join("tests/cases/bad")).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

impl Case {
    fn prepare(&self) -> Site {
        let site = Site::book();
        for edit in &self.edit {
            site.edit(&edit.file, &edit.this, &edit.by);
        }
        for (file, make) in &self.make {
            let made = make.of(&site.text(file));
            site.put(file, made);
        }
        for (file, text) in &self.put {
            site.put(file, text);
        }
        for file in &self.remove {
            site.remove(file);
        }
        for guest in &self.guests {
            site.guest(guest);
        }
        site
    }

    /// What the program says, and how it ends.
    fn said(&self, cache: &Path) -> (String, Option<i32>) {
        // A log line carries the time.
        let site = self.prepare().with("XDG_CACHE_HOME", cache).with("LANDFALL_LOG", "off");
        match self.command {
            Command::Check => {
                let ran = site.hostless(&["check", "strategy.yaml"]);
                (ran.err, ran.code)
            }
            Command::Config => {
                let ran = site.hostless(&["check", "--config", "landfall.yaml"]);
                (ran.err, ran.code)
            }
            Command::PluginTest => {
                site.plugin("language-adaptation");
                let plugin = "plugins/language-adaptation.wasm";
                let ran = site.run(&["plugin", "test", plugin, "--cases", "cases"]);
                let code = ran.code;
                (problems_of_cases(&ran), code)
            }
            Command::Query => {
                let ran = site.hostless(&["query", "strategy.yaml", "--format", "json"]);
                let code = ran.code;
                (reasons(ran), code)
            }
        }
    }
}

/// What is said of cases, without how long it took.
fn problems_of_cases(ran: &Ran) -> String {
    let said = ran.err.lines().filter(|line| !line.starts_with("in ") || !line.ends_with(" ms"));
    ran.out.lines().chain(said).fold(String::new(), |all, line| all + line + "\n")
}

/// What it says, and why each market is not complete.
fn reasons(ran: Ran) -> String {
    let mut said = ran.err.clone();
    if ran.out.is_empty() {
        return said;
    }
    let answer = Answer::of(ran);
    writeln!(said, "status: {}", answer.json["answer"]["status"]).unwrap();
    writeln!(said, "objective: {}", answer.json["answer"]["objective"]).unwrap();
    for market in answer.json["answer"]["markets"].as_array().unwrap() {
        for reason in market["reasons"].as_array().unwrap() {
            let (id, message) = (market["id"].as_str().unwrap(), reason["message"].as_str().unwrap());
            let stage = reason["stage"].as_str().map_or(String::new(), |stage| format!(" {stage}"));
            writeln!(said, "{id}{stage}: {message}").unwrap();
        }
    }
    said
}

/// What differs, if anything does.
fn difference(folder: &Path, cache: &Path) -> Option<String> {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(folder.join("case.yaml")).unwrap();
    let case: Case = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}/case.yaml: {error}"));
    let (said, code) = case.said(cache);
    let expected = folder.join("expected.txt");
    if std::env::var_os("LANDFALL_UPDATE").is_some() {
        fs::write(&expected, &said).unwrap();
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if code != Some(case.exit) {
        return Some(format!("=== {name}: exit {code:?} instead of {}\n{said}", case.exit));
    }
    (said != wanted).then(|| format!("=== {name}\n--- expected\n{wanted}--- said\n{said}"))
}

#[test]
fn the_good_book_is_good() {
    let site = Site::book();
    let checked = site.hostless(&["check", "strategy.yaml"]).exits(0);
    assert_eq!(checked.err, "no problems\n");
    site.hostless(&["query", "strategy.yaml"]).exits(0);
}

#[test]
fn bad_input_is_told_what_is_wrong() {
    let cases = cases();
    assert!(cases.len() > 40, "{} cases", cases.len());
    // Compiled once for all of them.
    let cache = tempfile::tempdir().unwrap();
    let differences: Vec<String> =
        cases.iter().filter_map(|folder| difference(folder, cache.path())).collect();
    assert!(
        differences.is_empty(),
        "{} of {} differ\n{}",
        differences.len(),
        cases.len(),
        differences.join("\n")
    );
}
