//! What is refused, where, and in which words. The caps are in `limits`.

use super::*;

/// The problems of a condition, each as `column: message (help: …)`.
#[track_caller]
fn refused(text: &str, expected: &str) {
    refused_as(Use::Condition, text, expected);
}

#[track_caller]
fn refused_as(use_: Use, text: &str, expected: &str) {
    assert_eq!(lower_as(text, use_).map(|_| ()), Err(expected.to_owned()), "{text}");
}

#[test]
fn names_are_looked_up_and_slips_suggested() {
    refused("market.user > 5", "1: unknown fact `market.user` (help: did you mean `market.users`?)");
    refused("maket.users > 5", "1: unknown name `maket` (help: did you mean `market`?)");
    refused("users > 5", "1: unknown name `users` (help: did you mean `market.users`?)");
    refused("market", "1: `market` is no fact by itself (help: write `market.<name>`)");
    refused(
        "market.users.x > 1",
        "1: `.x` is asked of what has no members (help: a name has two parts, as in `market.users`)",
    );
    refused(
        "param.fin_rate > 0.1",
        "1: unknown param `param.fin_rate` (help: did you mean `param.fine_rate`?)",
    );
    refused(
        "market.note == 'é' && market.usrs > 1",
        "23: unknown fact `market.usrs` (help: did you mean `market.users`?)",
    );
    refused(
        "(1 + 2).a",
        "2: `.a` is asked of what has no members (help: a name has two parts, as in `market.users`)",
    );
    refused(".market.a", "2: unknown name `.market` (help: did you mean `market`?)");
    refused_as(
        Use::Reference,
        "market.user",
        "1: unknown fact `market.user` (help: did you mean `market.users`?)",
    );
}

#[test]
fn texts_outside_a_vocabulary_could_never_be_true() {
    refused(
        "choice.dpo == 'inhous'",
        "15: `choice.dpo` can never hold `'inhous'` (help: did you mean `inhouse`?)",
    );
    refused("company.home == 'CN'", "17: `company.home` can never hold `'CN'` (help: did you mean `cn`?)");
    refused(
        "company.home in ['br', 'uk']",
        "17: `company.home` can never hold `'uk'` (help: did you mean `gb`?)",
    );
    refused(
        "'finanse' in product.sectors",
        "1: `product.sectors` can never hold `'finanse'` (help: did you mean `finance`?)",
    );
    refused(
        "overlaps(product.sectors, ['finance', 'helth'])",
        "27: `product.sectors` can never hold `'helth'` (help: did you mean `health`?)",
    );
    refused(
        "market.language == 'pt_BR'",
        "20: `market.language` can never hold `'pt_BR'` (help: did you mean `pt-BR`?)",
    );
    refused(
        "company.home in product.sectors",
        "1: `company.home` and `product.sectors` have no value in common",
    );
    refused(
        "company.home == market.language",
        "1: `company.home` and `market.language` have no value in common",
    );
}

#[test]
fn types_that_do_not_compare_are_both_named() {
    refused("market.users == 'x'", "1: `market.users` is a count and `'x'` is text: they cannot be compared");
    refused(
        "market.users == '5'",
        "1: `market.users` is a count and `'5'` is text: they cannot be compared (help: write the number without quotes: `5`)",
    );
    refused(
        "market.revenue > 0",
        "1: `market.revenue` is money and `0` is a count: they cannot be compared (help: write amounts with their currency, as in `money('5 EUR')`)",
    );
    refused(
        "market.revenue > '5 EUR'",
        "1: `market.revenue` is money and `'5 EUR'` is text: they cannot be compared (help: write `money('5 EUR')`)",
    );
    refused(
        "market.a == 'true'",
        "1: `market.a` is a flag and `'true'` is text: they cannot be compared (help: write it without quotes: `true`)",
    );
    refused(
        "market.a > market.b",
        "1: `>` does not compare these: flags have no order (help: compare them with `==` or `!=`)",
    );
    refused(
        "market.note < 'x'",
        "1: `<` does not compare these: texts have no order (help: compare them with `==`, `!=` or `in`)",
    );
    refused(
        "product.sectors == 'finance'",
        "1: `product.sectors` is a set and `'finance'` is text: they cannot be compared (help: ask whether the set holds it: `'finance' in …`)",
    );
    refused(
        "product.sectors == ['finance']",
        "1: `==` does not compare these: sets are not compared as wholes (help: ask with `subset`, `overlaps` or `size`)",
    );
    refused(
        "market.a == market.users",
        "1: `market.a` is a flag and `market.users` is a count: they cannot be compared",
    );
    refused(
        "market.launch > market.users",
        "1: `market.launch` is a date and `market.users` is a count: they cannot be compared",
    );
    refused("1 < 2 < 3", "1: `1 < 2` is a flag and `3` is a count: they cannot be compared");
}

#[test]
fn dates_and_periods_are_read_as_they_are_written() {
    refused(
        "market.launch > '2026-02-30'",
        "17: `'2026-02-30'` is not a date (help: write year, month and day, as in `'2026-08-02'`)",
    );
    refused(
        "param.notice > '3 fortnights'",
        "16: `'3 fortnights'` is not a period (help: write a number and a unit, as in `'72 hours'` or `'3 business_days'`)",
    );
}

#[test]
fn flags_stand_where_flags_are_needed() {
    refused(
        "market.users",
        "1: `market.users` is a count: a flag is needed here (help: compare it, as in `market.users > 0`)",
    );
    refused(
        "market.users && market.a",
        "1: `market.users` is a count: `&&` takes flags (help: compare it, as in `market.users > 0`)",
    );
    refused(
        "!market.users",
        "2: `market.users` is a count: `!` takes flags (help: compare it, as in `market.users > 0`)",
    );
    refused(
        "market.users ? market.a : market.b",
        "1: `market.users` is a count: `? :` takes flags (help: compare it, as in `market.users > 0`)",
    );
    refused(
        "market.a ? market.b : 1",
        "1: `market.b` is a flag and `1` is a count: the two cases need one type",
    );
}

#[test]
fn sets_and_lists_hold_texts() {
    refused("market.users in [1]", "18: a list holds quoted texts, not `1` (help: write `['a', 'b']`)");
    refused(
        "market.users in product.sectors",
        "1: `market.users` is a count: `in` looks for a text (help: write it as in `company.home in ['br', 'de']`)",
    );
    refused("market.note in []", "16: the list is empty (help: write its members: `['a', 'b']`)");
    refused(
        "subset('finance', product.sectors)",
        "8: `'finance'` is text: a set or a list is needed here (help: write a set fact, or a list as `['a', 'b']`)",
    );
}

#[test]
fn numbers_and_money_do_not_mix() {
    refused(
        "market.revenue * market.revenue > money('5 EUR')",
        "1: `market.revenue` is money and `market.revenue` is money: they cannot be multiplied",
    );
    refused(
        "market.revenue + 1 > money('5 EUR')",
        "1: `market.revenue` is money and `1` is a count: they cannot be added (help: write amounts with their currency, as in `money('5 EUR')`)",
    );
    refused("market.a - 1 > 0", "1: `market.a` is a flag and `1` is a count: they cannot be subtracted");
    refused(
        "market.launch + '1 month' > '2026-01-01'",
        "1: `market.launch` is a date and `'1 month'` is text: they cannot be added",
    );
    refused("-market.a", "1: `market.a` is a flag: `-` takes numbers and money");
    refused(
        "min(1, money('1 EUR')) > 0",
        "1: `1` is a count and `money('1 EUR')` is money: they cannot be compared (help: write amounts with their currency, as in `money('5 EUR')`)",
    );
}

#[test]
fn functions_are_known_and_given_what_they_take() {
    refused(
        "min(1) > 0",
        "1: `min` is given 1 value (help: write it as in `min(param.fine_rate * market.revenue, param.fine_cap)`)",
    );
    refused(
        "money(5) > market.revenue",
        "7: `money` takes a quoted amount (help: write it as in `money('5 EUR')`)",
    );
    refused(
        "money('5') < market.revenue",
        "7: `5` has no currency: write it after the number, as in `100 EUR`",
    );
    refused(
        "money('5 EURO') < market.revenue",
        "7: `EURO` is not a currency: write an ISO 4217 code, as in `100 EUR`",
    );
    refused("sise(product.sectors) > 0", "1: unknown function `sise` (help: did you mean `size`?)");
    refused(
        "abs(market.users) > 0",
        "1: unknown function `abs` (help: one of `max`, `min`, `money`, `overlaps`, `size`, `subset`, `triggered`)",
    );
}

#[test]
fn triggered_asks_about_an_obligation_in_allowed_when() {
    refused(
        "triggered('dpo')",
        "1: `triggered` is read only in the `allowed_when` of an option (help: repeat the condition of that obligation here)",
    );
    refused_as(
        Use::AllowedWhen,
        "triggered('dp')",
        "11: unknown obligation `dp` (help: did you mean `dpo`?)",
    );
    refused_as(
        Use::AllowedWhen,
        "triggered(dpo)",
        "11: `triggered` takes the quoted name of an obligation (help: write it as in `triggered('dpo')`)",
    );
}

#[test]
fn each_use_needs_its_type() {
    refused_as(
        Use::Quantity,
        "market.a",
        "1: `market.a` is a flag: a count or a ratio is needed here (help: write how many times, as in `product.models`)",
    );
    refused_as(
        Use::Amount,
        "market.users * 2",
        "1: `market.users * 2` is a count: money is needed here (help: write an amount, as in `money('5 EUR')` or `0.02 * market.revenue`)",
    );
    refused_as(
        Use::Reference,
        "market.users * 2",
        "1: `market.users * 2` is not one name (help: write a fact or param, as in `param.notice_words`)",
    );
}

#[test]
fn what_cel_has_and_expressions_do_not_is_said() {
    refused(
        "has(market.users)",
        "1: `has` is not read: it would turn unknown into false (help: write the condition itself; a fact nobody gave makes it undetermined)",
    );
    refused(
        "product.sectors.exists(x, x == 'finance')",
        "17: comprehensions are not read, and `exists` is one (help: ask about sets with `in`, `subset`, `overlaps` and `size`)",
    );
    refused(
        "market.note.startsWith('a')",
        "13: methods are not read, and `startsWith` is one (help: compare with `==`, or ask with `in`, `subset`, `overlaps` and `size`)",
    );
    refused(
        "product.sectors[0] == 'a'",
        "16: indexing with `[…]` is not read (help: ask for members with `in`, `subset` or `overlaps`)",
    );
    refused(
        "{'a': 1} == 1",
        "1: `{` is not read in an expression (help: maps are not read; write a list as `['a', 'b']`)\n8: `}` is not read in an expression (help: maps are not read; write a list as `['a', 'b']`)",
    );
    refused(
        "market.users % 2 == 0",
        "14: `%` is not read in an expression (help: write shares as decimals: `0.02` is 2%)",
    );
    refused(
        "market.users / 2 > 1",
        "14: `/` is not read in an expression (help: multiply by a decimal instead: `* 0.5`)",
    );
    refused(
        "market.share > 2%",
        "16: `2%` is not read in an expression (help: write the share as a decimal: `0.02`)",
    );
    refused(
        "market.share > 2.5%",
        "16: `2.5%` is not read in an expression (help: write the share as a decimal: `0.025`)",
    );
    refused(
        "market.a // why",
        "10: `//` is not read in an expression (help: write the comment in YAML, after `#`)",
    );
    refused(
        "Market{a: 1}",
        "7: `{` is not read in an expression (help: maps are not read; write a list as `['a', 'b']`)\n12: `}` is not read in an expression (help: maps are not read; write a list as `['a', 'b']`)",
    );
}

#[test]
fn numbers_are_decimals() {
    refused(
        "market.users > 1_000_000",
        "16: `1_000_000` is not a number of an expression (help: write it without `_`: `1000000`)",
    );
    refused(
        "market.users > 1e6",
        "16: `1e6` is not a number of an expression (help: write digits, and `.` before decimals)",
    );
    refused("market.share > .5", "16: `.5` is not a number (help: write `0.5`)");
    refused(
        "market.share > 1.2.3",
        "16: `1.2.3` is not a number of an expression (help: write digits, and `.` before decimals)",
    );
    refused("market.share > 0.1234567891", "16: `0.1234567891` has 10 decimals (help: at most 9 are kept)");
    refused(
        "market.users > 99999999999999999999",
        "16: `99999999999999999999` is larger than what can be held exactly (help: at most 9223372036854775807)",
    );
    refused(
        "market.share > 1.",
        "17: the expression ends where more is expected (help: write what follows the last word, or remove it)",
    );
}

#[test]
fn words_of_other_languages_are_translated() {
    refused("market.a = market.b", "10: `=` is not read in an expression (help: write `==` to compare)");
    refused(
        "market.a and not market.b",
        "10: `and` is not read in an expression (help: write `&&`)\n14: `not` is not read in an expression (help: write `!`)",
    );
    refused("market.a & market.b", "10: `&` is not read in an expression (help: write `&&`)");
    refused("market.users ≥ 5", "14: `≥` is not read in an expression (help: write `>=`)");
    refused("market.users => 5", "14: `=>` is not read in an expression (help: write `>=`)");
    refused("market.users <> 5", "14: `<>` is not read in an expression (help: write `!=`)");
    refused(
        "market.users == null",
        "17: `null` is not read in an expression (help: nothing needs to be asked: a fact nobody gave makes the condition undetermined)",
    );
    refused("market.a == True", "13: `True` is not read in an expression (help: write `true`)");
    refused("!!market.a", "1: `!!` undoes itself (help: remove both)");
    refused(
        "market.note == ‘x’",
        "16: `‘` is not read in an expression (help: write `'`)\n18: `’` is not read in an expression (help: write `'`)",
    );
    refused(
        "market.`a`",
        "8: a backtick is not read in an expression (help: write names without quotes and texts in `'`)\n10: a backtick is not read in an expression (help: write names without quotes and texts in `'`)",
    );
    refused("market.a; market.b", "9: `;` is not read in an expression (help: write one expression)");
    refused("if > 5", "1: `if` is not read in an expression (help: write `condition ? this : that`)");
}

#[test]
fn quoted_texts_are_plain() {
    // Column 0: YAML needs the backslash escaped, and then only the scalar itself has a known place.
    refused(
        "market.note == 'it''s'",
        "16: two quoted texts touch (help: write one text; a text that holds `'` stands in `\"`)",
    );
    refused(
        "market.note == 'a\\n'",
        "0: a `\\` is not read in a quoted text (help: write the character itself)",
    );
    refused(
        "market.note == 'abc",
        "16: the text that begins here does not end (help: close it with `'` on the same line)",
    );
    refused("market.note == r'abc'", "16: `r` stands before a quote (help: write the quoted text alone)");
}

#[test]
fn what_is_no_expression_is_shown_where_it_stops_being_one() {
    refused("", "1: the expression is empty (help: write `true` for what always holds)");
    refused("(market.a", "1: `(` is not closed (help: add `)`)");
    refused("market.a)", "9: `)` closes nothing (help: remove it, or add `(`)");
    refused(
        "market.a market.b",
        "10: `market` follows `a` without an operator (help: write an operator between them, such as `&&` or `==`)",
    );
    refused(
        "market.a &&",
        "10: the expression ends where more is expected (help: write what follows the last word, or remove it)",
    );
    refused(
        "&& market.a",
        "1: `&&` is not expected here (help: an operator stands between two values, as in `market.users > 0`)",
    );
    refused(
        "market.a ? market.b",
        "19: the expression ends where more is expected (help: write both cases, as in `condition ? this : that`)",
    );
    refused(
        "size(product.sectors,) > 0",
        "22: `)` is not expected here (help: an operator stands between two values, as in `market.users > 0`)",
    );
    refused("market. > 5", "9: `>` is no name after `.` (help: a name has two parts, as in `market.users`)");
    refused(
        "market.in > 5",
        "8: `in` is no name after `.` (help: a name has two parts, as in `market.users`)",
    );
    refused(
        "'é' == market.note 5",
        "20: `5` follows `note` without an operator (help: write an operator between them, such as `&&` or `==`)",
    );
    refused(
        "market.a ? ? market.b : 1",
        "12: `?` is not expected here (help: an operator stands between two values, as in `market.users > 0`)",
    );
}

#[test]
fn all_problems_are_shown_at_once() {
    refused(
        "market.usr > 1 && markt.b || money('x') > 5 && 3 && sice(3)",
        "1: unknown fact `market.usr` (help: one of `market.a`, `market.b`, `market.c`, `market.d`, `market.users`, `market.huge`, `market.share`, `market.revenue`, `market.note`, `market.served`, `market.launch`, `market.language`)\n19: unknown name `markt` (help: did you mean `market`?)\n36: `x` is not a number: write digits, with `_` between groups and `.` before decimals\n53: unknown function `sice` (help: did you mean `size`?)",
    );
}

#[test]
fn suggestions_look_under_other_roots() {
    refused("product.users > 5", "1: unknown fact `product.users` (help: did you mean `market.users`?)");
    refused(
        "local.weather",
        "1: unknown fact `local.weather` (help: only `local.small_agent` is known here)",
    );
}
