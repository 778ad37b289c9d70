//! No sequence of edits, good or bad, reaches beyond what it touches.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    id::Digest,
    testing::{OTHERS_NONE, plugins},
};

/// What may stand in a file: its contents, and whether it is bad by itself.
struct Variant {
    text: String,
    broken: bool,
}

fn good(text: impl Into<String>) -> Variant {
    Variant { text: text.into(), broken: false }
}

fn broken(text: impl Into<String>) -> Variant {
    Variant { text: text.into(), broken: true }
}

const RULES: [&str; 9] = ["facts", "rates", "fx", "global", "eu", "de", "fr", "br", "us"];

/// Everything that may stand in a rule file; the first is good together with all other firsts.
fn rule_variants(name: &str) -> Vec<Variant> {
    let first = start().rules[&format!("{name}.yaml")].clone();
    let swap = |from: &str, to: &str| {
        assert!(first.contains(from), "{first}");
        first.replace(from, to)
    };
    let mut variants = vec![good(first.clone()), broken(NOT_YAML), broken("\u{0}")];
    variants.extend(match name {
        "facts" => vec![
            // A fact more, one less that Germany needs, and one that France needs with another type.
            good(swap("product:\n", "product:\n  robots: {type: flag, doc: any, default: true}\n")),
            good(swap("  personal_data: {type: flag, doc: any}\n", "")),
            good(swap("systems: {type: count", "systems: {type: flag")),
        ],
        "rates" => vec![good(swap("700 EUR", "900 EUR")), broken(swap("700 EUR", "900"))],
        "fx" => vec![
            good(swap("rate: 8", "rate: 4")),
            good(swap("  EUR/BRL: [{date: 2026-10-30, rate: 8}]\n", "")),
        ],
        "global" => vec![
            good(format!("{first}{}", duty("of_the_world", 1000))),
            // Takes away what all bind, and what all cite.
            good(swap("stages: {compliance: {statutory: {}}}\n", "")),
            good(swap("sources: {law: {title: The law}}\n", "")),
            broken(swap("kind: bloc", "kind: planet")),
        ],
        "eu" => vec![
            good(swap("10 EUR", "20 EUR")),
            // Takes away the param that both members read, or takes the name of Germany's own duty.
            good(swap("  fee:", "  fees:")),
            good(swap("of_all", "own_de")),
            broken(swap("extends: [global]", "extends: [globe]")),
            // Bad, and may take its members with it into a circle.
            good(swap("extends: [global]", "extends: [de]")),
            good(swap("extends: [global]", "extends: [eu]")),
        ],
        "de" => vec![
            good(swap("1 EUR", "2 EUR")),
            good(swap("product.personal_data", "product.robots")),
            good(swap("extends: [eu]", "extends: [br]")),
            broken(swap("id: de", "id: fr")),
        ],
        "fr" => vec![
            good(swap("3 EUR", "4 EUR")),
            // Without the union, it must cite and bind by itself.
            good(swap("extends: [eu]", "extends: [global]")),
            broken(swap("confidence: high", "confidence: sure")),
        ],
        "br" => vec![
            good(swap("amount: 2 EUR", "amount: 3 EUR")),
            good(swap("fixed: {amount: 2 EUR}", "solo: {amount: 2 EUR}")),
            broken(swap("amount: 2 EUR", "amount: 2 USD")),
        ],
        _ => vec![
            good(swap("amount: 7 EUR", "amount: 8 EUR")),
            broken(swap("currency: EUR", "currency: EURO")),
        ],
    });
    variants
}

const PLUGINS: [&str; 3] = ["statutory", "fixed", "solo"];

/// Everything that may stand in a plugin file, and whether it is refused by itself.
fn plugin_variants(id: &'static str) -> Vec<(Vec<u8>, bool)> {
    let garbage = (b"\0asm, or so it says".to_vec(), true);
    let other = (plugins::fixed("other", 0, 5), true);
    let needy = (plugins::needing_param(id, "surcharge"), false);
    match id {
        "statutory" => {
            vec![(plugins::statutory(), false), garbage, other, needy, (plugins::crowded(id), false)]
        }
        _ => vec![
            (plugins::fixed(id, 0, 1), false),
            garbage,
            other,
            needy,
            (plugins::fixed(id, 0, 2), false),
            // Traps when it is asked, and its settings are not what the rules have.
            (plugins::hostile(id, "unreachable"), false),
        ],
    }
}

/// Two members of a union, Brazil on its own, and the United States without any parent.
fn start() -> Files {
    let bound = |stage: &str, plugin: &str| {
        OTHERS_NONE
            .replace(&format!("{stage}: {{none: not needed, by: test}}"), &format!("{stage}: {{{plugin}}}"))
    };
    let own = |name: &str, when: &str, euros: u32| {
        obligations(&[(name, when, &format!("{{once: {{fixed: {euros} EUR, days: {{counsel: 1}}}}}}"))])
    };
    let fee = "params:\n  fee: {type: count, values: [{from: 2020-01-01, value: 5, assumption: true}]}\n";
    let us = format!(
        "schema: landfall/jurisdiction@1\nid: us\nkind: country\ntitle: us\ncurrency: EUR\n{}  compliance: {{none: not needed, by: test}}\n",
        bound("output", "solo: {amount: 7 EUR}")
    );
    Files::new()
        .rule("eu", bloc("eu", &format!("{fee}{}", own("of_all", "market.users > param.fee", 10))))
        .member("de", &own("own_de", "product.personal_data && market.users > param.fee", 1))
        .member("fr", &own("own_fr", "product.systems > param.fee", 3))
        .country("br", &format!("{}{}", own("own_br", "true", 5), bound("culture", "fixed: {amount: 2 EUR}")))
        .rule("us", us)
        .plugin("fixed", plugins::fixed("fixed", 0, 1))
        .plugin("solo", plugins::fixed("solo", 0, 1))
}

/// A change of one file: another variant, or none at all.
#[derive(Debug, Clone, Copy)]
struct Edit {
    /// Rules first, then plugins.
    file: usize,
    /// Deletes the file if there is none of that number.
    variant: usize,
}

fn edit() -> impl Strategy<Value = Edit> {
    (0..RULES.len() + PLUGINS.len(), 0..10_usize).prop_map(|(file, variant)| Edit { file, variant })
}

/// Every variant, made once.
struct Variants {
    rules: Vec<Vec<Variant>>,
    plugins: Vec<Vec<(Vec<u8>, bool)>>,
}

impl Edit {
    fn name(self) -> String {
        match RULES.get(self.file) {
            Some(rule) => format!("{rule}.yaml"),
            None => format!("{}.wasm", PLUGINS[self.file - RULES.len()]),
        }
    }

    /// Makes the change; whether what now stands there cannot be served, by itself.
    fn apply(self, files: &mut Files, variants: &Variants) -> bool {
        let name = self.name();
        match variants.rules.get(self.file) {
            Some(of) => match of.get(self.variant) {
                Some(variant) => {
                    files.rules.insert(name, variant.text.clone());
                    variant.broken
                }
                None => {
                    files.rules.remove(&name);
                    true
                }
            },
            None => match variants.plugins[self.file - RULES.len()].get(self.variant) {
                Some((bytes, broken)) => {
                    files.plugins.insert(name, bytes.clone().into());
                    *broken
                }
                None => {
                    files.plugins.remove(&name);
                    true
                }
            },
        }
    }
}

const MARKETS: [&str; 4] = ["de", "fr", "br", "us"];

/// The files that may bear on a market, but for the base.
fn bears_on(market: &str) -> BTreeSet<&'static str> {
    let own: &[&str] = match market {
        "de" => {
            &["de.yaml", "eu.yaml", "br.yaml", "global.yaml", "statutory.wasm", "fixed.wasm", "solo.wasm"]
        }
        "fr" => &[
            "fr.yaml",
            "eu.yaml",
            "de.yaml",
            "br.yaml",
            "global.yaml",
            "statutory.wasm",
            "fixed.wasm",
            "solo.wasm",
        ],
        "br" => &["br.yaml", "global.yaml", "statutory.wasm", "fixed.wasm", "solo.wasm"],
        _ => &["us.yaml", "solo.wasm"],
    };
    own.iter().copied().collect()
}

const BASE: [&str; 3] = ["facts.yaml", "rates.yaml", "fx.yaml"];

/// What a market is told: its own part of the answer as JSON; none where it has no file. Every fact that is
/// declared is given, as its type in that base wants it.
fn told(published: &Arc<Published>, market: &str) -> Option<String> {
    let facts = &published.generation.as_ref()?.base.facts;
    let given = |name: &str, value: &str| {
        let (_, fact) = facts.iter().find(|((_, known), _)| known.as_str() == name)?;
        let flag = fact.value_type == crate::value::ValueType::Flag;
        Some(format!("{name}: {}", if flag { "true" } else { value }))
    };
    let product: Vec<String> =
        [given("personal_data", ""), given("systems", "9")].into_iter().flatten().collect();
    let users = given("users", "8").map_or_else(String::new, |users| format!(", {users}"));
    let text = format!(
        "currency: BRL\nproduct: {{{}}}\nmarkets: {{{market}: {{weight: 1{users}}}}}\n",
        product.join(", ")
    );
    match query(published, &request(&text)) {
        Ok(response) => Some(serde_json::to_string(&response.answer.markets[0]).unwrap()),
        Err(refusal) => {
            assert!(refusal.diagnostics[0].message.starts_with("unknown market"), "{refusal:?}");
            None
        }
    }
}

fn base_of(published: &Published) -> Vec<Digest> {
    published.generation.as_ref().unwrap().base.digests().map(|(_, digest)| digest).collect()
}

/// Everything that is published, but for when.
fn outcome(published: &Published) -> (Digest, String, BTreeMap<JurisdictionId, String>) {
    let generation = published.generation.as_ref().unwrap();
    let items: Vec<Item> = published.items.iter().map(|item| Item { since: None, ..item.clone() }).collect();
    let closures = generation.closures.iter();
    let merged = closures.map(|(id, closure)| (id.clone(), format!("{:?}", closure.jurisdiction.merged)));
    (generation.digest, format!("{items:?} {:?}", generation.unavailable), merged.collect())
}

fn is_served(published: &Published, market: &str) -> bool {
    published.generation.as_ref().unwrap().closures.contains_key(market)
}

fn is_live(published: &Published, file: &str) -> bool {
    published.items.iter().any(|item| item.file == file && item.state == ItemState::Live)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_reach_only_what_they_touch(steps in proptest::collection::vec(proptest::collection::vec(edit(), 1..4), 1..12)) {
        let variants = Variants {
            rules: RULES.iter().map(|name| rule_variants(name)).collect(),
            plugins: PLUGINS.iter().map(|id| plugin_variants(id)).collect(),
        };
        let mut host = Watched::good(start());
        let mut thorough = Watched::good(start());
        for edits in &steps {
            let before = Arc::clone(&host.published);
            let mut bad = BTreeSet::new();
            let mut touched = BTreeSet::new();
            host.then(|mut files| {
                for edit in edits {
                    let broken = edit.apply(&mut files, &variants);
                    touched.insert(edit.name());
                    if broken { bad.insert(edit.name()) } else { bad.remove(&edit.name()) };
                }
                files
            });
            // What is not made again is what it would be.
            thorough.reloader.makes_everything_again();
            let files = host.files.clone();
            thorough.then(|_| files);
            prop_assert_eq!(outcome(&thorough.published), outcome(&host.published));
            let base_stays = base_of(&before) == base_of(&host.published);
            for market in MARKETS {
                let own = format!("{market}.yaml");
                let (was, is) = (told(&before, market), told(&host.published, market));
                let served = is_served(&before, market);
                if served && host.files.rules.contains_key(&own) {
                    // Last good: whatever happens, it is served.
                    prop_assert!(is_served(&host.published, market), "{market} vanished: {}", host.stale());
                }
                let near = bears_on(market);
                let reached: Vec<_> = touched.iter().filter(|file| near.contains(file.as_str())).collect();
                if served && base_stays && reached.is_empty() {
                    prop_assert!(was == is, "nothing that bears on {market} was touched: {was:?} {is:?}");
                }
                // What was good and only lost something, or was given something broken, stays as it was.
                let all_live = near.iter().chain(&BASE).filter(|file| !file.ends_with("wasm")).all(|file| is_live(&before, file));
                let deleted = touched.contains(&own) && !host.files.rules.contains_key(&own);
                if served && base_stays && all_live && !deleted && reached.iter().all(|file| bad.contains(*file)) {
                    prop_assert!(was == is, "{market} had nothing but breakage, {edits:?}: {was:?} {is:?}");
                }
                if base_stays && was != is && (served || is_served(&host.published, market)) {
                    // Whatever changed is named by the closure.
                    let closure = |published: &Published| published.generation.as_ref().unwrap().closures.get(market).map(|closure| closure.digest());
                    prop_assert_ne!(closure(&before), closure(&host.published));
                }
            }
            if host.stale().is_empty() {
                // History leaves no trace where everything is good.
                let fresh = Watched::good(host.files.clone());
                prop_assert_eq!(fresh.published.generation.as_ref().unwrap().digest, host.published.generation.as_ref().unwrap().digest);
            }
        }
        host.then(|_| start());
        prop_assert_eq!(host.stale(), "");
        let fresh = Watched::good(start());
        for market in MARKETS {
            prop_assert_eq!(told(&host.published, market), told(&fresh.published, market));
        }
    }
}
