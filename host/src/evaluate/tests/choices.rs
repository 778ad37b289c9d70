//! The minimum over the open choices, and what keeps it from being found.

use std::fmt::Write as _;

use super::*;
use crate::{
    protocol::{Answer, Minimum},
    testing::{OTHERS_NONE, plugins, refusal},
};

/// `dpo: outsourced, then inhouse +10.0000`, a line for each choice of the first market.
fn decisions(answer: &Answer) -> String {
    let mut text = String::new();
    for (name, choice) in &answer.markets[0].choices {
        write!(text, "{name}: {}", choice.chosen.as_deref().unwrap_or("unknown")).unwrap();
        if !choice.open {
            text += " (pinned)";
        }
        if let (Some(other), Some(gap)) = (&choice.runner_up, &choice.gap) {
            write!(text, ", then {other} +{gap}").unwrap();
        }
        for struck in &choice.struck {
            write!(text, ", not {} ({})", struck.option, struck.reason).unwrap();
        }
        text += "\n";
    }
    text
}

#[track_caller]
fn check(files: &Files, rest: &str, expected_summary: &str, expected: &[&str]) {
    let answer = files.ask(rest);
    assert_eq!(summary(&answer), expected_summary);
    assert_eq!(decisions(&answer), expected.iter().map(|line| format!("{line}\n")).collect::<String>());
    let unknown =
        expected.iter().any(|line| line.contains("unknown")) && !answer.status.as_str().contains("blocked");
    assert_eq!(answer.minimum == Minimum::Unknown, unknown);
}

/// A choice of officer, with what its first option may ask for.
fn officer(allowed_when: &str, inhouse: &str, outsourced: &str) -> Files {
    let options =
        format!("choices: {{dpo: {{options: {{inhouse: {{{allowed_when}}}, outsourced: {{}}}}}}}}\n");
    let duty = format!("choice: dpo, options: {{inhouse: {inhouse}, outsourced: {outsourced}}}");
    Files::new().country("de", &format!("{options}{}", obligations(&[("officer", "true", &duty)])))
}

const FIFTY: &str = "{once: {fixed: 50 EUR}}";
const FORTY: &str = "{once: {fixed: 40 EUR}}";

#[test]
fn the_least_likely_then_the_least_high_then_the_written_order() {
    check(&officer("", FIFTY, FORTY), DE, "complete 40.0000", &["dpo: outsourced, then inhouse +10.0000"]);
    check(&officer("", FORTY, FIFTY), DE, "complete 40.0000", &["dpo: inhouse, then outsourced +10.0000"]);
    let wide = "{once: {fixed: {low: 0 EUR, likely: 40 EUR, high: 41 EUR}}}";
    check(&officer("", wide, FORTY), DE, "complete 40.0000", &["dpo: outsourced, then inhouse +0.0000"]);
    check(&officer("", FORTY, FORTY), DE, "complete 40.0000", &["dpo: inhouse, then outsourced +0.0000"]);
    let swapped =
        officer("", FORTY, FORTY).replace("de", "inhouse: {}, outsourced: {}", "outsourced: {}, inhouse: {}");
    check(&swapped, DE, "complete 40.0000", &["dpo: outsourced, then inhouse +0.0000"]);
    // The gap is of J, so it is weighted.
    let heavy = "markets: {de: {weight: 2.5}}\n";
    check(
        &officer("", FIFTY, FORTY),
        heavy,
        "complete 100.0000",
        &["dpo: outsourced, then inhouse +25.0000"],
    );
}

#[test]
fn j_itself_is_minimised_with_its_rounding() {
    // Halved and rounded line by line, three and three are four, and five and two are three.
    let duties = obligations(&[
        ("p", "choice.a == 'one'", "{once: {fixed: 0.0003 EUR}}"),
        ("q", "choice.a == 'one'", "{once: {fixed: 0.0003 EUR}}"),
        ("r", "choice.a == 'two'", "{once: {fixed: 0.0005 EUR}}"),
        ("s", "choice.a == 'two'", "{once: {fixed: 0.0002 EUR}}"),
    ]);
    let files = Files::new()
        .country("de", &format!("choices: {{a: {{options: {{one: {{}}, two: {{}}}}}}}}\n{duties}"));
    check(&files, "markets: {de: {weight: 0.5}}\n", "complete 0.0003", &["a: two, then one +0.0001"]);
    check(&files, DE, "complete 0.0006", &["a: one, then two +0.0001"]);
    // What counts for nothing in J is still spent.
    check(&files, "markets: {de: {weight: 0}}\n", "complete 0.0000", &["a: one, then two +0.0000"]);
}

#[test]
fn a_pinned_choice_stays_where_it_is() {
    let here = "markets: {de: {weight: 1, choices: {dpo: inhouse}}}\n";
    check(&officer("", FIFTY, FORTY), here, "complete 50.0000", &["dpo: inhouse (pinned)"]);
    let everywhere = format!("{DE}choices: {{dpo: inhouse}}\n");
    check(&officer("", FIFTY, FORTY), &everywhere, "complete 50.0000", &["dpo: inhouse (pinned)"]);
    // The market's own pin comes before the one for all.
    let both = format!("{here}choices: {{dpo: outsourced}}\n");
    check(&officer("", FIFTY, FORTY), &both, "complete 50.0000", &["dpo: inhouse (pinned)"]);
}

#[test]
fn an_option_the_law_does_not_allow_is_struck() {
    let small = officer("allowed_when: \"market.users < 10\", cite: \"law#9\"", FORTY, FIFTY);
    let users = |users: &str| format!("markets: {{de: {{weight: 1, users: {users}}}}}\n");
    check(&small, &users("9"), "complete 40.0000", &["dpo: inhouse, then outsourced +10.0000"]);
    check(
        &small,
        &users("10"),
        "complete 50.0000",
        &["dpo: outsourced, not inhouse (market.users < 10 is 10 < 10)"],
    );
}

#[test]
fn a_market_without_an_allowed_option_is_blocked() {
    let never = officer("allowed_when: \"market.users < 10\", cite: \"law#9\"", FORTY, FIFTY).replace(
        "de",
        "outsourced: {}}}}\n",
        "outsourced: {allowed_when: \"market.users < 5\", cite: \"law#8\"}}}}\n",
    );
    let users = "markets: {de: {weight: 1, users: 10}}\n";
    let answer = never.ask(users);
    assert_eq!(summary(&answer), "blocked null, so far 0.0000");
    let market = &answer.markets[0];
    assert_eq!((market.total.as_ref(), market.weighted.as_ref()), (None, None));
    let [block] = market.blocks.as_slice() else { panic!("{market:?}") };
    assert_eq!(
        (block.id.as_str(), block.from.as_str(), block.at.as_str()),
        ("de.dpo", "2026-11-23", "de.yaml:7:11")
    );
    assert_eq!(block.cites, ["law#9", "law#8"]);
    // So is one whose pinned option is forbidden.
    let pinned = "markets: {de: {weight: 1, users: 7, choices: {dpo: outsourced}}}\n";
    assert_eq!(summary(&never.ask(pinned)), "blocked null, so far 0.0000");
    // And it takes J with it, but not the others' numbers.
    let both = never.country("br", &obligations(&[("x", "true", FIFTY)]));
    assert_eq!(
        summary(&both.ask("markets: {de: {weight: 1, users: 10}, br: {weight: 1}}\n")),
        "blocked null, so far 50.0000"
    );
}

#[test]
fn an_option_nobody_can_judge_leaves_the_choice_open() {
    let small = officer("allowed_when: \"market.users < 10\", cite: \"law#9\"", FORTY, FIFTY);
    check(&small, DE, "incomplete undetermined null, so far 40.0000", &["dpo: unknown"]);
    let pinned = "markets: {de: {weight: 1, choices: {dpo: outsourced}}}\n";
    check(&small, pinned, "complete 50.0000", &["dpo: outsourced (pinned)"]);
    let dear = officer("allowed_when: \"market.users < 10\", cite: \"law#9\"", FIFTY, FORTY);
    check(&dear, DE, "incomplete undetermined null, so far 40.0000", &["dpo: unknown"]);
}

#[test]
fn an_option_under_which_something_fails_is_neither_struck_nor_cheap() {
    let failing = |effort: &str, kind: &str, so_far: &str| {
        for files in [officer("", effort, FIFTY), officer("", FIFTY, effort)] {
            check(&files, DE, &format!("incomplete {kind} null, so far {so_far}"), &["dpo: unknown"]);
        }
    };
    failing("{once: {days: {engineer: 1}}}", "missing_rate", "50.0000");
    failing("{once: {fixed: 1 JPY}}", "missing_fx", "50.0000");
    failing("{once: {fixed: 1 EUR}, times: \"product.systems\"}", "undetermined", "50.0000");
    // Beyond 64 bits only together with the other obligation.
    let most = "{once: {fixed: 900_000_000_000_000 EUR}}";
    for files in [officer("", most, FIFTY), officer("", FIFTY, most)] {
        let duty = format!(
            "  other: {{title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {most}}}\nstages:"
        );
        let files = files.replace("de", "stages:", &duty);
        check(&files, DE, "incomplete overflow null, so far 900000000000050.0000", &["dpo: unknown"]);
    }
}

#[test]
fn what_is_undetermined_under_one_option_leaves_the_choice_open() {
    let files = officer("", FIFTY, FORTY);
    let perhaps = "  perhaps: {title: t, cite: \"law#1\", confidence: high, when: \"product.personal_data && choice.dpo == 'outsourced'\", effort: {once: {fixed: 20 EUR}}}\nstages:";
    let files = files.replace("de", "stages:", perhaps);
    check(&files, DE, "incomplete undetermined null, so far 40.0000 40.0000 60.0000", &["dpo: unknown"]);
    let given = |value: &str| format!("product: {{personal_data: {value}}}\n{DE}");
    check(&files, &given("true"), "complete 50.0000", &["dpo: inhouse, then outsourced +10.0000"]);
    check(&files, &given("false"), "complete 40.0000", &["dpo: outsourced, then inhouse +10.0000"]);
    // What does not bear on the choice leaves it decided.
    let elsewhere = files.replace("de", " && choice.dpo == 'outsourced'", "");
    check(
        &elsewhere,
        DE,
        "incomplete undetermined null, so far 40.0000 40.0000 60.0000",
        &["dpo: outsourced, then inhouse +10.0000"],
    );
}

#[test]
fn a_plugin_is_told_the_option_by_its_own_order() {
    let rest = format!(
        "choices: {{host: {{options: {{region: {{}}, local: {{}}}}}}}}\n{}",
        OTHERS_NONE.replace("output: {none: not needed, by: test}", "output: {hosting: {}}")
    );
    let files = Files::new()
        .country("de", &rest)
        .plugin("hosting", plugins::choosy("hosting", "host", &["none", "local", "region"]));
    check(&files, DE, "complete 2000.0000", &["host: local, then region +1000.0000"]);
}

#[test]
fn an_option_may_hang_on_an_obligation_that_is_triggered() {
    let files = officer("allowed_when: \"!triggered('officer_at_home')\", cite: \"law#9\"", FORTY, FIFTY);
    let duty = "  officer_at_home: {title: t, cite: \"law#1\", confidence: high, when: \"product.personal_data\", effort: {}}\nstages:";
    let files = files.replace("de", "stages:", duty);
    let given = |value: &str| format!("product: {{personal_data: {value}}}\n{DE}");
    check(&files, &given("false"), "complete 40.0000", &["dpo: inhouse, then outsourced +10.0000"]);
    check(
        &files,
        &given("true"),
        "complete 50.0000",
        &["dpo: outsourced, not inhouse (triggered('officer_at_home') is true)"],
    );
    check(&files, DE, "incomplete undetermined null, so far 40.0000", &["dpo: unknown"]);
}

#[test]
fn linked_choices_are_decided_together() {
    let choices = "choices: {a: {options: {one: {}, two: {}}}, b: {options: {one: {}, two: {}}}}\n";
    let by = |choice: &str, one: u32, two: u32| {
        format!(
            "choice: {choice}, options: {{one: {{once: {{fixed: {one} EUR}}}}, two: {{once: {{fixed: {two} EUR}}}}}}"
        )
    };
    let (a, b) = (by("a", 10, 12), by("b", 10, 13));
    let files = |more: &[(&str, &str, &str)]| {
        let duties = [[("x", "true", a.as_str()), ("z", "true", b.as_str())].as_slice(), more].concat();
        Files::new().country("de", &format!("{choices}{}", obligations(&duties)))
    };
    let apart = ["a: one, then two +2.0000", "b: one, then two +3.0000"];
    check(&files(&[]), DE, "complete 20.0000", &apart);
    // Each by itself would take its first option.
    let clash = [("clash", "choice.a == 'one' && choice.b == 'one'", "{once: {fixed: 9 EUR}}")];
    check(&files(&clash), DE, "complete 22.0000", &["a: two, then one +1.0000", "b: one, then two +1.0000"]);
}

/// The toy of the domain research: three markets in one file, choices that share what they cost.
#[test]
fn a_coupled_optimum_is_found() {
    let choice =
        |name: &str, one: &str, two: &str| format!("  {name}: {{options: {{{one}: {{}}, {two}: {{}}}}}}\n");
    let mut choices = "choices:\n".to_owned();
    let mut duties: Vec<(String, String, u32)> = Vec::new();
    let mut duty = |name: &str, when: &str, cost: u32| duties.push((name.to_owned(), when.to_owned(), cost));
    for (place, human, post_edit) in [("br", 50, 35), ("pt", 50, 35), ("de", 55, 30)] {
        choices += &choice(&format!("text_{place}"), "human", "post_edit");
        choices += &choice(&format!("dpo_{place}"), "inhouse", "outsourced");
        choices += &choice(&format!("host_{place}"), "local", "region");
        duty(&format!("post_edit_{place}"), &format!("choice.text_{place} == 'post_edit'"), post_edit);
        duty(&format!("dpo_{place}"), &format!("choice.dpo_{place} == 'outsourced'"), 40);
        duty(&format!("host_{place}"), &format!("choice.host_{place} == 'local'"), 60);
        if place != "pt" {
            duty(&format!("human_{place}"), &format!("choice.text_{place} == 'human'"), human);
        }
    }
    duty("human_pt", "choice.text_pt == 'human' && choice.text_br != 'human'", 50);
    duty("variant_pt", "choice.text_pt == 'human' && choice.text_br == 'human'", 10);
    let any = |choice: &str, option: &str| {
        ["br", "pt", "de"].map(|place| format!("choice.{choice}_{place} == '{option}'")).join(" || ")
    };
    duty("dpo_inhouse", &any("dpo", "inhouse"), 90);
    duty("representative", "true", 10);
    duty("region", &any("host", "region"), 60);
    duty("region_br", "choice.host_br == 'region'", 5);
    let mut all = "obligations:\n".to_owned();
    for (name, when, cost) in duties {
        writeln!(all, "  {name}: {{title: t, cite: \"law#1\", confidence: high, when: \"{when}\", effort: {{once: {{fixed: {cost} EUR}}}}}}").unwrap();
    }
    let expected = [
        "dpo_br: inhouse, then outsourced +30.0000",
        "dpo_de: inhouse, then outsourced +30.0000",
        "dpo_pt: inhouse, then outsourced +30.0000",
        "host_br: region, then local +55.0000",
        "host_de: region, then local +60.0000",
        "host_pt: region, then local +60.0000",
        "text_br: human, then post_edit +10.0000",
        "text_de: post_edit, then human +25.0000",
        "text_pt: human, then post_edit +10.0000",
    ];
    let files = Files::new().country("de", &format!("{choices}{all}"));
    check(&files, DE, "complete 255.0000", &expected);
}

#[test]
fn too_many_combinations_name_the_choices_to_pin() {
    let options = |n: u32| (0..n).map(|n| format!("o{n}: {{}}")).collect::<Vec<_>>().join(", ");
    let choices = [("a", 10), ("b", 10), ("c", 10), ("d", 5)]
        .map(|(name, n)| format!("  {name}: {{options: {{{}}}}}\n", options(n)))
        .concat();
    let reads = "choice.a == choice.b || choice.c == 'o1' || choice.d == 'o1'";
    let files = |when: &str| {
        Files::new().country("de", &format!("choices:\n{choices}{}", obligations(&[("x", when, "{}")])))
    };
    let published = files(reads).published();
    assert_eq!(
        refusal(&published, DE),
        "the open choices have 5000 combinations: at most 4096 are compared in one query (help: pin some of them: markets.de.choices.a, markets.de.choices.b, markets.de.choices.c, markets.de.choices.d)"
    );
    let pinned = "markets: {de: {weight: 1, choices: {a: o3, b: o3, c: o0}}}\n";
    assert_eq!(summary(&files(reads).ask(pinned)), "complete 0.0000");
    // What is not linked is compared by itself.
    assert_eq!(summary(&files("true").ask(DE)), "complete 0.0000");
}

#[test]
fn a_query_that_burns_too_much_fuel_is_refused() {
    // Ten choices that one plugin reads, which fails under every one of 1,024 combinations.
    const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let choices: String =
        NAMES.map(|name| format!("  {name}: {{options: {{one: {{}}, two: {{}}}}}}\n")).concat();
    let bound = OTHERS_NONE.replace("output: {none: not needed, by: test}", "output: {bad: {}}");
    let files = Files::new()
        .country("de", &format!("choices:\n{choices}{bound}"))
        .plugin("bad", plugins::failing_by("bad", &NAMES));
    assert_eq!(
        refusal(&files.published(), DE),
        "the query takes more than 200000000000 fuel (help: ask about fewer markets, or pin choices)"
    );
}
