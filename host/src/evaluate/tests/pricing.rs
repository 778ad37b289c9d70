//! Effort to money, and money over the horizon.

use super::*;

#[test]
fn days_times_rates_plus_fixed_money_times_a_count() {
    costs("{once: {days: {counsel: 2.5}}}", "", "complete 1750.0000");
    costs("{once: {days: {counsel: 2}, fixed: 100.5 EUR}}", "", "complete 1500.5000");
    costs("{once: {fixed: 10 EUR}, yearly: {fixed: 5 EUR}}", "", "complete 15.0000");
    let four = "product: {systems: 4}\n";
    costs("{once: {fixed: 10 EUR}, times: \"product.systems\"}", four, "complete 40.0000");
    costs(
        "{once: {fixed: 1 EUR}, yearly: {fixed: 2 EUR}, times: \"product.systems * 2\"}",
        four,
        "complete 24.0000",
    );
    costs(
        "{once: {fixed: 10 EUR}, times: \"product.systems\"}",
        "product: {systems: 0}\n",
        "complete 0.0000",
    );
    costs("{}", "", "complete 0.0000");
}

#[test]
fn spreads_are_all_low_and_all_high() {
    let days = "{once: {days: {counsel: {low: 1, likely: 2, high: 4}}, fixed: {low: 1 EUR, likely: 2 EUR, high: 3 EUR}}}";
    costs(days, "", "complete 701.0000 1402.0000 2803.0000");
    let dear = "rates: {counsel: {de: {low: 10 EUR, likely: 20 EUR, high: 30 EUR}}}\n";
    costs(days, dear, "complete 11.0000 42.0000 123.0000");
}

#[test]
fn the_strategys_rate_comes_first_then_the_markets_then_its_nearest_ancestors() {
    let files = Files::new().rule(
        "eu",
        "schema: landfall/jurisdiction@1\nid: eu\nkind: bloc\ntitle: eu\nextends: [global]\ncurrency: EUR\n",
    );
    let day = obligations(&[("x", "true", "{once: {days: {counsel: 1}}}")]);
    let files = files.country("de", &day).country("br", &day);
    let files = files.replace("de", "extends: [global]", "extends: [eu]");
    let both = "markets: {de: {weight: 1}, br: {weight: 0}}\n";
    let of = |files: &Files, rest: &str| {
        let answer = files.ask(&format!("{rest}{both}"));
        answer
            .markets
            .iter()
            .map(|market| spread(market.total.as_ref().unwrap()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(of(&files, ""), "100.0000 200.0000 400.0000, 700.0000");
    let eu = files.clone().replace(
        "rates",
        "    br:",
        "    eu: {values: [{from: 2020-01-01, value: 650 EUR, source: s}]}\n    br:",
    );
    assert_eq!(of(&eu, ""), "100.0000 200.0000 400.0000, 650.0000");
    assert_eq!(of(&eu, "rates: {counsel: {br: 1 EUR}}\n"), "1.0000, 650.0000");
    let dated = eu.replace(
        "rates",
        "value: 650 EUR, source: s}",
        "value: 650 EUR, source: s}, {from: 2026-11-24, value: 9 EUR, source: s}",
    );
    assert_eq!(of(&dated, ""), "100.0000 200.0000 400.0000, 650.0000");
    assert_eq!(of(&dated, "as_of: 2026-11-24\n"), "100.0000 200.0000 400.0000, 9.0000");
}

#[test]
fn currencies_are_converted_at_the_rate_of_the_day() {
    costs("{once: {fixed: 80 BRL}}", "", "complete 10.0000");
    costs("{once: {fixed: 80 BRL}}", "currency: USD\n", "complete 12.5000");
    costs("{once: {fixed: 80 BRL}}", "fx: {EUR/BRL: {rate: \"4\", source: budget}}\n", "complete 20.0000");
    costs("{once: {fixed: 80 BRL}}", "fx: {BRL/EUR: {rate: \"0.5\", source: budget}}\n", "complete 40.0000");
    costs("{once: {fixed: 1 GBP}}", "as_of: 2027-06-01\n", "complete 1.2500");
}

#[test]
fn a_case_is_computed_in_the_markets_currency() {
    let files = Files::new().rule(
        "br",
        crate::testing::country(
            "br",
            "BRL",
            &obligations(&[("x", "true", "{once: {days: {counsel: 1}, fixed: 8 EUR}}")]),
        ),
    );
    let answer = files.ask("markets: {br: {weight: 1}}\n");
    let line = &answer.markets[0].stages[&crate::id::Stage::Compliance].lines[0];
    assert_eq!(line.spans[0].native.currency, "BRL");
    assert_eq!(spread(&line.spans[0].native.amount), "864.0000 1664.0000 3264.0000");
    assert_eq!(line.fx.as_ref().unwrap().rate, "0.125");
    assert_eq!(summary(&answer), "complete 108.0000 208.0000 408.0000");
}

#[test]
fn what_is_priced_is_rounded_once_half_to_even() {
    // Eight BRL are one EUR: 0.5, 1.5 and 2.5 ten-thousandths.
    costs("{once: {fixed: 0.0004 BRL}}", "", "complete 0.0000");
    costs("{once: {fixed: 0.0012 BRL}}", "", "complete 0.0002");
    costs("{once: {fixed: 0.0020 BRL}}", "", "complete 0.0002");
    // Not before it is counted.
    costs(
        "{once: {fixed: 0.0004 BRL}, times: \"product.systems\"}",
        "product: {systems: 3}\n",
        "complete 0.0002",
    );
    // Not before it is added up.
    costs(
        "{once: {days: {counsel: 1}, fixed: 0.0004 BRL}}",
        "rates: {counsel: {de: 0.0004 BRL}}\n",
        "complete 0.0001",
    );
}

#[test]
fn yearly_lines_are_discounted_and_rounded_once() {
    let three = "horizon_years: 3\ndiscount: 8%\n";
    costs("{yearly: {fixed: 100 EUR}}", three, "complete 278.3265");
    costs("{once: {fixed: 100 EUR}}", three, "complete 100.0000");
    // Rounded every year it would be 0.0009.
    costs("{yearly: {fixed: 0.0003 EUR}}", three, "complete 0.0008");
    costs("{yearly: {fixed: 100 EUR}}", "horizon_years: 3\n", "complete 300.0000");
    costs("{yearly: {fixed: 10_000 EUR}}", "horizon_years: 30\ndiscount: 8%\n", "complete 121584.0601");
    costs(
        "{yearly: {fixed: 80 BRL}}",
        "horizon_years: 2\ndiscount: 25%\ncurrency: USD\n",
        "complete 22.5000",
    );
}

#[test]
fn a_weight_counts_in_j_and_not_in_spend() {
    let of = |effort: &str, weight: &str| {
        let answer = Files::effort(effort).ask(&format!("markets: {{de: {{weight: {weight}}}}}\n"));
        (spread(&answer.objective.unwrap()), spread(&answer.spend.unwrap()))
    };
    let pair = |j: &str, spend: &str| (j.to_owned(), spend.to_owned());
    assert_eq!(of("{once: {fixed: 100 EUR}}", "2.5"), pair("250.0000", "100.0000"));
    assert_eq!(of("{once: {fixed: 100 EUR}}", "0"), pair("0.0000", "100.0000"));
    // Half to even: 0.5 and 1.5 ten-thousandths.
    assert_eq!(of("{once: {fixed: 0.0001 EUR}}", "0.5"), pair("0.0000", "0.0001"));
    assert_eq!(of("{once: {fixed: 0.0003 EUR}}", "0.5"), pair("0.0002", "0.0003"));
}

#[test]
fn what_a_line_rests_on_is_said() {
    let basis = |effort: &str, more: &str| {
        let files = Files::effort(effort).replace("de", "when: \"true\"", &format!("when: \"true\"{more}"));
        files.ask(DE).markets[0].stages[&crate::id::Stage::Compliance].lines[0].basis
    };
    use crate::protocol::Basis;
    assert_eq!(basis("{once: {fixed: 1 EUR}}", ""), Basis::Statute);
    assert_eq!(basis("{once: {days: {counsel: 1}}}", ""), Basis::RateCard);
    assert_eq!(basis("{once: {days: {counsel: 1}}}", ", assumption: true"), Basis::Assumption);
}

#[test]
fn settings_money_reaches_a_plugin_in_the_cases_currency() {
    let stages = crate::testing::OTHERS_NONE
        .replace("culture: {none: not needed, by: test}", "culture: {fixed: {amount: 80 BRL}}");
    let files = Files::new()
        .rule("br", crate::testing::country("br", "BRL", &stages))
        .plugin("fixed", crate::testing::plugins::fixed("fixed", 1, 1));
    let answer = files.ask("horizon_years: 2\nmarkets: {br: {weight: 3}}\n");
    assert_eq!(summary(&answer), "complete 60.0000");
    assert_eq!(strategy("currency: USD\n").matches("currency").count(), 1);
}
