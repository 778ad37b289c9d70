//! The schemas against the readers, and against every file of the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{FileKind, folder::schema_of, schema, text};
use crate::{
    id::Stage,
    plugin::{Plugin, guests::Guest, tests::load_here},
    rules::{
        schema::{base::RESERVED_MARKET_NAMES, jurisdiction::Section},
        yaml::{self, Entry, Node, NodeKind, Style, known_keys},
    },
    source::{SourceFile, Span},
    testing::{Files, engine, plugins, problems},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

const EXAMPLE: [(&str, &str); 6] = [
    ("facts", include_str!("example/facts.yaml")),
    ("roles", include_str!("example/roles.yaml")),
    ("rates", include_str!("example/rates.yaml")),
    ("fx", include_str!("example/fx.yaml")),
    ("global", include_str!("example/global.yaml")),
    ("br", include_str!("example/br.yaml")),
];
const STRATEGY: &str = include_str!("example/strategy.yaml");
const CONFIG: &str = include_str!("example/landfall.yaml");
const CASES: [(&str, &str); 2] = [
    ("case", include_str!("example/case.yaml")),
    ("case-failing", include_str!("example/case-failing.yaml")),
];

fn example() -> Files {
    let files = Files { rules: BTreeMap::new(), plugins: BTreeMap::new() };
    let files =
        files.plugin("statutory", plugins::statutory()).plugin("counter", plugins::fed("counter", "words"));
    EXAMPLE.into_iter().fold(files, |files, (name, text)| files.rule(name, text))
}

/// Whom the examples of cases are for.
fn probe() -> Plugin {
    let schema = r#"{"type": "object", "properties": {"fee": {"type": "string", "format": "money"}}}"#;
    load_here(&engine(), &Guest { schema: Some(schema.to_owned()), ..Guest::new() }.core()).unwrap()
}

fn node(name: &str, text: &str) -> Result<Node, String> {
    let source = SourceFile::new(name, text.as_bytes()).map_err(|problem| problem.to_string())?;
    yaml::parse(&source).map_err(|problems| problems[0].to_string())
}

fn kind_of(path: &str) -> FileKind {
    let name = path.rsplit('/').next().unwrap();
    let base = FileKind::ALL.into_iter().find(|kind| name == format!("{}.yaml", kind.as_str()));
    match base {
        _ if path.contains("strateg") => FileKind::Strategy,
        _ if name == "landfall.yaml" => FileKind::Config,
        _ if path.starts_with("cases/") || path.contains("/plugins/") || name.starts_with("case") => {
            FileKind::Case
        }
        Some(kind) => kind,
        None => FileKind::Jurisdiction,
    }
}

/// As a YAML 1.2 reader gives it to a validator.
fn to_json(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Scalar { text, style: Style::Plain } => plain(text),
        NodeKind::Scalar { text, .. } => json!(text),
        NodeKind::Sequence(items) => items.iter().map(to_json).collect(),
        NodeKind::Mapping(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), to_json(&entry.value))).collect())
        }
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => json!(true),
        "false" => json!(false),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            let whole = text.parse::<i64>().map(|n| json!(n));
            whole.or_else(|_| text.parse::<f64>().map(|n| json!(n))).unwrap_or_else(|_| json!(text))
        }
        _ => json!(text),
    }
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

/// What the schema says against it, a line each.
fn said(schema: &Value, file: &Node) -> Vec<String> {
    let file = to_json(file);
    validator(schema).iter_errors(&file).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn what_is_checked_in_is_what_the_types_say() {
    for kind in FileKind::ALL {
        let path = root().join("rules/schema").join(kind.file_name());
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == text(&schema(kind)),
            "rules/schema/{} is stale: run `landfall rules schema --write rules/schema`",
            kind.file_name()
        );
    }
}

/// Walks a file with the schemas that its nodes may have.
struct Walk<'s> {
    schema: &'s Value,
    file: String,
    known: &'s known_keys::Noted,
    /// Definitions with a fixed list of keys that stand in the file, and those whose list the readers have.
    met: BTreeSet<String>,
    same: BTreeSet<String>,
    wrong: Vec<String>,
}

impl<'s> Walk<'s> {
    fn node(&mut self, node: &Node, schema: &'s Value) {
        let mut candidates = Vec::new();
        self.candidates("", schema, &mut candidates);
        match &node.kind {
            NodeKind::Mapping(entries) => {
                self.compare(node.span, entries, &candidates);
                for entry in entries {
                    self.entry(entry, &candidates);
                }
            }
            NodeKind::Sequence(items) => {
                for below in candidates.iter().filter_map(|(_, candidate)| candidate.get("items")) {
                    items.iter().for_each(|item| self.node(item, below));
                }
            }
            NodeKind::Scalar { .. } => {}
        }
    }

    fn entry(&mut self, entry: &Entry, candidates: &[(&'s str, &'s Value)]) {
        // A branch that has the key by name, before one that takes any.
        let named = candidates.iter().filter_map(|(_, one)| one.get("properties")?.get(&entry.key));
        let named: Vec<_> = named.collect();
        let any = candidates.iter().filter_map(|(_, one)| one.get("additionalProperties"));
        let below = if named.is_empty() { any.collect() } else { named };
        below.into_iter().for_each(|schema| self.node(&entry.value, schema));
    }

    /// A schema behind references and branches, with the definition it stands in.
    fn candidates(&self, within: &'s str, schema: &'s Value, found: &mut Vec<(&'s str, &'s Value)>) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.strip_prefix("#/$defs/").unwrap();
            self.candidates(name, &self.schema["$defs"][name], found);
        }
        for branch in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
            self.candidates(within, branch, found);
        }
        found.push((within, schema));
    }

    fn compare(&mut self, at: Span, entries: &[Entry], candidates: &[(&'s str, &'s Value)]) {
        let place = (self.file.clone(), at.line, at.column);
        let known: Vec<_> = self.known.iter().filter(|(at, _)| *at == place).map(|(_, keys)| keys).collect();
        // The example is good: a branch that asks for other keys is not the one.
        let asked = |schema: &Value, key: &str| {
            schema["required"].as_array().unwrap_or(&Vec::new()).contains(&json!(key))
        };
        let is_meant = |schema: &Value| {
            let keys = schema["properties"].as_object().unwrap().keys();
            keys.filter(|key| asked(schema, key)).all(|key| entries.iter().any(|entry| entry.key == *key))
        };
        let closed = candidates.iter().filter(|(_, schema)| is_closed(schema) && is_meant(schema));
        let mut shapes = Vec::new();
        for (within, schema) in closed {
            let keys: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
            self.met.insert((*within).to_owned());
            if known.contains(&&keys) {
                self.same.insert((*within).to_owned());
            }
            shapes.push(keys);
        }
        // What is laid over something else is read where that stands; what a plugin is told is its own to say.
        if known.is_empty() || shapes.is_empty() || known.iter().any(|keys| shapes.contains(keys)) {
            return;
        }
        self.wrong.push(format!(
            "{}:{}:{}: the readers know {known:?}, the schema {shapes:?}",
            self.file, at.line, at.column
        ));
    }
}

fn is_closed(schema: &Value) -> bool {
    schema.get("additionalProperties") == Some(&json!(false))
}

fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(str::to_owned).into()
}

fn keys(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn readers_and_schemas_know_the_same_keys() {
    drop(known_keys::take());
    let published = example().published();
    assert_eq!(problems(&published), "");
    let generation = published.generation.as_ref().unwrap();
    let source = SourceFile::new("strategy.yaml", STRATEGY.as_bytes()).unwrap();
    crate::strategy::read(&source, &[], generation).unwrap();
    crate::config::read("landfall.yaml", CONFIG.as_bytes(), Path::new(".")).unwrap();
    let probe = probe();
    for (name, text) in CASES {
        let source = SourceFile::new(&format!("{name}.yaml"), text.as_bytes()).unwrap();
        crate::kit::case::read(&source, &probe).unwrap();
    }
    let known = known_keys::take();

    let mut wrong = Vec::new();
    for kind in FileKind::ALL {
        let schema = schema(kind);
        let files = EXAMPLE.into_iter().chain([("strategy", STRATEGY), ("landfall", CONFIG)]).chain(CASES);
        let (mut met, mut same) = (BTreeSet::new(), BTreeSet::new());
        for (name, text) in files.filter(|(name, _)| kind_of(&format!("{name}.yaml")) == kind) {
            let file = format!("{name}.yaml");
            let node = node(&file, text).unwrap();
            assert_eq!(said(&schema, &node), Vec::<String>::new(), "{file}");
            let mut walk = Walk { schema: &schema, file, known: &known, met, same, wrong };
            walk.node(&node, &schema);
            (met, same, wrong) = (walk.met, walk.same, walk.wrong);
        }
        assert!(same.contains(""), "nothing was compared at the root of {}", kind.as_str());
        let defs = schema["$defs"].as_object().unwrap();
        let closed =
            defs.iter().filter(|(_, definition)| is_closed(definition)).map(|(name, _)| name.clone());
        met.extend(closed);
        let left = met.iter().filter(|name| !same.contains(*name) && !BY_HAND.contains(&name.as_str()));
        // A part has the keys of the whole: `partial` makes it of that.
        let left =
            left.filter(|name| name.strip_prefix("Partial").is_none_or(|whole| !defs.contains_key(whole)));
        wrong.extend(left.map(|name| format!("no reader has the keys of `{name}` of {}", kind.as_str())));
    }
    assert_eq!(wrong, Vec::<String>::new(), "shape/ and the readers do not say the same");
}

/// What is no `Fields` to the readers.
const BY_HAND: [&str; 2] = ["Partial", "Stages"];

#[test]
fn keys_that_are_matched_one_by_one_are_the_same() {
    let (rules, strategy) = (schema(FileKind::Jurisdiction), schema(FileKind::Strategy));
    assert_eq!(keys(&rules["$defs"]["Stages"]), set(Stage::ALL.map(Stage::as_str)));
    assert_eq!(keys(&strategy["$defs"]["Market"]), set(RESERVED_MARKET_NAMES));
    let mut laid = set(Section::ALL.map(Section::as_str));
    laid.extend(set(["status", "fills"]));
    assert_eq!(keys(&rules["$defs"]["Partial"]), laid);
}

fn yaml_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn every_good_file_fits() {
    let mut files = Vec::new();
    for folder in
        ["rules", "strategies", "plugins", "tests/cases/book", "fuzz/world", "host/src/scaffold/folder"]
    {
        yaml_below(&root().join(folder), &mut files);
    }
    assert!(files.len() > 20);
    for path in files {
        let shown = path.display().to_string();
        let node = node(&shown, &fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(said(&schema(kind_of(&shown)), &node), Vec::<String>::new(), "{shown}");
    }
}

/// The cases below `tests/cases/bad` whose fault is one of shape. The others need what only the loader
/// has: other files, the order of dates, expressions, plugins, or YAML that is none.
const SHAPE: &[&str] = &[
    "block-without-cite",
    "case-expect-both",
    "case-expect-lines",
    "case-expect-nothing",
    "case-obligation-ids",
    "case-other-schema",
    "case-unknown-keys",
    "case-wrong-types",
    "cite-without-locator",
    "condition-unquoted-braces",
    "config-limit-without-unit",
    "config-listen-no-address",
    "config-listen-tls-twice",
    "config-not-a-number",
    "config-other-schema",
    "config-token-in-plain",
    "config-token-twice",
    "config-trust-nobody",
    "config-trust-slips",
    "config-unknown-keys",
    "date-that-is-none",
    "dates-that-are-none",
    "exception-without-cite",
    "gap-accepted-for-ever",
    "money-float",
    "money-negative",
    "money-no-currency",
    "money-too-many-decimals",
    "reading-without-difference",
    "replaces-without-why",
    "scenario-empty",
    "source-ends-before-it-begins",
    "status-unknown",
    "strategy-negative-weight",
    "strategy-no-markets",
    "strategy-wrong-types",
    "test-unknown-expectation",
    "unknown-keys",
    "unknown-keys-base",
    "unknown-keys-facts",
    "unknown-keys-strategy",
    "unknown-scope",
    "value-without-ground",
];

#[test]
fn bad_shapes_are_refused_and_nothing_else_is() {
    let mut refused = Vec::new();
    let mut cases: Vec<_> =
        fs::read_dir(root().join("tests/cases/bad")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for case in cases {
        let files = edited(&case);
        let fits = |(name, text): (&String, &String)| {
            // What is no YAML has no shape: an editor says so before any schema is asked.
            let Ok(node) = node(name, text) else { return true };
            said(&schema(kind_of(name)), &node).is_empty()
        };
        if !files.iter().all(fits) {
            refused.push(case.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    assert_eq!(refused, SHAPE);
}

/// The files of a case that it changes.
fn edited(case: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(case.join("case.yaml")).unwrap();
    let case = to_json(&node("case.yaml", &text).unwrap());
    let mut files = BTreeMap::new();
    for edit in case["edit"].as_array().into_iter().flatten() {
        let [file, this, by] = ["file", "this", "by"].map(|key| edit[key].as_str().unwrap());
        let text = files
            .entry(file.to_owned())
            .or_insert_with(|| fs::read_to_string(root().join("tests/cases/book").join(file)).unwrap());
        assert!(text.contains(this), "{case}");
        *text = text.replacen(this, by, 1);
    }
    for (file, text) in case["put"].as_object().unwrap_or(&Map::new()) {
        files.insert(file.clone(), text.as_str().unwrap_or_default().to_owned());
    }
    files.retain(|name, _| name.ends_with(".yaml"));
    files
}

/// The schema of a kind that knows the example folder.
fn known(kind: FileKind) -> Value {
    let published = example().published();
    schema_of(kind, published.generation.as_ref().unwrap())
}

#[test]
fn a_folders_schema_takes_its_own_files() {
    for (name, text) in EXAMPLE.into_iter().chain([("strategy", STRATEGY), ("landfall", CONFIG)]).chain(CASES)
    {
        let file = format!("{name}.yaml");
        let schema = known(kind_of(&file));
        assert_eq!(said(&schema, &node(&file, text).unwrap()), Vec::<String>::new(), "{file}");
    }
}

#[track_caller]
fn refused(kind: FileKind, text: &str, this: &str, by: &str) {
    assert!(text.contains(this), "{this}");
    let bad = node("bad.yaml", &text.replacen(this, by, 1)).unwrap();
    assert_eq!(said(&schema(kind), &bad), Vec::<String>::new(), "every folder's schema takes it");
    assert_ne!(said(&known(kind), &bad), Vec::<String>::new(), "{by}");
}

#[test]
fn a_folders_schema_knows_what_its_files_declare() {
    let strategy = |this: &str, by: &str| refused(FileKind::Strategy, STRATEGY, this, by);
    strategy("home: cn", "hom: cn");
    strategy("personal_data: true", "personal_data: 3");
    strategy("sectors: [health]", "sectors: [healht]");
    strategy("users: {", "user: {");
    strategy("mode: online", "mode: onlin");
    strategy("  br: {weight", "  bra: {weight");
    strategy("choices: {dpo: inhouse}", "choices: {dpo: nobody}");
    strategy("rates: {counsel:", "rates: {lawyer:");
    let rules = |this: &str, by: &str| refused(FileKind::Jurisdiction, EXAMPLE[5].1, this, by);
    rules("days: {counsel: 60}", "days: {lawyer: 60}");
    rules("extends: [global]", "extends: [globe]");
    rules("product: {personal_data: true, s", "product: {personal_dat: true, s");
    let rates = |this: &str, by: &str| refused(FileKind::Rates, EXAMPLE[2].1, this, by);
    rates("  counsel:", "  lawyer:");
}

#[test]
fn a_folders_schema_proposes_what_a_file_may_declare_itself() {
    let schema = known(FileKind::Jurisdiction);
    let defs = &schema["$defs"];
    assert_eq!(defs["ObligationName"]["anyOf"][0], json!({"enum": ["channel", "dpo", "later", "notice"]}));
    assert_eq!(
        defs["MarketGiven"]["properties"]["small_agent"]["description"],
        "flag: a small agent; false where it is not said"
    );
    let bound: Vec<_> = defs["Plugins"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(bound, ["counter", "statutory"]);
    let new = EXAMPLE[5].1.replace("has: [dpo]", "has: [written_a_moment_ago]");
    assert_eq!(said(&schema, &node("br.yaml", &new).unwrap()), Vec::<String>::new());
}
