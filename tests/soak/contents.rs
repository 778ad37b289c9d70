//! Everything that is ever written into the watched folders, by digest: what it must cost, and what must never
//! be served. The test's own arithmetic; nothing of the host is in it.

use std::{collections::HashMap, fmt::Write as _, sync::Mutex};

use crate::random::Random;

/// Ten-thousandths of one unit of currency.
pub(crate) type Amount = i128;

/// What a file of rules is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The amounts it states.
    pub(crate) stated: Vec<Amount>,
    /// How many stages it gives to the plugin `steady`.
    pub(crate) steady: usize,
}

/// What a plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plugin {
    /// Passes on what the rules state.
    Fixed,
    /// Adds as much for each stage that it is given.
    Adds(Amount),
    /// Loads, and fails whenever it is asked.
    Fails,
}

/// What was written so far.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    rules: Mutex<HashMap<String, Rules>>,
    plugins: Mutex<HashMap<String, Plugin>>,
    invalid: Mutex<HashMap<String, String>>,
}

/// Countries that are always there; and one that comes and goes.
pub(crate) const COUNTRIES: [&str; 5] = ["br", "cn", "us", "gb", "in"];
/// The one that comes and goes.
pub(crate) const FLEETING: &str = "in";
/// What they all inherit.
pub(crate) const PARENT: &str = "global";

const STAGES: [&str; 3] = ["market-selection", "data-adaptation", "compliance"];

impl Contents {
    /// Remembers rules before they are written.
    pub(crate) fn valid_rules(&self, text: &str, rules: Rules) {
        self.rules.lock().unwrap().insert(digest(text.as_bytes()), rules);
    }

    /// The same for a plugin.
    pub(crate) fn valid_plugin(&self, wasm: &[u8], plugin: Plugin) {
        self.plugins.lock().unwrap().insert(digest(wasm), plugin);
    }

    /// Remembers what must never be served, and why.
    pub(crate) fn invalid(&self, bytes: &[u8], why: &str) {
        self.invalid.lock().unwrap().insert(digest(bytes), why.to_owned());
    }

    /// What rules of this digest are worth.
    pub(crate) fn rules(&self, digest: &str) -> Result<Rules, String> {
        self.rules.lock().unwrap().get(digest).cloned().ok_or_else(|| self.unknown(digest))
    }

    /// What the plugin of this digest does.
    pub(crate) fn plugin(&self, digest: &str) -> Result<Plugin, String> {
        self.plugins.lock().unwrap().get(digest).copied().ok_or_else(|| self.unknown(digest))
    }

    fn unknown(&self, digest: &str) -> String {
        match self.invalid.lock().unwrap().get(digest) {
            Some(why) => format!("serves {digest}, which is not valid: {why}"),
            None => format!("serves {digest}, which nobody ever wrote"),
        }
    }
}

/// As answers name contents.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("blake3:{}", blake3::hash(bytes))
}

/// A file of rules that is valid, unlike any before. Its id stands at its end: no beginning of it is valid.
pub(crate) fn valid(id: &str, random: &mut Random) -> (String, Rules) {
    let mut stated = Vec::new();
    let mut fixed = |random: &mut Random| {
        let amount = 1 + random.below(9_000_000);
        stated.push(Amount::from(amount) * 10_000);
        format!("{{fixed-cost: {{amount: {amount} CNY}}}}")
    };
    let mut text = head(id);
    text.push_str("stages: {\n");
    let steady = if id == PARENT {
        writeln!(text, "  culture: {},", fixed(random)).unwrap();
        // Two plugins in one stage.
        writeln!(text, "  output: {{fixed-cost: {{amount: 1 CNY}}, steady: {{}}}},").unwrap();
        stated.push(10_000);
        1
    } else {
        for stage in STAGES {
            writeln!(text, "  {stage}: {},", fixed(random)).unwrap();
        }
        0
    };
    write!(text, "}}\nid: {id}").unwrap();
    (text, Rules { stated, steady })
}

fn head(id: &str) -> String {
    let (kind, extends) = match id {
        PARENT => ("bloc", ""),
        _ => ("country", "extends: [global]\n"),
    };
    format!(
        "schema: landfall/jurisdiction@1\nkind: {kind}\ntitle: The place {id}\n{extends}currency: CNY\n\
         review: {{done: 2026-11-23, by: soak, due: 2027-11-23}}\n"
    )
}

/// A file of rules with a fault, and which.
pub(crate) fn invalid(id: &str, random: &mut Random) -> (Vec<u8>, &'static str) {
    let (text, _) = valid(id, random);
    match random.below(10) {
        0 => (cut(&text, random), "half of a file"),
        1 => (text.replace("title:", "colour: red\ntitle:").into(), "an unknown key"),
        2 => (text.replacen(" CNY", "", 1).into(), "an amount without a currency"),
        3 => (text.replace(&format!("id: {id}"), "id: fr").into(), "another id than its name"),
        4 => (text.replace("stages:", "stages: {}\nstages:").into(), "a key twice"),
        5 => (vec![0xff, 0xfe, 0, 1], "no text"),
        6 => (b"schema: [".to_vec(), "no YAML"),
        7 => (text.replacen("fixed-cost", "no-such-plugin", 1).into(), "a plugin that is not there"),
        // Before the id, so that of this too no beginning is valid.
        8 => (
            text.replace(&format!("\nid: {id}"), &format!("\n{FAILING}id: {id}")).into(),
            "a test that fails",
        ),
        _ => (Vec::new(), "an empty file"),
    }
}

const FAILING: &str = "tests:\n  - name: expects a duty that nobody defined\n    as_of: 2026-11-23\n    given: {}\n    \
                       expect: {obligations: {has: [nothing]}}\n";

/// Some of its beginning, and never all of it.
pub(crate) fn cut(text: &str, random: &mut Random) -> Vec<u8> {
    let at = random.below(text.len() as u64 - 1);
    text.as_bytes()[..usize::try_from(at).unwrap()].to_vec()
}
