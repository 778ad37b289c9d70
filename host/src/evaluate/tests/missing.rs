//! Whatever cannot be computed makes an answer incomplete, with a reason and without J.

use super::*;
use crate::{
    id::Stage,
    protocol::Status,
    testing::{OTHERS_NONE, plugins},
};

/// Germany with a hundred for sure, and what else is given.
fn hundred_and(more: &[(&str, &str, &str)]) -> Files {
    let sure = [("sure", "true", "{once: {fixed: 100 EUR}}")];
    Files::new().country("de", &obligations(&[&sure, more].concat()))
}

/// The first reason's message, and where it points.
fn reason(files: &Files, rest: &str) -> String {
    let answer = files.ask(rest);
    let reason = &answer.markets[0].reasons[0];
    let at = reason.at.as_deref().unwrap_or("nowhere");
    format!("{at}: {}", reason.message)
}

#[test]
fn an_undetermined_obligation_is_priced_into_high_alone() {
    let spread_out = "{once: {fixed: {low: 10 EUR, likely: 20 EUR, high: 30 EUR}}}";
    let files = hundred_and(&[("perhaps", "product.personal_data", spread_out)]);
    let answer = files.ask(DE);
    assert_eq!(summary(&answer), "incomplete undetermined null, so far 100.0000 100.0000 130.0000");
    let [undetermined] = answer.markets[0].undetermined.as_slice() else { panic!("{answer:?}") };
    assert_eq!(undetermined.obligation, "de.perhaps");
    assert_eq!(undetermined.needs, ["product.personal_data"]);
    assert_eq!(spread(undetermined.if_applies.as_ref().unwrap()), "10.0000 20.0000 30.0000");
    let lines = &answer.markets[0].stages[&Stage::Compliance].lines;
    assert_eq!(lines.iter().map(|line| line.undetermined).collect::<Vec<_>>(), [false, true]);
    // Known either way, it is what it is.
    let known = |value| summary(&files.ask(&format!("product: {{personal_data: {value}}}\n{DE}")));
    assert_eq!(known(true), "complete 110.0000 120.0000 130.0000");
    assert_eq!(known(false), "complete 100.0000");
}

#[test]
fn what_is_undetermined_raises_the_lines_of_others_where_it_bears_on_them() {
    let files = hundred_and(&[("perhaps", "product.personal_data", "{once: {fixed: 7 EUR}}")])
        .plugin("crowded", plugins::crowded("crowded"))
        .replace("global", "{statutory: {}}", "{crowded: {}}");
    let files = files.replace("de", "when:", "costed_by: crowded, when:");
    assert_eq!(summary(&files.ask(DE)), "incomplete undetermined null, so far 100.0000 100.0000 214.0000");
}

#[test]
fn a_count_nobody_gave_leaves_an_obligation_without_a_price() {
    let files = hundred_and(&[("some", "true", "{once: {fixed: 10 EUR}, times: \"product.systems\"}")]);
    let answer = files.ask(DE);
    assert_eq!(summary(&answer), "incomplete undetermined null, so far 100.0000");
    assert_eq!(answer.markets[0].undetermined[0].if_applies, None);
    assert_eq!(
        reason(&files, DE),
        "de.yaml:9:3: `de.some` is undetermined, and its cost is not known: nobody gave `product.systems`"
    );
    let negative = "product: {systems: -1}\n";
    assert_eq!(
        summary(&files.ask(&format!("{negative}{DE}"))),
        "incomplete negative_count null, so far 100.0000"
    );
}

#[test]
fn a_param_without_a_value_is_undetermined_with_its_reason() {
    let param = "params: {floor: {type: count, values: [{from: 2027-12-01, value: 5, assumption: true}]}}\n";
    let duty = obligations(&[("x", "market.users > param.floor", "{once: {fixed: 9 EUR}}")]);
    let files = Files::new().country("de", &format!("{param}{duty}"));
    let users = "markets: {de: {weight: 1, users: 7}}\n";
    assert_eq!(summary(&files.ask(users)), "incomplete undetermined null, so far 0.0000 0.0000 9.0000");
    assert_eq!(
        reason(&files, users),
        "de.yaml:9:3: `de.x` is undetermined: `param.floor` has no value yet before 2027-12-01"
    );
}

#[test]
fn a_missing_rate_names_role_obligation_and_file() {
    let files = hundred_and(&[("work", "true", "{once: {days: {engineer: 1}}}")]);
    assert_eq!(summary(&files.ask(DE)), "incomplete missing_rate null, so far 100.0000");
    assert_eq!(
        reason(&files, DE),
        "de.yaml:9:3: no day rate for `engineer` in `de` on 2026-11-23, which `de.work` needs: add it to rates.yaml, or to the strategy under `rates:`"
    );
    let early = format!("as_of: 2019-12-31\n{DE}");
    let files = hundred_and(&[("work", "true", "{once: {days: {counsel: 1}}}")]);
    assert_eq!(summary(&files.ask(&early)), "incomplete missing_rate null, so far 100.0000");
}

#[test]
fn a_missing_exchange_rate_is_no_rate_of_one() {
    let files = hundred_and(&[("fee", "true", "{once: {fixed: 5 JPY}}")]);
    assert_eq!(summary(&files.ask(DE)), "incomplete missing_fx null, so far 100.0000");
    assert_eq!(
        reason(&files, DE),
        "de.yaml:9:3: `de.fee`: no exchange rate JPY/EUR: add it to fx.yaml, or to the strategy under `fx:`"
    );
    let files = hundred_and(&[("fee", "true", "{once: {fixed: 5 GBP}}")]);
    assert_eq!(
        reason(&files, DE),
        "de.yaml:9:3: `de.fee`: no exchange rate EUR/GBP on or before 2026-11-23: the first in fx.yaml is of 2027-06-01"
    );
    let whole = format!("currency: JPY\n{DE}");
    assert_eq!(summary(&hundred_and(&[]).ask(&whole)), "incomplete missing_fx null, so far 0.0000");
}

#[test]
fn a_fact_a_plugin_must_have_is_missed() {
    let bound = OTHERS_NONE.replace("culture: {none: not needed, by: test}", "culture: {heads: {}}");
    let files =
        Files::new().country("de", &bound).plugin("heads", plugins::needing_fact("heads", "market.users"));
    assert_eq!(summary(&files.ask(DE)), "incomplete needs_fact null, so far 0.0000");
    assert_eq!(
        reason(&files, DE),
        "de.yaml:10:13: the plugin `heads` needs `market.users`: nobody gave `market.users`"
    );
    assert_eq!(summary(&files.ask("markets: {de: {weight: 1, users: 1}}\n")), "complete 0.0000");
}

#[test]
fn a_stage_nobody_binds_is_incomplete_and_one_that_is_none_is_zero_and_shown() {
    let files =
        Files::new().country("de", &OTHERS_NONE.replace("  culture: {none: not needed, by: test}\n", ""));
    let answer = files.ask(DE);
    assert_eq!(summary(&answer), "incomplete unbound_stage null, so far 0.0000");
    assert_eq!(
        reason(&files, DE),
        "nowhere: no plugin is bound to culture: bind one, or write `culture: {none: why, by: who}`"
    );
    let stages = &answer.markets[0].stages;
    assert_eq!(stages[&Stage::Culture].total, None);
    assert_eq!(spread(stages[&Stage::Output].total.as_ref().unwrap()), "0.0000");
    let none = stages[&Stage::Output].none.as_ref().unwrap();
    assert_eq!(
        (none.reason.as_str(), none.by.as_str(), none.at.as_str()),
        ("not needed", "test", "de.yaml:10:3")
    );
}

#[test]
fn an_obligation_a_plugin_says_nothing_about_is_missed() {
    let files = hundred_and(&[]).plugin("statutory", plugins::forgetful("statutory"));
    assert_eq!(summary(&files.ask(DE)), "incomplete dropped_obligation null, so far 0.0000");
    assert_eq!(
        reason(&files, DE),
        "global.yaml:7:23: the plugin `statutory` was given `de.sure` and returned no line for it"
    );
    // One that costs nothing needs no line.
    let free = Files::effort("{}").plugin("statutory", plugins::forgetful("statutory"));
    assert_eq!(summary(&free.ask(DE)), "complete 0.0000");
}

#[test]
fn what_one_plugin_does_changes_no_other_markets_bytes() {
    let both = "markets: {de: {weight: 1}, br: {weight: 1}}\n";
    let world = |culture: &str| {
        let bound = OTHERS_NONE.replace("culture: {none: not needed, by: test}", culture);
        hundred_and(&[]).country("br", &bound)
    };
    let well = world("culture: {none: not needed, by: test}").ask(both);
    for (instructions, kind) in [
        ("unreachable", "trapped"),
        ("(loop (br 0))", "out_of_fuel"),
        (
            "(loop (drop (memory.grow (i32.const 64))) (br_if 0 (i32.lt_u (memory.size) (i32.const 4000))))",
            "out_of_memory",
        ),
    ] {
        let files = world("culture: {bad: {}}").plugin("bad", plugins::hostile("bad", instructions));
        let answer = files.ask(both);
        assert_eq!(summary(&answer), format!("incomplete {kind} null, so far 100.0000"));
        assert_eq!(answer.markets[0].status, Status::Incomplete);
        assert_eq!(answer.markets[0].stages[&Stage::Culture].total, None);
        assert_eq!(answer.markets[1], well.markets[1]);
    }
}

#[test]
fn a_sum_beyond_64_bits_has_no_total() {
    let most = "{once: {fixed: 900_000_000_000_000 EUR}}";
    let files = Files::new().country("de", &obligations(&[("x", "true", most), ("z", "true", most)]));
    let answer = files.ask(DE);
    assert_eq!(summary(&answer), "incomplete overflow null, so far 0.0000");
    assert_eq!(answer.markets[0].total, None);
    costs(most, "markets: {de: {weight: 2}}\n", "incomplete overflow null, so far 0.0000");
    costs(
        "{once: {fixed: 900_000_000_000_000 EUR}, times: \"product.systems\"}",
        "product: {systems: 2}\n",
        "incomplete overflow null, so far 0.0000",
    );
}

#[test]
fn what_may_apply_and_cannot_be_converted_has_no_cost_said() {
    let duty = obligations(&[("maybe", "market.users > 5", "{once: {fixed: 9 EUR}}")]);
    let files = Files::new().country("de", &duty);
    let answer = files.ask("currency: JPY\nmarkets: {de: {weight: 1}}\n");
    assert_eq!(summary(&answer), "incomplete missing_fx undetermined null, so far 0.0000");
    assert_eq!(answer.markets[0].undetermined[0].if_applies, None);
}
