//! What stands instead of what is inherited, and what the rest of it needs then.

use super::*;

/// A bloc with one of everything, and a choice that three things hang on.
const EU: &str = "sources: {act: {title: An act}}
facts: {robots: {type: flag, doc: any}}
params: {fee: {type: count, values: [{from: 2020-01-01, value: 1, assumption: true}]}}
obligations:
  given: {title: t, cite: \"law#1\", confidence: high, when: \"param.fee > 0\", effort: {}}
  officer: {title: t, cite: \"law#1\", confidence: high, when: \"true\", choice: way, options: {one: {}, two: {}}}
penalties: {fine: {cite: \"law#1\", confidence: high, when: \"choice.way == 'two'\", maximum: \"money('1 EUR')\", per: day, liable: company}}
choices: {way: {options: {one: {}, two: {}}}, other: {options: {a: {}, b: {allowed_when: \"!triggered('given')\", cite: \"law#1\"}}}}
blocks: {stop: {title: t, cite: \"law#1\", confidence: high, when: \"false\"}}
gaps: {hole: {stage: culture, cite: \"law#1\", reason: r}}
stages: {culture: {fixed: {amount: 1 EUR}}}
";

fn bloc(id: &str, extends: &str, rest: &str) -> String {
    bare(id, extends, rest).replace("kind: country", "kind: bloc")
}

fn union(rest: &str) -> Files {
    world().rule("eu", bloc("eu", "[global]", EU)).rule("de", bare("de", "[eu]", rest))
}

/// Germany with these words under it, and what it says of them.
#[track_caller]
fn germany(rest: &str, expected: &str) {
    let files = union(rest);
    assert_eq!(problems(&files, "eu.yaml"), "");
    assert_eq!(problems(&files, "de.yaml"), expected);
}

fn replacing(what: &str, definition: &str) -> String {
    format!("replaces: {{{what}: {{why: ours is stricter, cite: [\"law#9\"]}}}}\n{definition}\n")
}

const GIVEN: &str =
    "obligations: {given: {title: ours, cite: \"law#2\", confidence: high, when: \"true\", effort: {}}}";

#[test]
fn a_definition_stands_instead_of_an_inherited_one() {
    for (what, definition) in [
        ("sources.act", "sources: {act: {title: Another act}}"),
        ("facts.robots", "facts: {robots: {type: flag, doc: other}}"),
        (
            "params.fee",
            "params: {fee: {type: count, values: [{from: 2020-01-01, value: 2, assumption: true}]}}",
        ),
        ("obligations.given", GIVEN),
        (
            "penalties.fine",
            "penalties: {fine: {cite: \"law#1\", confidence: high, when: \"true\", maximum: \"money('2 EUR')\", per: day, liable: company}}",
        ),
        (
            "choices.way",
            "choices: {way: {options: {two: {}, one: {allowed_when: \"false\", cite: \"law#9\"}}}}",
        ),
        ("blocks.stop", "blocks: {stop: {title: t, cite: \"law#2\", confidence: high, when: \"true\"}}"),
        ("gaps.hole", "gaps: {hole: {stage: culture, cite: \"law#2\", reason: other}}"),
        ("stages.culture.fixed", "stages: {culture: {fixed: {amount: 2 EUR}}}"),
    ] {
        germany(&replacing(what, definition), "");
    }
}

#[test]
fn the_replacement_has_its_own_id_and_says_what_it_replaces() {
    let files = union(&replacing("obligations.given", GIVEN));
    let published = files.published();
    let closures = &published.generation.as_ref().unwrap().closures;
    let merged =
        |id: &str| &closures.iter().find(|(known, _)| known.as_str() == id).unwrap().1.jurisdiction.merged;
    let given = &merged("de").obligations["given"];
    let replaces = given.replaces.as_ref().unwrap();
    assert_eq!(
        (
            given.id.to_string(),
            replaces.id.to_string(),
            &*replaces.why,
            &*replaces.cites[0].text,
            replaces.at.to_string()
        ),
        ("de.given".into(), "eu.given".into(), "ours is stricter", "law#9", "de.yaml:7:12".into())
    );
    let old = merged("de")
        .replaced
        .iter()
        .map(|old| format!("{}.{} of {}", old.section, old.name, old.jurisdiction));
    assert_eq!(old.collect::<Vec<_>>(), ["obligations.given of eu"]);
    assert_eq!(merged("eu").obligations["given"].id.to_string(), "eu.given");
    // The inherited option asks about the obligation that holds here.
    let asked = |id: &str| {
        let option = &merged(id).choices["other"].options[1];
        option.allowed_when.as_ref().unwrap().triggered().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!((asked("eu"), asked("de")), (vec!["eu.given".to_owned()], vec!["de.given".to_owned()]));
}

#[test]
fn a_replacement_names_what_is_inherited_and_defined_again() {
    germany(
        &replacing("obligations.given", ""),
        "7:12: this file replaces `obligations.given`, and defines no such obligation (help: write what holds here under `obligations:`, or take this out)",
    );
    germany(
        &replacing("obligations.givn", GIVEN),
        "7:12: this file inherits no obligation `givn` that it could replace (help: did you mean `given`?)
8:15: the obligation `given` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {obligations.given: {why: …, cite: […]}}`)",
    );
    germany(
        &replacing("given", GIVEN),
        "7:12: `given` does not say what it replaces (help: write its section and its name, as in `obligations.dpo` or `stages.compliance.gdpr`)",
    );
    germany(
        &replacing("obligation.given", GIVEN),
        "7:12: nothing can be replaced in `obligation` (help: did you mean `obligations`?)",
    );
    germany(
        &replacing("fills.x", ""),
        "7:12: nothing can be replaced in `fills` (help: an open term is filled once: write it under `fills:` in one file)",
    );
    germany(
        &replacing("stages.fixed", ""),
        "7:12: `stages.fixed` names no plugin (help: write the stage and the plugin, as in `stages.compliance.gdpr`)",
    );
    germany(
        &replacing("obligations.given", GIVEN).replace("why: ours is stricter, ", ""),
        "7:31: a replacement needs `why` (help: add `why: …`)",
    );
}

#[test]
fn what_is_inherited_still_means_something() {
    germany(
        &replacing(
            "params.fee",
            "params: {fee: {type: money, values: [{from: 2020-01-01, value: 2 EUR, assumption: true}]}}",
        ),
        "8:10: the param `fee` has the type money here, and count where it is inherited from (help: what is inherited reads it: keep its type)",
    );
    germany(
        &replacing("facts.robots", "facts: {robots: {type: count, doc: other}}"),
        "8:9: the fact `robots` has the type count here, and flag where it is inherited from (help: what is inherited reads it: keep its type)",
    );
    germany(
        &replacing("choices.way", "choices: {way: {options: {one: {}}}}"),
        "8:11: `way` has no option `two` here, which `eu.officer` has an effort for (help: keep it, with `allowed_when: \"false\"` where the law forbids it, or replace `officer` too)
8:11: `way` has no option `two` here, which a condition of `eu.fine` names (help: keep it, with `allowed_when: \"false\"` where the law forbids it, or replace `fine` too)",
    );
    germany(
        &replacing("choices.way", "choices: {way: {options: {one: {}, two: {}, three: {}}}}"),
        "8:11: `way` has the option `three` here, and `eu.officer` has no effort for it (help: replace `obligations.officer` too, or take the option out)",
    );
    let shared = EU.replace("choice: way", "shared: true, choice: way");
    let rest = replacing("choices.way", "choices: {way: {options: {one: {}, two: {}}}}");
    let files = world().rule("eu", bloc("eu", "[global]", &shared)).rule("de", bare("de", "[eu]", &rest));
    assert_eq!(
        problems(&files, "de.yaml"),
        "8:11: `eu.officer` is shared: `way` is one decision for all of its markets, and cannot be another one here (help: replace `obligations.officer` too)",
    );
    let circle = EU.replace(
        "when: \"param.fee > 0\"",
        "when: \"true\", except: {x: {when: \"true\", cite: \"law#1\", instead: officer}}",
    );
    let officer = "obligations: {officer: {title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {}, except: {x: {when: \"true\", cite: \"law#1\", instead: given}}}}";
    let rest = replacing("obligations.officer", officer);
    let files = world().rule("eu", bloc("eu", "[global]", &circle)).rule("de", bare("de", "[eu]", &rest));
    assert_eq!(
        problems(&files, "de.yaml"),
        "8:145: exceptions trigger one another in a circle: given → officer → given (help: take out one `instead`)",
    );
}

/// Germany under two blocs under `eu`; `aa` says this, and `bb` that.
fn diamond(aa: &str, bb: &str, extends: &str, rest: &str) -> Files {
    world()
        .rule("eu", bloc("eu", "[global]", EU))
        .rule("aa", bloc("aa", "[eu]", aa))
        .rule("bb", bloc("bb", "[eu]", bb))
        .rule("de", bare("de", extends, rest))
}

#[test]
fn in_a_diamond_the_replacement_beats_what_it_replaces() {
    for extends in ["[aa, bb]", "[bb, aa]", "[aa, eu]", "[eu, aa]"] {
        let files = diamond(&replacing("obligations.given", GIVEN), "", extends, "");
        assert_eq!(problems(&files, "de.yaml"), "");
        let published = files.published();
        let closures = &published.generation.as_ref().unwrap().closures;
        let (_, de) = closures.iter().find(|(id, _)| id.as_str() == "de").unwrap();
        assert_eq!(de.jurisdiction.merged.obligations["given"].id.to_string(), "aa.given", "{extends}");
    }
}

#[test]
fn two_replacements_tie_until_the_file_replaces_both() {
    let ours = replacing("obligations.given", GIVEN);
    for extends in ["[aa, bb]", "[bb, aa]"] {
        assert_eq!(
            problems(&diamond(&ours, &ours, extends, ""), "de.yaml"),
            "5:11: the obligation `given` comes from both aa.yaml and bb.yaml (help: replace it here: define it in this file and add `replaces: {obligations.given: {why: …, cite: […]}}`; or extend one of the two files)",
        );
        assert_eq!(problems(&diamond(&ours, &ours, extends, &ours), "de.yaml"), "");
    }
}

#[test]
fn a_choice_replaced_on_one_way_must_fit_what_comes_the_other() {
    let more = replacing(
        "choices.way\n  : {why: w, cite: \"law#1\"}, obligations.officer",
        "choices: {way: {options: {one: {}, two: {}, three: {}}}}\nobligations: {officer: {title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {}}}",
    );
    let more = more.replace("choices.way\n  :", "choices.way:");
    let also = "obligations: {deputy: {title: t, cite: \"law#1\", confidence: high, when: \"true\", choice: way, options: {one: {}, two: {}}}}\n";
    assert_eq!(
        problems(&diamond(&more, also, "[aa, bb]", ""), "de.yaml"),
        "5:11: `way` has the option `three` here, and `bb.deputy` has no effort for it (help: replace `obligations.deputy` too, or take the option out)",
    );
}

#[test]
fn a_region_lies_in_one_country_and_adds_to_it() {
    let region = |extends: &str, rest: &str| {
        let text = bare("us-ca", extends, rest).replace("kind: country", "kind: region");
        problems(&world().rule("us", bare("us", "[global]", PARENT)).rule("us-ca", text), "us-ca.yaml")
    };
    let own = "sources: {ccpa: {title: CCPA}}
facts: {sells: {type: flag, doc: d}}
params: {cap: {type: count, values: [{from: 2020-01-01, value: 2, assumption: true}]}}
obligations: {optout: {title: t, cite: \"ccpa#1\", confidence: high, when: \"local.sells && local.robots\", effort: {}, costed_by: gdpr}}
penalties: {more: {cite: \"law#1\", confidence: high, when: \"true\", maximum: \"money('1 EUR')\", per: day, liable: company}}
blocks: {stop: {title: t, cite: \"law#1\", confidence: high, when: \"false\"}}
gaps: {hole: {stage: compliance, cite: \"law#1\", reason: r}}
choices: {means: {options: {link: {}, signal: {}}}}
stages: {compliance: {gdpr: {}}}
";
    assert_eq!(region("[us]", own), "");
    assert_eq!(
        region("[global]", ""),
        "5:11: `us-ca` is a region, and extends no country (help: add its country, as in `extends: [us]`)"
    );
    assert_eq!(
        region("[us, br]", ""),
        "5:11: `us-ca` is a region, and extends `br` and `us` (help: a region lies in one country: extend that one alone)",
    );
    assert_eq!(
        region("[us]", "stages: {market-selection: {fixed: {amount: 1 EUR}}, data-adaptation: {none: n, by: us}}\n"),
        "7:10: a region adds obligations, never a second market-selection stage (help: write it into us.yaml)
7:54: a region adds obligations, and cannot declare data-adaptation to be nothing (help: write it into us.yaml)",
    );
    assert_eq!(
        region("[us]", "stages: {compliance: {gdpr: {}}}\n"),
        "7:23: a region adds obligations, and none of its own reaches `gdpr` (help: bind it in its country's file, or let an obligation here be costed by it)",
    );
    assert_eq!(
        region("[us]", &replacing("obligations.given", GIVEN)),
        "7:12: a region adds to its country, and cannot replace `obligations.given` (help: define something of another name, or write an exception into the country's file)",
    );
    let files = world()
        .rule("us", bare("us", "[global]", ""))
        .rule("us-ca", bare("us-ca", "[us]", "").replace("kind: country", "kind: region"))
        .rule("de", bare("de", "[us-ca]", ""));
    assert_eq!(
        problems(&files, "de.yaml"),
        "5:11: `us-ca` is a region, and `de` is not in it (help: only a region extends a region)",
    );
}

#[test]
fn what_is_shared_is_costed_where_it_is_defined() {
    let shared = |costed_by: &str| {
        bloc(
            "eu",
            "[global]",
            &format!(
                "obligations: {{agent: {{title: t, cite: \"law#1\", confidence: high, when: \"market.users > 0\", effort: {{}}, shared: true, costed_by: {costed_by}}}}}\nstages: {{compliance: {{users: {{}}, fees: {{}}, gdpr: {{}}}}}}\n"
            ),
        )
    };
    let union = |costed_by: &str| {
        let files = world().plugin("users", plugins::needing_fact("users", "market.users"));
        problems(&files.rule("eu", shared(costed_by)), "eu.yaml")
    };
    assert_eq!(union("gdpr"), "");
    assert_eq!(
        union("users"),
        "7:129: `eu.agent` is shared by several markets, and `users`, which costs it, reads `market.users`: which market's would count? (help: let `statutory` cost it, or take out `shared: true`)",
    );
    assert_eq!(
        union("fees"),
        "7:129: `eu.agent` is shared by several markets, and `fees`, which costs it, needs more than eu.yaml and the files it extends say (help: let `statutory` cost it, or take out `shared: true`)",
    );
}
