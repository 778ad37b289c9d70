//! Kleene's tables with overflow as a fourth value, and what is listed as missing.

use super::*;

/// `market.a`… are true, false, not given; an overflow is a comparison that needs a number too large.
fn written(value: char, name: char) -> String {
    match value {
        'o' => "market.huge * 2 > 0".to_owned(),
        _ => format!("market.{name}"),
    }
}

fn given(values: &str) -> Given {
    let mut given = Given::default();
    given.set("market.huge", Value::Count(i64::MAX));
    for (name, value) in "abcd".chars().zip(values.chars()) {
        match value {
            't' => given.set(&format!("market.{name}"), Value::Flag(true)),
            'f' => given.set(&format!("market.{name}"), Value::Flag(false)),
            _ => {}
        }
    }
    given
}

fn letter(outcome: &str) -> char {
    match outcome {
        "true" => 't',
        "false" => 'f',
        "overflow" => 'o',
        other if other.starts_with("undetermined") => 'u',
        other => unreachable!("{other}"),
    }
}

/// For each row and column of `tfuo`, what the operator makes of them.
#[track_caller]
fn table(operator: &str, rows: [&str; 4]) {
    for (left, row) in "tfuo".chars().zip(rows) {
        for (right, expected) in "tfuo".chars().zip(row.chars()) {
            let text = format!("({}) {operator} ({})", written(left, 'a'), written(right, 'b'));
            let found = outcome(&text, Use::Condition, &given(&format!("{left}{right}")));
            assert_eq!(letter(&found), expected, "{left} {operator} {right}: {found}");
        }
    }
}

#[test]
fn and_is_false_as_soon_as_one_side_is() {
    table("&&", ["tfuo", "ffff", "ufuo", "ofoo"]);
}

#[test]
fn or_is_true_as_soon_as_one_side_is() {
    table("||", ["tttt", "tfuo", "tuuo", "tooo"]);
}

#[test]
fn equality_needs_both_sides() {
    table("==", ["tfuo", "ftuo", "uuuo", "oooo"]);
    table("!=", ["ftuo", "tfuo", "uuuo", "oooo"]);
}

#[test]
fn not_leaves_what_is_unknown() {
    for (value, expected) in "tfuo".chars().zip("ftuo".chars()) {
        let text = format!("!({})", written(value, 'a'));
        assert_eq!(letter(&outcome(&text, Use::Condition, &given(&value.to_string()))), expected);
    }
}

#[test]
fn conditionals_are_known_where_both_cases_agree() {
    // Rows: the condition; columns: the two cases in the order tt, tf, tu, to, ft, … oo.
    let rows = [
        ('t', "ttttffffuuuuoooo"),
        ('f', "tfuotfuotfuotfuo"),
        ('u', "tuuoufuouuuooooo"),
        ('o', "toooofoooooooooo"),
    ];
    for (condition, row) in rows {
        let cases = "tfuo".chars().flat_map(|this| "tfuo".chars().map(move |that| (this, that)));
        for ((this, that), expected) in cases.zip(row.chars()) {
            let text = format!(
                "({}) ? ({}) : ({})",
                written(condition, 'a'),
                written(this, 'b'),
                written(that, 'c')
            );
            let found = outcome(&text, Use::Condition, &given(&format!("{condition}{this}{that}")));
            assert_eq!(letter(&found), expected, "{condition} ? {this} : {that}: {found}");
        }
    }
}

#[track_caller]
fn check(text: &str, values: &str, expected: &str) {
    assert_eq!(outcome(text, Use::Condition, &Given::read(values)), expected);
}

#[test]
fn what_is_missing_is_listed_once_and_in_order() {
    check("market.b && market.a && market.b", "", "undetermined: nobody gave market.a; nobody gave market.b");
    check("market.a || market.b", "market.b=false", "undetermined: nobody gave market.a");
    check("market.users > 5 && market.a", "market.a=true", "undetermined: nobody gave market.users");
    check("market.users > 5 && market.a", "market.a=false", "false");
    check(
        "market.users + company.staff > 5",
        "",
        "undetermined: nobody gave company.staff; nobody gave market.users",
    );
    check(
        "market.a ? market.users > 1 : market.b",
        "market.b=true",
        "undetermined: nobody gave market.a; nobody gave market.users",
    );
    check("(market.a ? 1 : 1.0) == 1", "", "true");
    check("(market.a ? 1 : 2) == 1", "", "undetermined: nobody gave market.a");
}

#[test]
fn operators_bind_as_in_cel() {
    check("market.a || market.b && market.c", "market.a=true; market.b=false; market.c=false", "true");
    check("!market.a == market.b", "market.a=true; market.b=false", "true");
    check("market.a ? market.b : market.a || market.c", "market.a=false; market.c=true", "true");
    check("1 + 2 * 3 == 7 && 7 - 2 - 1 == 4 && -2 - -3 == 1", "", "true");
    check("market.users + 1 > 2 && !(market.users == 3)", "market.users=2", "true");
}

#[test]
fn triggered_is_three_valued_and_only_in_allowed_when() {
    let mut given = Given::read("market.a=false");
    let ask = |given: &Given| outcome("!triggered('dpo')", Use::AllowedWhen, given);
    assert_eq!(ask(&given), "true");
    given.triggered.insert(obligation("dpo"), Truth::True);
    assert_eq!(ask(&given), "false");
    let missing = vec![Missing { reference: Some(reference("market.a")), reason: "nobody knows".into() }];
    given.triggered.insert(obligation("dpo"), Truth::Undetermined(missing));
    assert_eq!(ask(&given), "undetermined: nobody knows");

    let expression = lower_as("triggered('dpo') && choice.dpo == 'inhouse'", Use::AllowedWhen).unwrap();
    assert_eq!(expression.triggered(), &BTreeSet::from([obligation("dpo")]));
    assert_eq!(expression.references(), &BTreeSet::from([reference("choice.dpo")]));
}

#[test]
fn a_value_of_another_type_is_undetermined_and_harmless() {
    let mut given = Given::default();
    given.set("market.users", Value::Flag(true));
    assert_eq!(
        outcome("market.users > 5", Use::Condition, &given),
        "undetermined: the value of market.users is no count"
    );
}
