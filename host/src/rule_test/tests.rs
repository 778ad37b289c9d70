//! Tests of tests: what each kind of expectation says where it is not met, and what is refused before it runs.
//! Rules and plugins are real and go through the real reloader.

use crate::testing::{Files, OTHERS_NONE, country, plugins, problems, reloader};

/// Law of Germany in which most things can happen. `apart` is cheaper by 50 than `inhouse`.
const LAW: &str = "sources: {act: {title: The act}}
facts: {agents: {type: count, doc: how many}, small: {type: flag, doc: small, default: false}}
params:
  cap:
    type: money
    values:
      - {from: 2020-01-01, to: 2026-01-01, value: 5 EUR, cite: act#1, confidence: high}
      - {from: 2026-01-01, value: 50 EUR, cite: act#1, confidence: high}
  later: {type: count, values: [{from: 2030-01-01, value: 3, cite: act#2, confidence: high}]}
  gone: {type: count, values: [{from: 2020-01-01, to: 2025-01-01, value: 3, cite: act#2, confidence: high}]}
  hole: {type: count, values: [{from: 2020-01-01, absent: struck down}]}
choices: {officer: {options: {inhouse: {}, apart: {}}}}
obligations:
  officer:
    {title: Officer, cite: act#3, confidence: high, when: 'local.agents >= 20', choice: officer,
     options: {inhouse: {once: {fixed: 150 EUR}}, apart: {once: {fixed: 100 EUR}}},
     except: {small: {when: 'local.small', cite: act#4, instead: letter}}}
  letter: {title: Letter, cite: act#4, confidence: high, when: 'false', effort: {once: {fixed: 1 EUR}}}
  seal: {title: Seal, cite: act#5, confidence: high, when: 'true', in_force: {from: 2027-01-01}, effort: {once: {fixed: 7 EUR}}}
penalties:
  fine: {cite: act#6, confidence: high, when: 'local.agents > 0', maximum: 'min(0.5 * market.revenue, param.cap)', per: infringement, liable: company}
blocks:
  ban: {title: Ban, cite: act#7, confidence: high, when: 'local.agents > 100'}
";

fn files(tests: &str) -> Files {
    let law = LAW.replace('\'', "\"");
    Files::new().rule("de", country("de", "EUR", &format!("{law}tests:\n{tests}{OTHERS_NONE}")))
}

/// What a file with these tests is refused for; nothing where it is live.
#[track_caller]
fn of(tests: &str) -> String {
    let published = reloader().reload(&files(tests).disk());
    let item = published.items.iter().find(|item| item.file == "de.yaml").unwrap();
    let messages: Vec<_> = item
        .problems
        .iter()
        .map(|problem| match &problem.help {
            Some(help) => format!("{} (help: {help})", problem.message),
            None => problem.message.clone(),
        })
        .collect();
    messages.join("\n")
}

/// A test called `t` of one day.
fn test(given: &str, expect: &str) -> String {
    format!("  - {{name: t, as_of: 2026-11-23, given: {{market: {{{given}}}}}, expect: {{{expect}}}}}\n")
}

#[track_caller]
fn passes(given: &str, expect: &str) {
    assert_eq!(of(&test(given, expect)), "");
}

#[track_caller]
fn fails(given: &str, expect: &str, message: &str) {
    assert_eq!(of(&test(given, expect)), format!("the test `t` expects {message}"));
}

#[test]
fn what_comes_as_expected_passes() {
    passes("agents: 20", "obligations: {has: [officer], lacks: [letter, seal]}");
    passes("agents: 20, small: true", "obligations: {has: [letter], lacks: [officer]}");
    passes("", "obligations: {undetermined: [officer]}, penalties: {fine: undetermined}, status: incomplete");
    passes("agents: 1, revenue: 60 EUR", "penalties: {fine: 30 EUR}");
    passes("agents: 0", "penalties: {fine: none}");
    passes("agents: 101, revenue: 1 EUR", "blocks: {has: [ban]}, status: blocked");
    passes("agents: 1", "params: {cap: 50 EUR, later: not_yet, gone: ended, hole: absent}");
    passes("agents: 20, revenue: 1 EUR", "choices: {officer: apart}, status: complete");
    // A year from 2026-11-23 on holds the seal of 2027.
    passes(
        "agents: 20, revenue: 1 EUR",
        "costs: {compliance: 107 EUR, officer: 100 EUR, seal: 7 EUR, culture: 0 EUR}, total: 107 EUR",
    );
}

#[test]
fn an_obligation_says_why_it_does_or_does_not_apply() {
    fails(
        "agents: 12",
        "obligations: {has: [officer]}",
        "`de.officer` to apply, and it does not: `local.agents >= 20` is false (12 ≥ 20)",
    );
    fails(
        "agents: 20",
        "obligations: {lacks: [officer]}",
        "`de.officer` not to apply, and it applies: `local.agents >= 20` is true (20 ≥ 20)",
    );
    fails(
        "",
        "obligations: {lacks: [officer]}",
        "`de.officer` not to apply, and it is undetermined: nobody gave `local.agents`",
    );
    fails(
        "agents: 20, small: true",
        "obligations: {has: [officer]}",
        "`de.officer` to apply, and it does not: the exception `small` holds: `local.small` is true",
    );
    fails(
        "agents: 20",
        "obligations: {has: [seal]}",
        "`de.seal` to apply, and it does not: it begins on 2027-01-01, after 2026-11-23",
    );
    fails(
        "agents: 5",
        "blocks: {has: [ban]}",
        "`de.ban` to apply, and it does not: `local.agents > 100` is false (5 > 100)",
    );
}

#[test]
fn amounts_and_values_say_what_came_instead() {
    fails(
        "agents: 1, revenue: 200 EUR",
        "penalties: {fine: 40 EUR}",
        "the penalty `de.fine` to be 40 EUR, and it is 50 EUR: `local.agents > 0` is true (1 > 0); \
         `market.revenue` is 200 EUR; `param.cap` is 50 EUR; \
         `min(0.5 * market.revenue, param.cap)` is the smaller of 100 EUR and 50 EUR",
    );
    fails(
        "agents: 1, revenue: 200 EUR",
        "penalties: {fine: none}",
        "the penalty `de.fine` to be none, and it is 50 EUR: `local.agents > 0` is true (1 > 0); \
         `market.revenue` is 200 EUR; `param.cap` is 50 EUR; \
         `min(0.5 * market.revenue, param.cap)` is the smaller of 100 EUR and 50 EUR",
    );
    fails(
        "agents: 1",
        "params: {later: 3}",
        "`param.later` to be 3 on 2026-11-23, and `param.later` has no value yet before 2030-01-01",
    );
    fails(
        "agents: 20, revenue: 1 EUR",
        "choices: {officer: inhouse}",
        "`inhouse` of `officer` to be chosen, and `apart` is: it is cheaper by 50 EUR",
    );
    fails(
        "agents: 20, revenue: 1 EUR",
        "costs: {compliance: 100 EUR}",
        "compliance to cost 100 EUR, and it is 107 EUR: `de.officer` once 100 EUR + `de.seal` once 7 EUR",
    );
    fails(
        "agents: 2, revenue: 1 EUR",
        "costs: {officer: 100 EUR}",
        "`de.officer` to cost 100 EUR, and it is 0 EUR, as it does not apply: \
         `local.agents >= 20` is false (2 ≥ 20)",
    );
    fails(
        "agents: 101, revenue: 1 EUR",
        "total: 1 EUR",
        "the total to be 1 EUR, and it is blocked: `de.ban` holds: `local.agents > 100` is true (101 > 100)",
    );
}

#[test]
fn a_missing_rate_is_named() {
    let rated = |tests: &str| {
        let law = "obligations:\n  x: {title: X, cite: law#x, confidence: high, when: \"true\", effort: {once: {days: {engineer: 2}, fixed: 1 CHF}}}\n";
        let files =
            Files::new().rule("de", country("de", "EUR", &format!("{law}tests:\n{tests}{OTHERS_NONE}")));
        problems(&reloader().reload(&files.disk()))
    };
    let test = |given: &str| {
        format!("  - {{name: t, as_of: 2026-11-23, given: {{{given}}}, expect: {{total: 3 EUR}}}}\n")
    };
    let says = rated(&test(""));
    assert!(says.contains("no day rate for `engineer`"), "{says}");
    let says = rated(&test("rates: {engineer: {de: 1 EUR}}"));
    assert!(says.contains("CHF"), "{says}");
    assert_eq!(rated(&test("rates: {engineer: {de: 1 EUR}}, fx: {EUR/CHF: {rate: 1, source: test}}")), "");
}

#[test]
fn slips_are_found_before_anything_runs() {
    let cases = [
        (
            "",
            "obligatons: {has: [officer]}",
            "unknown key `obligatons` in `expect` (help: did you mean `obligations`?)",
        ),
        (
            "",
            "obligations: {has: [offcer]}",
            "`de` has no obligation `offcer` (help: did you mean `officer`?)",
        ),
        (
            "",
            "obligations: {had: [officer]}",
            "unknown key `had` in expected `obligations` (help: did you mean `has`?)",
        ),
        ("", "penalties: {fne: none}", "`de` has no penalty `fne` (help: did you mean `fine`?)"),
        (
            "",
            "penalties: {fine: 5}",
            "the penalty `fine`: `5` has no currency: write it after the number, as in `100 EUR`",
        ),
        ("", "blocks: {lacks: [bann]}", "`de` has no block `bann` (help: did you mean `ban`?)"),
        ("", "params: {cap: 3}", "`cap`: `3` has no currency: write it after the number, as in `100 EUR`"),
        ("", "params: {cpa: 3 EUR}", "`de` has no param `cpa` (help: did you mean `cap`?)"),
        ("", "choices: {officer: aprt}", "`aprt` is no option of `officer` (help: did you mean `apart`?)"),
        (
            "",
            "costs: {complience: 1 EUR}",
            "`complience` is neither a stage nor an obligation of `de` (help: did you mean `compliance`?)",
        ),
        (
            "",
            "total: 1 USD",
            "the total is in EUR here, not in USD (help: write the amount in EUR, the currency of this file)",
        ),
        (
            "",
            "status: done",
            "the status cannot be `done` (help: one of `complete`, `blocked`, `incomplete`)",
        ),
        ("agnts: 3", "status: complete", "unknown fact `market.agnts` (help: did you mean `agents`?)"),
        (
            "agents: many",
            "status: complete",
            "`market.agents` is a whole number, not `many` (help: write digits, with `_` between groups where wanted)",
        ),
        (
            "weight: 2",
            "status: complete",
            "`weight` does not stand under the market of a test (help: take it out: the market of a test has the weight 1)",
        ),
    ];
    for (given, expect, message) in cases {
        assert_eq!(of(&test(given, expect)), message);
    }
    assert!(
        of(&test("", ""))
            .starts_with("the test expects nothing, so it cannot fail (help: write what must come: ")
    );
    let twice = test("", "status: incomplete").repeat(2);
    assert_eq!(
        of(&twice),
        format!(
            "two tests are called `t` (help: the first one is on line {}: give this one another name)",
            line_of("  - {name: t")
        )
    );
}

/// The line of the first test.
fn line_of(text: &str) -> usize {
    let files = files(&test("", "status: incomplete"));
    files.rules["de.yaml"].lines().position(|line| line.starts_with(text)).unwrap() + 1
}

#[test]
fn a_bloc_is_asked_about_its_law_and_never_for_a_number() {
    let bloc = |expect: &str| {
        let text = format!(
            "schema: landfall/jurisdiction@1\nid: eu\nkind: bloc\ntitle: EU\nextends: [global]\ncurrency: EUR\n\
             sources: {{act: {{title: A}}}}\n\
             choices: {{way: {{options: {{one: {{}}, two: {{}}}}}}}}\n\
             obligations: {{x: {{title: X, cite: act#1, confidence: high, when: \"choice.way == 'one'\", effort: {{}}}}}}\n\
             penalties: {{fine: {{cite: act#1, confidence: high, when: \"true\", maximum: \"market.revenue\", per: infringement, liable: company}}}}\n\
             tests: [{{name: t, as_of: 2026-11-23, given: {{market: {{revenue: 5 EUR}}, choices: {{way: one}}}}, expect: {{{expect}}}}},\n\
                     {{name: open, as_of: 2026-11-23, expect: {{obligations: {{undetermined: [x]}}}}}}]\n"
        );
        problems(&reloader().reload(&Files::new().rule("eu", text).disk()))
    };
    assert_eq!(bloc("obligations: {has: [x]}, penalties: {fine: 5 EUR}"), "");
    let says = bloc("total: 5 EUR");
    assert!(says.contains("`eu` is no market, and nobody asks it for a number"), "{says}");
}

#[test]
fn the_tests_of_a_file_share_one_budget() {
    let choices: String = (0..13).map(|n| format!("c{n}: {{options: {{one: {{}}, two: {{}}}}}}, ")).collect();
    let reads: Vec<String> = (0..13).map(|n| format!("choice.c{n} == 'one'")).collect();
    let law = format!(
        "choices: {{{choices}}}\nobligations:\n  x: {{title: X, cite: law#x, confidence: high, when: \"{}\", effort: {{once: {{fixed: 1 EUR}}}}}}\n",
        reads.join(" || ")
    );
    let text = format!(
        "{law}tests:\n  - {{name: t, as_of: 2026-11-23, expect: {{status: complete}}}}\n{OTHERS_NONE}"
    );
    let files =
        Files::new().rule("de", country("de", "EUR", &text)).plugin("statutory", plugins::statutory());
    let says = problems(&reloader().reload(&files.disk()));
    assert!(
        says.contains("the test `t` was not answered: the open choices have 8192 combinations"),
        "{says}"
    );
    assert!(says.contains("pin choices under `given.choices`: "), "{says}");
}
