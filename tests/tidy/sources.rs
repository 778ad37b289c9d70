//! The sources as names: files, tokens, and the paths they mention. Comments, strings and tests left out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One source file outside tests.
#[derive(Debug)]
pub(crate) struct Source {
    /// Below the folder that was read: `rules/yaml.rs`.
    pub(crate) path: String,
    /// Identifiers and punctuation, `::` as one.
    pub(crate) tokens: Vec<String>,
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file below a folder of the repository, tests too, and nothing that cargo made.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((!path.ends_with("target")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The host's sources without its tests.
pub(crate) fn host() -> Vec<Source> {
    let root = root().join("host/src");
    let mut sources = Vec::new();
    let mut tests = BTreeSet::new();
    for path in files("host/src") {
        let (tokens, test_modules) = without_tests(tokens(&fs::read_to_string(&path).unwrap()));
        let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        tests.extend(test_modules.iter().map(|module| format!("{}{module}", folder_of(&path))));
        sources.push(Source { path, tokens });
    }
    sources.retain(|source| !tests.iter().any(|test| is_in(&source.path, test)));
    assert!(sources.len() > 50, "the sources of the host were not found");
    sources
}

/// Whether a file is a module or below it: `server/tests.rs`, `server/tests/x.rs` are in `server/tests`.
pub(crate) fn is_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Where the modules declared in a file lie.
fn folder_of(path: &str) -> String {
    let module = path.strip_suffix(".rs").unwrap();
    match module.rsplit_once('/') {
        Some((folder, "mod")) => format!("{folder}/"),
        None if matches!(module, "lib" | "main") => String::new(),
        _ => format!("{module}/"),
    }
}

impl Source {
    /// Every path it mentions, in `use` items and elsewhere, from its first segment on. `self` and `super`
    /// are resolved as far as the top of the crate, which reads `crate`.
    pub(crate) fn paths(&self) -> Vec<Vec<&str>> {
        let mut paths = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let before = at.checked_sub(1).map(|before| self.tokens[before].as_str());
            if is_name(&self.tokens[at]) && before != Some("::") {
                at = self.tree(at, &[], &mut paths);
            } else {
                at += 1;
            }
        }
        paths.into_iter().map(|path| self.resolved(path)).collect()
    }

    /// Reads `a::b`, `a::{b, c::d}` and so on from a token; returns where it ends.
    fn tree<'t>(&'t self, mut at: usize, prefix: &[&'t str], paths: &mut Vec<Vec<&'t str>>) -> usize {
        let mut path = prefix.to_vec();
        while let Some(token) = self.tokens.get(at) {
            if token == "{" && self.tokens.get(at.wrapping_sub(1)).is_some_and(|before| before == "::") {
                return self.group(at + 1, &path, paths);
            }
            if !is_name(token) {
                break;
            }
            path.push(token);
            at += 1;
            if self.tokens.get(at).is_none_or(|next| next != "::") {
                break;
            }
            at += 1;
        }
        paths.push(path);
        if self.tokens.get(at).is_some_and(|token| token == "as") {
            at += 2;
        }
        at
    }

    fn group<'t>(&'t self, mut at: usize, prefix: &[&'t str], paths: &mut Vec<Vec<&'t str>>) -> usize {
        while let Some(token) = self.tokens.get(at) {
            match token.as_str() {
                "}" => return at + 1,
                name if is_name(name) => at = self.tree(at, prefix, paths),
                _ => at += 1,
            }
        }
        at
    }

    fn resolved<'t>(&self, path: Vec<&'t str>) -> Vec<&'t str> {
        let depth = folder_of(&self.path).matches('/').count();
        let climbs = path.iter().take_while(|segment| **segment == "super").count();
        match climbs > 0 && climbs >= depth {
            true => std::iter::once("crate").chain(path.into_iter().skip(climbs)).collect(),
            false => path,
        }
    }
}

/// Letters, digits and `_`; a number or a keyword does no harm here.
fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphanumeric() || first == '_')
}

/// Cuts out `#[cfg(test)]` items; returns the names of the modules that are such.
fn without_tests(tokens: Vec<String>) -> (Vec<String>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut modules = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].iter().take(MARK.len()).eq(MARK.iter()) {
            let item = at + MARK.len();
            let end = end_of_item(&tokens, item);
            if let Some(named) = tokens[item..end].iter().position(|token| token == "mod") {
                modules.push(tokens[item + named + 1].clone());
            }
            at = end;
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    (kept, modules)
}

/// After its `;`, or after the braces it ends with. A `use` ends with `;` in spite of its braces.
fn end_of_item(tokens: &[String], start: usize) -> usize {
    let visibility = ["pub", "(", "crate", "super", ")"];
    let keyword = tokens[start..].iter().find(|token| !visibility.contains(&token.as_str()));
    let is_use = keyword.is_some_and(|keyword| keyword == "use");
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && (token == ";" || (token == "}" && !is_use)) {
            return at + 1;
        }
    }
    tokens.len()
}

/// Names and punctuation. Comments, text and characters are gone.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(length) = literal(rest) {
            length
        } else if is_name(rest) {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the text or character a piece of source begins with, if it begins with one.
fn literal(rest: &str) -> Option<usize> {
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')).unwrap_or("");
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if raw[hashes..].starts_with('"') {
        let start = rest.len() - raw.len() + hashes + 1;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(start + rest[start..].find(&end)? + end.len());
    }
    let quoted = rest.strip_prefix('b').filter(|rest| rest.starts_with(['"', '\''])).unwrap_or(rest);
    let start = rest.len() - quoted.len() + 1;
    match quoted.chars().next()? {
        '"' => Some(start + closing(&rest[start..], '"')?),
        // A lifetime has no closing quote after one character.
        '\'' if quoted[1..].starts_with('\\') => Some(start + closing(&rest[start..], '\'')?),
        '\'' => {
            let character = quoted[1..].chars().next()?;
            quoted[1 + character.len_utf8()..].starts_with('\'').then(|| start + character.len_utf8() + 1)
        }
        _ => None,
    }
}

/// Up to and with the closing quote, over what is escaped.
fn closing(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in rest.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            found if found == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_outside_tests_are_seen() {
        let text = r##"
            //! use wasmtime::Store;
            use crate::{id::{self as ids, Stage}, rules::{book, yaml::Node}};
            use super::super::money::Money;
            const A: &str = "use crate::server;"; const B: char = '"'; const C: &str = r#"crate::"client"#;
            fn f<'a>(x: &'a crate::value::Value) -> char { '\'' }
            #[cfg(test)]
            mod tests { use crate::cli; fn g() { { } } }
            use crate::value::Value as V;
            #[cfg(test)]
            use crate::{render, fixture};
            fn h() { crate::source::read() }
        "##;
        let (tokens, _) = without_tests(tokens(text));
        let source = Source { path: "rules/check.rs".into(), tokens };
        let mut paths: Vec<_> = source.paths().into_iter().filter(|path| path[0] == "crate").collect();
        paths.sort();
        let expected: [&[&str]; 8] = [
            &["crate", "id", "Stage"],
            &["crate", "id", "self"],
            &["crate", "money", "Money"],
            &["crate", "rules", "book"],
            &["crate", "rules", "yaml", "Node"],
            &["crate", "source", "read"],
            &["crate", "value", "Value"],
            &["crate", "value", "Value"],
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn modules_of_tests_are_found() {
        let (_, modules) = without_tests(tokens("#[cfg(test)]\npub(crate) mod fixture;\nmod other;"));
        assert_eq!(modules, ["fixture"]);
        assert!(is_in("server/tests.rs", "server/tests") && is_in("server/tests/x.rs", "server/tests"));
        assert!(!is_in("server/tests_of.rs", "server/tests"));
    }
}
