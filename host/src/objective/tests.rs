//! The lines that drive J, and sums that cannot be held.

use std::fmt::Write as _;

use crate::{
    protocol::Status,
    testing::{DE, Files, obligations},
};

/// As many obligations as there are costs, named `d00` and so on, in two markets.
fn world(costs: &[&str]) -> Files {
    let efforts: Vec<_> = costs.iter().map(|cost| format!("{{once: {{fixed: {cost} EUR}}}}")).collect();
    let names: Vec<_> = (0..costs.len()).map(|n| format!("d{n:02}")).collect();
    let all: Vec<_> =
        names.iter().zip(&efforts).map(|(name, effort)| (name.as_str(), "true", effort.as_str())).collect();
    let duties = obligations(&all);
    Files::new().country("de", &duties).country("br", &duties)
}

#[track_caller]
fn drivers(files: &Files, rest: &str, expected: &[&str]) {
    let mut found = Vec::new();
    for driver in files.ask(rest).drivers {
        let mut line = format!("{} {}", driver.obligation.unwrap(), driver.weighted.likely);
        if let Some(share) = driver.share {
            write!(line, " {share}").unwrap();
        }
        found.push(line);
    }
    assert_eq!(found, expected);
}

#[test]
fn the_largest_lines_come_first_with_their_share_of_j() {
    drivers(
        &world(&["1", "3", "4"]),
        DE,
        &["de.d02 4.0000 0.5000", "de.d01 3.0000 0.3750", "de.d00 1.0000 0.1250"],
    );
    let both = "markets: {de: {weight: 2}, br: {weight: 1}}\n";
    // The weight counts, and equals stand in the order of their markets.
    let four =
        ["de.d01 12.0000 0.5333", "br.d01 6.0000 0.2667", "de.d00 3.0000 0.1333", "br.d00 1.5000 0.0667"];
    drivers(&world(&["1.5", "6"]), both, &four);
    drivers(
        &world(&["5"]),
        "markets: {de: {weight: 1}, br: {weight: 1}}\n",
        &["br.d00 5.0000 0.5000", "de.d00 5.0000 0.5000"],
    );
}

#[test]
fn ten_are_named() {
    let costs: Vec<String> = (1..=12).map(|n| n.to_string()).collect();
    let costs: Vec<&str> = costs.iter().map(String::as_str).collect();
    let found = world(&costs).ask(DE).drivers;
    let named: Vec<_> = found.iter().map(|driver| driver.obligation.as_deref().unwrap()).collect();
    assert_eq!(
        named,
        ["de.d11", "de.d10", "de.d09", "de.d08", "de.d07", "de.d06", "de.d05", "de.d04", "de.d03", "de.d02"]
    );
}

#[test]
fn where_j_is_not_known_no_share_of_it_is() {
    let files = world(&["1", "3"]).replace("de", "  d00: {", "  late: {title: t, cite: \"law#1\", confidence: high, when: \"product.personal_data\", effort: {}}\n  d00: {");
    drivers(&files, DE, &["de.d01 3.0000", "de.d00 1.0000"]);
    drivers(&world(&["0"]), DE, &["de.d00 0.0000"]);
}

#[test]
fn a_market_with_which_the_sum_is_beyond_64_bits_is_not_counted() {
    let small = obligations(&[("d00", "true", "{once: {fixed: 5 EUR}}")]);
    let files = world(&["900_000_000_000_000"]).country("fr", &small);
    assert_eq!(files.ask(DE).objective.unwrap().likely, "900000000000000.0000");
    let three = "markets: {de: {weight: 1}, br: {weight: 1}, fr: {weight: 1}}\n";
    let answer = files.ask(three);
    assert_eq!((answer.status, &answer.objective, &answer.spend), (Status::Incomplete, &None, &None));
    let partial = answer.partial.unwrap();
    assert_eq!(
        (partial.likely.as_str(), partial.markets),
        ("900000000000005.0000", vec!["br".into(), "fr".into()])
    );
    assert_eq!(
        answer.warnings,
        ["`de` is not counted: with it the sum is too large to be held exactly".to_owned()]
    );
    let de = answer.markets.iter().find(|market| market.id == "de").unwrap();
    assert_eq!(de.total.as_ref().unwrap().likely, "900000000000000.0000");
}
