//! Length, depth, number of words, and the quotes an expression stands in.

use super::*;

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(lower_as(text, Use::Condition).map(|_| ()), Err(expected.to_owned()));
}

#[test]
fn length_depth_and_words_are_capped_before_anything_is_parsed() {
    let parentheses = format!("{}true{}", "(".repeat(50 << 10), ")".repeat(50 << 10));
    refused(
        &parentheses,
        "1: the expression has 102404 bytes: at most 2000 are read \
         (help: split what it says into several conditions)",
    );
    let nested = |depth| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    assert!(lower_as(&nested(32), Use::Condition).is_ok());
    let too_deep =
        "the expression is nested more than 32 deep (help: split what it says into several conditions)";
    refused(&nested(33), &format!("33: {too_deep}"));
    let conditionals = |depth| format!("{}true", "true?true:".repeat(depth));
    assert!(lower_as(&conditionals(32), Use::Condition).is_ok());
    refused(&conditionals(33), &format!("325: {too_deep}"));
    refused(
        &format!("1{} > 0", "+1".repeat(300)),
        "1: the expression has 603 words: at most 500 are read \
         (help: split what it says into several conditions)",
    );
}

#[test]
fn garbage_does_not_crowd_out_the_rest_of_the_file() {
    let lines = lower_as(&"#".repeat(500), Use::Condition).unwrap_err();
    assert_eq!(lines.lines().count(), 8);
}

#[test]
fn the_largest_expressions_fit_a_small_stack() {
    let longest = [
        format!("1{} > 0", "+1".repeat(248)),
        format!("{}1{} > 0", "-(".repeat(32), ")".repeat(32)),
        format!("{}1{} > 0", "max(1,".repeat(32), ")".repeat(32)),
        format!("market.a{}", " && market.a".repeat(124)),
        format!("{}market.a{}", "(market.b ? market.c : ".repeat(32), ")".repeat(32)),
        format!("{}market.a{}", "!(market.b && ".repeat(32), ")".repeat(32)),
    ];
    let within = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        for text in longest {
            let expression = lower_as(&text, Use::Condition).unwrap();
            expression.evaluate(&Given::default());
            expression.flip(&Given::default(), &|_| true);
        }
    });
    within.unwrap().join().unwrap();
}

#[track_caller]
fn yaml(yaml: &str, use_: Use, expected: Result<&str, &str>) {
    let found = lower_yaml(&format!("k: {yaml}\n"), use_);
    assert_eq!(found.as_ref().map(Expression::text).map_err(String::as_str), expected);
}

#[test]
fn expressions_stand_in_quotes() {
    yaml("\"market.a\"", Use::Condition, Ok("market.a"));
    yaml("'market.a'", Use::Condition, Ok("market.a"));
    yaml("param.notice", Use::Reference, Ok("param.notice"));
    yaml(
        "market.note == \"x\"",
        Use::Condition,
        Err("4: an expression stands in double quotes (help: write `\"market.note == \\\"x\\\"\"`)"),
    );
    yaml("", Use::Condition, Err("2: an expression is missing (help: write it in double quotes)"));
    yaml(
        "[a]",
        Use::Condition,
        Err("4: an expression is a text, not a list (help: write it in double quotes)"),
    );
    // Where columns inside a scalar are not known, the scalar is shown.
    yaml(
        "'market.a && market.z'",
        Use::Condition,
        Err("4: unknown fact `market.z` (help: did you mean `market.a`?)"),
    );
}
