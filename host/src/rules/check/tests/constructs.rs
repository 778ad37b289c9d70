//! What the law says beside obligations, and what is shared, excepted, disputed or only proposed.

use super::*;

/// A good obligation of that name with more to say.
fn named(name: &str, more: &str) -> String {
    format!("{name}: {{title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {{}}{more}}}")
}

fn two(first: &str, second: &str) -> String {
    format!("obligations: {{{}, {}}}\n", named("a", first), named("b", second))
}

#[test]
fn a_status_is_a_word() {
    refused("status: proposed\n", "");
    refused(&duty(", status: proposed"), "");
    refused("status: draft\n", "7:9: a status cannot be `draft` (help: one of `enacted`, `proposed`)");
    refused(
        &fine(", status: proposd"),
        "7:126: a status cannot be `proposd` (help: did you mean `proposed`?)",
    );
}

#[test]
fn an_exception_says_what_holds_instead() {
    refused(&two(", except: {small: {when: \"company.sme\", cite: \"law#2\", instead: b}}", ""), "");
    refused(
        &two(", except: {small: {when: \"company.sme\", cite: \"law#2\", instead: bb}}", ""),
        "7:150: unknown obligation `bb` (help: did you mean `b`?)",
    );
    refused(
        &two(", except: {small: {when: \"company.sme\", instead: b}}", ""),
        "7:104: an exception needs `cite` (help: add `cite: …`)",
    );
    refused(
        &two(", except: {small: {when: \"company.smee\", cite: \"lwa#2\"}}", ""),
        "7:112: unknown fact `company.smee` (help: did you mean `company.sme`?)
7:133: unknown source `lwa` (help: did you mean `law`?; sources stand under `sources:`)",
    );
    refused(
        &two(
            ", except: {small: {when: \"true\", cite: \"law#2\"}, small: {when: \"true\", cite: \"law#2\"}}",
            "",
        ),
        "7:135: the key `small` stands here twice (help: the first one is on line 7: remove one of them)",
    );
    let to = |name: &str| format!(", except: {{x: {{when: \"true\", cite: \"law#2\", instead: {name}}}}}");
    refused(
        &two(&to("b"), &to("a")),
        "7:139: exceptions trigger one another in a circle: a → b → a (help: take out one `instead`)",
    );
    refused(
        &two(&to("a"), ""),
        "7:139: exceptions trigger one another in a circle: a → a (help: take out one `instead`)",
    );
}

#[test]
fn what_is_shared_rests_on_no_one_market() {
    let sharing = |more: &str, effort: &str| {
        duty(&format!(", shared: true{more}")).replace("effort: {}", &format!("effort: {effort}"))
    };
    refused(
        &sharing(
            ", except: {x: {when: \"market.users < 5\", cite: \"law#2\"}}",
            "{once: {}, times: \"product.systems\"}",
        ),
        "",
    );
    refused(
        &sharing("", "{once: {}, times: \"market.users\"}"),
        "7:102: `x` is shared by several markets, and `market.users` is a fact of one market: which market's would count? (help: count it by facts of the company or the product, or take out `shared: true`)",
    );
    refused(
        &sharing(", requires: {words: product.systems}", "{}")
            .replace("obligations", "stages: {compliance: {gdpr: {}}}\nobligations"),
        "8:113: `x` is shared, and what it requires would be given to one market's plugins (help: take out `requires`, or `shared: true`)",
    );
}

#[test]
fn a_block_and_a_gap_rest_on_law() {
    let block = |more: &str| format!("blocks: {{x: {{title: t, when: \"market.users > 5\"{more}}}}}\n");
    refused(
        &block(", cite: \"law#1\", confidence: high, in_force: {from: 2026-01-01}, status: proposed"),
        "",
    );
    refused(&block(", confidence: high"), "7:13: a block needs `cite` (help: add `cite: …`)");
    refused(
        &block(", cite: \"law#1\", confidence: high, in_force: {from: 2026-13-01}"),
        "7:100: `from` is a date, not `2026-13-01` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
    let gap = |more: &str| format!("gaps: {{x: {{stage: compliance, cite: \"law#1\", reason: r{more}}}}}\n");
    refused(&gap(""), "");
    refused(&gap(", when: \"product.personal_data\", accepted: {by: us, until: 2027-05-31}"), "");
    refused(
        &gap(", accepted: {by: us}"),
        "7:67: a gap is accepted for a time, and `until` is missing (help: add `until: <date>`, the first day on which the gap counts again)",
    );
    refused(
        &gap(", accepted: {by: us, until: 2027-02-29}"),
        "7:83: `until` is a date, not `2027-02-29` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
    refused(
        &gap("").replace("compliance", "complience"),
        "7:19: a stage cannot be `complience` (help: did you mean `compliance`?)",
    );
}

/// A bloc that leaves four things open, and Germany with these words.
fn under_open_terms(rest: &str) -> String {
    let open = "facts: {sector: {type: one_of, values: [a, b], doc: d}, other: {type: one_of, values: [a, z], doc: d}}
open_terms:
  more_cases: {type: flag, doc: d, cite: \"law#1\", default: false}
  heads: {type: count, doc: d, cite: \"law#1\"}
  cap: {type: money, doc: d, cite: \"law#1\"}
  kind_of: {type: one_of, values: [a, b], doc: d, cite: \"law#1\"}
obligations: {x: {title: t, cite: \"law#1\", confidence: high, when: \"term.more_cases || term.kind_of == 'a'\", effort: {once: {}, times: \"term.heads\"}}}
";
    let parent = bare("eu", "[global]", open).replace("kind: country", "kind: bloc");
    let files = world().rule("eu", parent).rule("de", bare("de", "[eu]", rest));
    assert_eq!(problems(&files, "eu.yaml"), "");
    problems(&files, "de.yaml")
}

fn fill(name: &str, value: &str) -> String {
    format!("fills: {{{name}: {{value: {value}, cite: \"law#2\", confidence: high}}}}\n")
}

#[test]
fn what_is_left_open_is_filled_once_and_with_its_type() {
    for (name, value) in [
        ("more_cases", "\"market.users > 5\""),
        ("heads", "\"product.systems + 1\""),
        ("cap", "\"0.5 * market.revenue\""),
        ("kind_of", "a"),
        ("kind_of", "local.sector"),
        ("kind_of", "\"local.sector\""),
    ] {
        let said = under_open_terms(&fill(name, value));
        let plain = value == "local.sector";
        assert_eq!(said.is_empty(), !plain, "{name}: {value}: {said}");
    }
    for (name, value, said) in [
        (
            "more_case",
            "\"true\"",
            "7:9: no file that this one extends leaves `more_case` open (help: did you mean `more_cases`?)",
        ),
        (
            "more_cases",
            "\"market.users\"",
            "7:30: `market.users` is a count: a flag is needed here (help: compare it, as in `market.users > 0`)",
        ),
        (
            "heads",
            "\"0.5 * product.systems\"",
            "7:24: `heads` is a count, and `0.5 * product.systems` is a ratio (help: write what is a count)",
        ),
        (
            "heads",
            "\"term.heads + 1\"",
            "7:24: `term.heads` is an open term itself (help: write what fills this one with facts, params and choices alone)",
        ),
        ("kind_of", "c", "7:26: `kind_of` cannot be `c` (help: did you mean `a`?)"),
        (
            "kind_of",
            "\"local.other\"",
            "7:26: `local.other` can hold what `kind_of` cannot (help: name a fact or param with the same values, or one of the values)",
        ),
    ] {
        assert_eq!(under_open_terms(&fill(name, value)), said);
    }
    assert_eq!(
        under_open_terms("open_terms: {heads: {type: count, doc: d, cite: \"law#1\"}}\n"),
        "7:14: the open term `heads` is already defined in eu.yaml, which this file inherits (help: give this one another name, or fill that one under `fills:`)",
    );
    assert_eq!(
        under_open_terms(&format!(
            "open_terms: {{own: {{type: flag, doc: d, cite: \"law#1\"}}}}\n{}",
            fill("own", "\"true\"")
        )),
        "8:9: `own` is opened and filled in one file (help: write what it says where it is read; an open term is for the files that extend this one)",
    );
}

#[test]
fn a_term_is_closed_by_the_first_that_fills_it() {
    let bloc =
        |id: &str, extends: &str, rest: &str| bare(id, extends, rest).replace("kind: country", "kind: bloc");
    let open = "open_terms: {cases: {type: flag, doc: d, cite: \"law#1\"}}\n";
    let files = world()
        .rule("eu", bloc("eu", "[global]", open))
        .rule("aa", bloc("aa", "[eu]", &fill("cases", "\"true\"")))
        .rule("bb", bloc("bb", "[eu]", &fill("cases", "\"false\"")))
        .rule("cc", bloc("cc", "[eu]", ""));
    let germany =
        |extends: &str, rest: &str| problems(&files.clone().rule("de", bare("de", extends, rest)), "de.yaml");
    assert_eq!(germany("[aa, cc]", ""), "");
    assert_eq!(
        germany("[cc, aa]", &fill("cases", "\"true\"")),
        "7:9: `cases` is filled already, in aa.yaml, which this file inherits (help: an open term is filled once: take this out)",
    );
    for extends in ["[aa, bb]", "[bb, aa]"] {
        assert_eq!(
            germany(extends, ""),
            "5:11: `term.cases` is filled by both aa.yaml and bb.yaml (help: extend one of the two files, or fill it once in a file that both extend)",
        );
    }
}

#[test]
fn a_reading_says_what_differs_and_who_reads_it_so() {
    let disputed = |more: &str| duty(&format!(", disputed: [{{{more}}}]"));
    refused(&disputed("from: 2027-01-01, cite: \"law#2\", note: n, confidence: medium"), "");
    refused(
        &disputed("cite: \"law#2\", note: n, confidence: medium"),
        "7:99: this reading differs in nothing (help: say in what; one of `from`, `to`, `when`, `effort`, `options`, `except`)",
    );
    refused(
        &disputed("maximum: \"money('1 EUR')\", cite: \"law#2\", note: n, confidence: medium"),
        "7:99: this reading differs in nothing (help: say in what; one of `from`, `to`, `when`, `effort`, `options`, `except`)
7:100: unknown key `maximum` in a reading (help: one of `from`, `to`, `when`, `effort`, `options`, `except`, `cite`, `note`, `confidence`)",
    );
    refused(
        &disputed("when: \"false\", cite: \"law#2\""),
        "7:99: a reading needs `note` (help: add `note: …`)
7:99: a reading needs `confidence` (help: add `confidence: …`)",
    );
}

#[test]
fn a_chain_of_exceptions_may_be_long() {
    let link = |n: usize| {
        let next = n + 1;
        named(
            &format!("d{n}"),
            &format!(", except: {{x: {{when: \"true\", cite: \"law#1\", instead: d{next}}}}}"),
        )
    };
    let chain = |last: &str| {
        let links: Vec<String> = (0..3_000).map(link).chain([named("d3000", last)]).collect();
        format!("obligations: {{{}}}\n", links.join(", "))
    };
    refused(&chain(""), "");
    let said = problems(
        &world().rule(
            "de",
            bare("de", "[global]", &chain(", except: {x: {when: \"true\", cite: \"law#1\", instead: d0}}")),
        ),
        "de.yaml",
    );
    let circle = "circle: d0 → d1 → d2 → d3 → d4 → d5 → d6 → d7 → … → d0 (help: take out one `instead`)";
    assert!(said.contains(circle), "{said}");
}
