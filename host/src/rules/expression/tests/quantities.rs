//! Numbers, amounts, dates, periods, texts and sets: what compares and calculates, exactly.

use super::*;

#[track_caller]
fn condition(text: &str, values: &str, expected: &str) {
    assert_eq!(outcome(text, Use::Condition, &Given::read(values)), expected, "{text}");
}

#[track_caller]
fn quantity(text: &str, values: &str, expected: &str) {
    assert_eq!(outcome(text, Use::Quantity, &Given::read(values)), expected, "{text}");
}

#[track_caller]
fn amount(text: &str, values: &str, expected: &str) {
    assert_eq!(outcome(text, Use::Amount, &Given::read(values)), expected, "{text}");
}

#[test]
fn the_gdpr_fine_is_whichever_is_higher() {
    let fine = "max(money('20000000 EUR'), 0.04 * company.turnover)";
    amount(fine, "company.turnover=300_000_000 EUR", "20,000,000 EUR");
    amount(fine, "company.turnover=1_000_000_000 EUR", "40,000,000 EUR");
    amount(fine, "company.turnover=7_800_000_000 CNY", "312,000,000 CNY");
    amount(fine, "company.turnover=3_900_000_000 CNY", "20,000,000 EUR");
    amount(fine, "company.turnover=3_900_000_025 CNY", "156,000,001 CNY");
    amount(fine, "company.turnover=5 USD", "undetermined: there is no rate for USD");
    amount(fine, "", "undetermined: nobody gave company.turnover");
}

#[test]
fn the_lgpd_fine_is_whichever_is_lower() {
    let fine = "min(param.fine_rate * market.revenue, param.fine_cap)";
    let given = "param.fine_rate=0.02; param.fine_cap=50_000_000 BRL; market.revenue=";
    amount(fine, &format!("{given}1_000_000_000 BRL"), "20,000,000 BRL");
    amount(fine, &format!("{given}5_000_000_000 BRL"), "50,000,000 BRL");
}

#[test]
fn decimals_are_exact() {
    condition("0.1 + 0.2 == 0.3", "", "true");
    condition("0.1 * 3 == 0.3", "", "true");
    condition("9007199254740993.0001 > 9007199254740993", "", "true");
    condition("9007199254740993.0001 == 9007199254740993.0002", "", "false");
    condition("9007199254740993 == 9007199254740992", "", "false");
    condition("-9007199254740993.0001 < -9007199254740993", "", "true");
    condition("0.000000001 > 0", "", "true");
    condition("1.5000000000000 == 1.5", "", "true");
    quantity("market.users * 0.1", "market.users=9007199254740993", "90071992547409930%");
    condition("market.users * 0.1 == 900719925474099.3", "market.users=9007199254740993", "true");
}

#[test]
fn numbers_compare_and_calculate() {
    quantity("market.users + 2 * 3 - 1", "market.users=10", "15");
    quantity("(market.users + 2) * -3", "market.users=10", "-36");
    quantity("10 - 2 - 3", "", "5");
    quantity("-market.users", "market.users=10", "-10");
    quantity("1 - market.share", "market.share=0.25", "75%");
    quantity("market.a ? 1 : market.share", "market.a=true", "100%");
    quantity("max(1, market.share)", "market.share=0.25", "100%");
    quantity("min(3, market.users, 2)", "market.users=10", "2");
    condition("market.share < 1", "market.share=0.25", "true");
    condition("market.users >= 10 && market.users <= 10 && market.users != 11", "market.users=10", "true");
    condition("5 > 5 || 5 < 5", "", "false");
}

#[test]
fn overflow_is_said_and_never_wraps() {
    let huge = format!("market.huge={}", i64::MAX);
    quantity("market.huge + 1", &huge, "overflow");
    quantity("-market.huge - 2", &huge, "overflow");
    quantity("market.huge * market.huge", &huge, "overflow");
    quantity("market.huge * 1.0 * market.huge * 4.0", &huge, "overflow");
    quantity("market.a ? market.huge * 2 : 1", &format!("{huge}; market.a=false"), "1");
    amount("market.huge * money('922337203685477 EUR') * 1000000", &huge, "overflow");
    // The smallest number held: its size is not the size of any number held.
    let smallest = "-4611686018427387904.0 * 4611686018427387904.0 * 8.0";
    for text in ["- 1.0", "+ 1.0", "* 1.0", "* -1.0", "* 0.5", "* 0.3"] {
        outcome(&format!("{smallest} {text}"), Use::Quantity, &Given::default());
    }
    for text in [format!("-({smallest})"), format!("max({smallest}, 0.3)")] {
        outcome(&text, Use::Quantity, &Given::default());
        lower_as(&text, Use::Quantity).unwrap().evaluate(&Given::default());
    }
}

#[test]
fn money_compares_across_currencies_at_the_rate() {
    condition("market.revenue >= money('1 EUR')", "market.revenue=7.8 CNY", "true");
    condition("market.revenue == money('1 EUR')", "market.revenue=7.8 CNY", "true");
    condition("market.revenue > money('1 EUR')", "market.revenue=7.8 CNY", "false");
    condition("market.revenue == money('0.3333 EUR')", "market.revenue=1 XAU", "false");
    condition(
        "market.revenue > money('1 USD')",
        "market.revenue=7.8 CNY",
        "undetermined: there is no rate for USD",
    );
    condition("money('5 EUR') > money('5 CNY')", "", "true");
    amount("market.revenue + money('1 EUR')", "market.revenue=12 BRL", "3 EUR");
    amount("market.revenue + money('1 BRL')", "market.revenue=12 BRL", "13 BRL");
    amount("market.revenue - money('12 BRL') * 2", "market.revenue=7.8 CNY", "-3 EUR");
    amount("-money('0.5 EUR') * 3", "", "-1.5 EUR");
    amount("min(money('6 BRL'), money('1 EUR'))", "", "6 BRL");
}

#[test]
fn dates_and_periods_compare_with_quoted_ones() {
    condition("market.launch < '2026-08-02'", "market.launch=2026-08-01", "true");
    condition("'2026-08-02' <= market.launch", "market.launch=2026-08-01", "false");
    condition("param.notice <= '72 hours'", "param.notice=3 days", "true");
    condition("param.notice == '72 hours'", "param.notice=3 days", "true");
    condition(
        "param.notice <= '72 hours'",
        "param.notice=3 business_days",
        "undetermined: 3 business_days and 72 hours do not compare: their units have no fixed ratio",
    );
}

#[test]
fn texts_and_sets_answer_questions() {
    let given = "company.home=cn; product.sectors=finance health; market.served=finance; market.note=é";
    for (text, expected) in [
        ("company.home == 'cn'", "true"),
        ("company.home != 'cn'", "false"),
        ("company.home in ['br', 'de']", "false"),
        ("!(company.home in ['br', 'de'])", "true"),
        ("market.note == 'é' && market.note in ['ü', 'é']", "true"),
        ("'finance' in product.sectors", "true"),
        ("'retail' in product.sectors", "false"),
        ("market.note in ['a'] || 'é' == market.note", "true"),
        ("size(product.sectors) == 2", "true"),
        ("subset(market.served, product.sectors)", "true"),
        ("subset(product.sectors, market.served)", "false"),
        ("overlaps(['retail', 'health'], product.sectors)", "true"),
        ("overlaps(market.served, ['retail'])", "false"),
        ("(market.note == 'x' ? 'br' : company.home) == 'cn'", "true"),
        ("company.home in param.countries", "undetermined: nobody gave param.countries"),
    ] {
        condition(text, given, expected);
    }
}

#[test]
fn a_reference_is_one_name_of_any_type() {
    let expression = lower_yaml("k: product.languages\n", Use::Reference).unwrap();
    assert_eq!(expression.value_type(), ValueType::Set);
    assert_eq!(expression.text(), "product.languages");
    assert_eq!(expression.span(), Span { line: 1, column: 4, length: 17 });
    let given = Given::read("product.languages=de pt-BR");
    assert_eq!(outcome("product.languages", Use::Reference, &given), "[de, pt-BR]");
}
