//! What holds in a place does not depend on the order in which anything is written: files, `extends`, maps.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::rules::book::{Jurisdiction, Merged, StageRule};

/// A file: its name, its kind, what it extends, and its sections with their entries.
type Written = (&'static str, &'static str, Vec<&'static str>, Vec<(&'static str, Vec<&'static str>)>);

/// Two ways from Germany up to `eu`, of which each replaces and fills something else; and a region.
fn written() -> Vec<Written> {
    vec![
        (
            "eu",
            "bloc",
            vec!["global"],
            vec![
                ("sources", vec!["act: {title: An act}", "both: {title: Known to both}"]),
                (
                    "open_terms",
                    vec![
                        "cases: {type: flag, doc: d, cite: \"law#1\", default: false}",
                        "heads: {type: count, doc: d, cite: \"act#2\"}",
                    ],
                ),
                (
                    "params",
                    vec![
                        "fee: {type: count, values: [{from: 2020-01-01, value: 1, assumption: true}]}",
                        "cap: {type: count, values: [{from: 2020-01-01, value: 9, assumption: true}]}",
                    ],
                ),
                (
                    "choices",
                    vec![
                        "way: {options: {one: {}, two: {allowed_when: \"!triggered('a')\", cite: \"law#1\"}}}",
                    ],
                ),
                (
                    "obligations",
                    vec![
                        "a: {title: a, cite: \"law#1\", confidence: high, when: \"term.cases\", effort: {}, except: {x: {when: \"true\", cite: \"law#2\", instead: b}}}",
                        "b: {title: b, cite: \"act#1\", confidence: high, when: \"param.fee > term.heads\", choice: way, options: {one: {}, two: {}}}",
                        "c: {title: c, cite: \"law#1\", confidence: high, when: \"true\", effort: {}}",
                    ],
                ),
            ],
        ),
        (
            "aa",
            "bloc",
            vec!["eu", "global"],
            vec![
                ("sources", vec!["both: {title: Known to both}", "own: {title: Of aa}"]),
                (
                    "fills",
                    vec!["cases: {value: \"market.users > param.cap\", cite: \"own#1\", confidence: high}"],
                ),
                (
                    "replaces",
                    vec!["obligations.a: {why: w, cite: \"own#1\"}", "params.fee: {why: w, cite: \"own#1\"}"],
                ),
                (
                    "params",
                    vec!["fee: {type: count, values: [{from: 2020-01-01, value: 2, assumption: true}]}"],
                ),
                (
                    "obligations",
                    vec!["a: {title: aa, cite: \"own#1\", confidence: high, when: \"true\", effort: {}}"],
                ),
            ],
        ),
        (
            "bb",
            "bloc",
            vec!["global", "eu"],
            vec![
                ("sources", vec!["both: {title: Known to both}"]),
                ("fills", vec!["heads: {value: \"product.systems\", cite: \"both#1\", confidence: low}"]),
                ("replaces", vec!["obligations.c: {why: w, cite: \"both#1\"}"]),
                (
                    "obligations",
                    vec![
                        "c: {title: bc, cite: \"both#1\", confidence: high, when: \"term.cases\", effort: {}}",
                        "d: {title: bd, cite: \"both#1\", confidence: high, when: \"true\", choice: way, options: {two: {}, one: {}}}",
                    ],
                ),
                ("stages", vec!["culture: {fixed: {amount: 1 EUR}}", "compliance: {gdpr: {}}"]),
            ],
        ),
        (
            "de",
            "country",
            vec!["eu", "aa", "bb", "global"],
            vec![
                ("replaces", vec!["stages.culture.fixed: {why: w, cite: \"both#1\"}"]),
                ("stages", vec!["culture: {fixed: {amount: 2 EUR}}", "output: {none: n, by: us}"]),
                (
                    "gaps",
                    vec![
                        "g: {stage: culture, cite: \"own#1\", reason: r}",
                        "f: {stage: output, cite: \"act#1\", reason: r}",
                    ],
                ),
                ("blocks", vec!["stop: {title: n, cite: \"own#1\", confidence: high, when: \"term.cases\"}"]),
            ],
        ),
        (
            "de-by",
            "region",
            vec!["de", "aa"],
            vec![(
                "obligations",
                vec![
                    "e: {title: e, cite: \"both#1\", confidence: high, when: \"param.fee > 1\", effort: {}}",
                ],
            )],
        ),
    ]
}

fn text((id, kind, extends, sections): &Written) -> String {
    let mut text =
        bare(id, &format!("[{}]", extends.join(", ")), "").replace("kind: country", &format!("kind: {kind}"));
    for (section, entries) in sections {
        writeln!(text, "{section}:").unwrap();
        for entry in entries {
            writeln!(text, "  {entry}").unwrap();
        }
    }
    text
}

/// Everything shuffled that has no order.
fn shuffled() -> impl Strategy<Value = Vec<Written>> {
    let file = |(id, kind, extends, sections): Written| {
        let sections = sections.into_iter().map(|(key, entries)| (Just(key), Just(entries).prop_shuffle()));
        let sections = sections.collect::<Vec<_>>().prop_shuffle_after();
        (Just(id), Just(kind), Just(extends).prop_shuffle(), sections)
    };
    written().into_iter().map(file).collect::<Vec<_>>()
}

/// A list whose members are strategies, then shuffled.
trait ShuffleAfter<T>: Sized {
    fn prop_shuffle_after(self) -> proptest::strategy::BoxedStrategy<Vec<T>>;
}

impl<S> ShuffleAfter<S::Value> for Vec<S>
where
    S: Strategy + 'static,
    S::Value: Clone + 'static,
{
    fn prop_shuffle_after(self) -> proptest::strategy::BoxedStrategy<Vec<S::Value>> {
        self.prop_flat_map(|all| Just(all).prop_shuffle()).boxed()
    }
}

/// What holds in every place, without where it is written.
fn holds(all: &[Written]) -> String {
    let files = all.iter().fold(world(), |files, written| files.rule(written.0, text(written)));
    let published = files.published();
    assert_eq!(crate::testing::problems(&published), "");
    let closures = &published.generation.as_ref().unwrap().closures;
    closures.values().map(|closure| summary(&closure.jurisdiction)).collect()
}

fn summary(place: &Jurisdiction) -> String {
    let Merged {
        facts,
        sources,
        params,
        obligations,
        penalties,
        choices,
        blocks,
        gaps,
        terms,
        stages,
        replaced,
    } = &place.merged;
    let mut text =
        format!("{} near {:?}\n{:?}\n{replaced:?}\n", place.id(), place.nearest, place.lineage.keys());
    let mut line = |parts: std::fmt::Arguments<'_>| text.write_fmt(parts).unwrap();
    for (name, (by, _)) in facts {
        line(format_args!("fact {by}.{name}\n"));
    }
    for (name, (by, source)) in sources {
        line(format_args!("source {by}.{name} {}\n", source.title));
    }
    for param in params.values() {
        let values: Vec<_> = param.values.iter().map(|value| (value.from, value.to, &value.value)).collect();
        line(format_args!("param {} {values:?}\n", param.id));
    }
    for duty in obligations.values() {
        let replaces = duty.replaces.as_ref().map(|replaces| replaces.id.to_string());
        let instead: Vec<_> = duty.exceptions.values().map(|exception| &exception.instead).collect();
        line(format_args!("{} {} {} {replaces:?} {instead:?}\n", duty.id, duty.title, duty.when.text()));
    }
    for penalty in penalties.values() {
        line(format_args!("penalty {}\n", penalty.id));
    }
    for option in choices.values().flat_map(|choice| &choice.options) {
        let asked = option.allowed_when.as_ref().map(|asked| asked.triggered().clone());
        line(format_args!("option {} {asked:?}\n", option.name));
    }
    for id in blocks.values().map(|block| &block.id).chain(gaps.values().map(|gap| &gap.id)) {
        line(format_args!("{id}\n"));
    }
    for term in terms.values() {
        let fill = term.fill.as_ref().map(|fill| (fill.by.to_string(), fill.value.text()));
        line(format_args!("term {} {fill:?}\n", term.id));
    }
    for (stage, rule) in stages {
        match rule {
            StageRule::None { reason, by, .. } => line(format_args!("{stage} {reason} {by}\n")),
            StageRule::Plugins(plugins) => {
                for binding in plugins.values() {
                    line(format_args!("{stage} {} by {}\n", binding.plugin, binding.by));
                }
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_order_changes_what_holds(all in shuffled()) {
        prop_assert_eq!(holds(&all), holds(&written()));
    }
}

#[test]
fn what_is_shuffled_holds_what_it_should() {
    let holds = holds(&written());
    for expected in [
        "aa.a aa true Some(\"eu.a\") []\n",
        "eu.b b param.fee > term.heads None []\n",
        "bb.c bc term.cases Some(\"eu.c\") []\n",
        "term eu.cases Some((\"aa\", \"market.users > param.cap\"))\n",
        "term eu.heads Some((\"bb\", \"product.systems\"))\n",
        "source aa.both Known to both\n",
        "culture fixed by de\n",
        "option two Some({QualifiedId { jurisdiction: JurisdictionId(\"aa\"), name: Name(\"a\") }})\n",
    ] {
        assert!(holds.contains(expected), "{expected}\n{holds}");
    }
}
