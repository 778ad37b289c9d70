//! Sessions written in the docs, run as a reader would type them.
//!
//! Every `console` block of a document is one long session in a fresh copy of the repository's rules and
//! strategies: a line that starts with `$ ` is typed, the lines below it are what must come out. A line
//! that is `…` alone stands for any lines, and `…` inside a line for any text; a command with nothing below
//! it may say what it likes. After a command that ends in `&` the session waits until its
//! host has compiled the plugins.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    kit_python,
    site::{COMPILED, ROOT, built},
};

/// One typed line and what must come out.
struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { line: number + 1, command: command.into(), expected: Vec::new() });
                }
                (None, Some(step)) => step.expected.push(line.to_owned()),
                (None, None) => panic!("line {}: a session begins with `$ `", number + 1),
            },
        }
    }
    steps
}

/// What separates the output of one command from the next.
const MARK: &str = "@@landfall-step@@";

fn script(steps: &[Step]) -> String {
    let mut script = "set -u\n".to_owned();
    for step in steps {
        let background = step.command.trim_end().ends_with('&');
        let command = match background {
            true => format!("{} >/dev/null 2>&1 &", step.command.trim_end().trim_end_matches('&')),
            false => step.command.clone(),
        };
        script += &format!("echo '{MARK}'\n{command}\n");
        if background {
            script += "for try in $(seq 100); do landfall status >/dev/null 2>&1; [ $? -ne 5 ] && break; sleep 0.1; done\nlandfall reload --wait >/dev/null 2>&1\n";
        }
    }
    script + "kill $(jobs -p) 2>/dev/null; wait\n"
}

/// Whether the lines are the expected ones, in which `…` stands for anything.
fn matches(expected: &[String], actual: &[&str]) -> bool {
    let Some((first, rest)) = expected.split_first() else { return actual.is_empty() };
    if first == "…" {
        return (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]));
    }
    actual.split_first().is_some_and(|(line, left)| fits(first, line) && matches(rest, left))
}

fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    let mut rest = rest;
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn run(folder: &Path, script: &str, tools: Option<&Path>) -> String {
    let home = folder.join("home");
    fs::create_dir(&home).unwrap();
    let program = built("debug/landfall");
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("timeout");
    let bash = bash
        .args(["400", "bash", "-c", &format!("exec 2>&1\n{script}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &home)
        .env("XDG_CACHE_HOME", COMPILED.as_path())
        .env("LC_ALL", "C.UTF-8")
        .envs(tools.map(|tools| ("LANDFALL_TOOLS", tools)))
        .stdin(Stdio::null());
    String::from_utf8(bash.output().unwrap().stdout).unwrap()
}

fn check(document: &str, tools: Option<&Path>) {
    let text = fs::read_to_string(ROOT.join(document)).unwrap();
    let steps = steps(&text);
    let folder = tempfile::Builder::new().prefix("landfall-docs-").tempdir().unwrap();
    fs::create_dir(folder.path().join("tests")).unwrap();
    for part in ["rules", "strategies", "tests/cases"] {
        let copied = Command::new("cp").arg("-r").arg(ROOT.join(part)).arg(folder.path().join(part)).status();
        assert!(copied.unwrap().success(), "{part} could not be copied");
    }
    fs::create_dir_all(folder.path().join("target")).unwrap();
    symlink(built("plugins"), folder.path().join("target/plugins")).unwrap();
    // A folder of its own, to drop into.
    fs::create_dir(folder.path().join("plugins")).unwrap();
    for entry in fs::read_dir(built("plugins")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join("plugins").join(path.file_name().unwrap())).unwrap();
    }
    let output = run(folder.path(), &script(&steps), tools);
    let outputs: Vec<&str> = output.split(&format!("{MARK}\n")).skip(1).collect();
    assert_eq!(outputs.len(), steps.len(), "{document}: the session ended early:\n{output}");
    let mut wrong = String::new();
    for (step, output) in steps.iter().zip(outputs) {
        let mut expected = step.expected.clone();
        while expected.last().is_some_and(String::is_empty) {
            expected.pop();
        }
        let actual: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
        if !expected.is_empty() && !matches(&expected, &actual) {
            wrong +=
                &format!("{document}:{}: $ {}\nprints\n{}\n\n", step.line, step.command, actual.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_guide_for_rule_owners_is_true() {
    check("rules/README.md", None);
}

#[test]
fn the_guide_for_operators_is_true() {
    check("docs/configuration.md", None);
}

#[test]
fn the_first_two_minutes_are_true() {
    check("README.md", None);
}

/// The longest: it builds and compiles a plugin in Python twice.
#[test]
fn the_way_from_nothing_to_a_number_is_true() {
    check("sdk/README.md", Some(kit_python::TOOLS.as_path()));
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let of = |pattern: &str, actual: &str| matches(&lines(pattern), &actual.lines().collect::<Vec<_>>());
    assert!(of("a\n…\nd", "a\nb\nc\nd") && of("a\n…\nd", "a\nd") && of("a…c", "abbbc"));
    assert!(!of("a\nd", "a\nb\nd") && !of("a…c", "abbbd") && !of("…\nd", "a") && !of("a", "ab"));
}
