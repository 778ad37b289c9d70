//! Leaves: what an explanation shows.

use super::*;

/// One line per leaf: `text -> value`, with `[+]`, `[-]` or `[?]` for its truth.
#[track_caller]
fn check(text: &str, use_: Use, values: &str, expected: &[&str]) {
    let evaluated = lower_as(text, use_).unwrap().evaluate(&Given::read(values));
    let lines: Vec<String> = evaluated
        .leaves
        .iter()
        .map(|leaf| {
            let truth = leaf.truth.map_or('?', |holds| if holds { '+' } else { '-' });
            format!("[{truth}] {} -> {}", leaf.text, leaf.value)
        })
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn conditions_show_every_comparison_and_flag_in_order() {
    check(
        "(market.users >= 1000000) && !market.a || 'health' in product.sectors",
        Use::Condition,
        "market.users=2500000; market.a=true; product.sectors=health finance",
        &[
            "[+] market.users >= 1000000 -> 2,500,000 ≥ 1,000,000",
            "[+] market.a -> true",
            "[+] 'health' in product.sectors -> health in [finance, health]",
        ],
    );
    check(
        "market.share > 0.02 && market.share * 100 > (market.users + 0.5)",
        Use::Condition,
        "market.share=0.25",
        &[
            "[+] market.share > 0.02 -> 25% > 2%",
            "[?] market.share * 100 > (market.users + 0.5) -> undetermined: nobody gave market.users",
        ],
    );
    check("true", Use::Condition, "", &["[+] true -> true"]);
    check("triggered('dpo')", Use::AllowedWhen, "", &["[-] triggered('dpo') -> false"]);
}

#[test]
fn conversions_are_shown() {
    check(
        "market.revenue >= money('5000000 EUR')",
        Use::Condition,
        "market.revenue=40000000 CNY",
        &[
            "[+] market.revenue >= money('5000000 EUR') -> 40,000,000 CNY (≈ 5,128,205.1282 EUR) ≥ 5,000,000 EUR",
        ],
    );
    check(
        "max(money('20000000 EUR'), 0.04 * company.turnover)",
        Use::Amount,
        "company.turnover=1_000_000_000 CNY",
        &[
            "[?] company.turnover -> 1,000,000,000 CNY",
            "[?] max(money('20000000 EUR'), 0.04 * company.turnover) -> \
             the larger of 20,000,000 EUR and 40,000,000 CNY (≈ 5,128,205.1282 EUR)",
        ],
    );
}

#[test]
fn calculations_show_their_values_and_the_case_taken() {
    check(
        "market.a ? market.users * 2 + market.users : size(product.sectors)",
        Use::Quantity,
        "market.a=true; market.users=5",
        &["[+] market.a -> true", "[?] market.users -> 5"],
    );
    check(
        "market.a ? market.users : size(product.sectors)",
        Use::Quantity,
        "market.users=5; product.sectors=finance",
        &[
            "[?] market.a -> undetermined: nobody gave market.a",
            "[?] market.users -> 5",
            "[?] size(product.sectors) -> 1",
        ],
    );
    check("2", Use::Quantity, "", &[]);
    check(
        "market.huge * 2 > 1",
        Use::Condition,
        &format!("market.huge={}", i64::MAX),
        &["[?] market.huge * 2 > 1 -> too large to be held exactly"],
    );
}

#[test]
fn leaves_cover_what_is_written_brackets_and_accents_included() {
    check(
        "'é' == market.note && ((market.users + 1) * 2) < (3 + (4))",
        Use::Condition,
        "market.note=é; market.users=1",
        &["[+] 'é' == market.note -> é = é", "[+] ((market.users + 1) * 2) < (3 + (4)) -> 4 < 7"],
    );
    let expression = lower_as("min( market.users , 3 ) > 1", Use::Condition).unwrap();
    let leaves = expression.evaluate(&Given::read("market.users=2")).leaves;
    assert_eq!(leaves[0].text, "min( market.users , 3 ) > 1");
    assert_eq!(leaves[0].references, [reference("market.users")]);
}
