//! Cites, efforts, costing, and the types of expressions.

use super::*;

#[test]
fn a_cite_points_into_a_source() {
    refused(
        &cited(r#""lwa#1""#),
        "7:35: unknown source `lwa` (help: did you mean `law`?; sources stand under `sources:`)",
    );
    refused(
        &cited("law"),
        r#"7:35: `law` is not a cite (help: write `<source>#<locator>`, as in `"lgpd#art-41"`)"#,
    );
    refused(
        &cited(r#""law#""#),
        r#"7:35: `law#` is not a cite (help: write `<source>#<locator>`, as in `"lgpd#art-41"`)"#,
    );
    refused(&cited("[]"), r#"7:35: no cite (help: write at least one, as in `["lgpd#art-41"]`)"#);
    refused(
        &cited(r#"["law#1", "lwa#2", 5]"#),
        r#"7:54: `5` is not a cite (help: write `<source>#<locator>`, as in `"lgpd#art-41"`)"#,
    );
    refused(
        "choices: {a: {options: {one: {allowed_when: \"true\"}}}}\n",
        "7:30: an option needs `cite` (help: add `cite: …`)",
    );
}

#[test]
fn an_obligation_has_an_effort_for_every_option() {
    refused(
        &duty_by(""),
        "8:15: an obligation needs `effort` or `options` (help: add `effort: {once: …, yearly: …}`; `effort: {}` says that it costs nothing)",
    );
    refused(&duty_by(", choice: a, options: {one: {}, two: {}}"), "");
    refused(
        &duty_by(", choice: b, options: {one: {}}"),
        "8:84: unknown choice `b` (help: did you mean `a`?)",
    );
    refused(
        &duty_by(", choice: a"),
        "8:84: `choice` and `options` come together (help: write `choice: <name>` and `options: {<option>: <effort>}`, or `effort:` alone)",
    );
    refused(
        &duty_by(", options: {one: {}, two: {}}"),
        "8:85: `choice` and `options` come together (help: write `choice: <name>` and `options: {<option>: <effort>}`, or `effort:` alone)",
    );
    refused(
        &duty_by(", choice: a, options: {one: {}}"),
        "8:84: no effort for the option `two` of `a` (help: add `two: {…}`; `two: {}` says that it costs nothing)",
    );
    refused(
        &duty_by(", choice: a, options: {one: {}, two: {}, tree: {}}"),
        "8:115: `tree` is no option of `a` (help: one of `one`, `two`)",
    );
    refused(
        &duty_by(", choice: a, options: {one: {}, two: {}}, effort: {}"),
        "8:124: both `effort` and `options` (help: keep one of them)",
    );
    refused(
        &duty_by(", choice: a, effort: {}"),
        "8:84: `choice` and `options` come together (help: write `choice: <name>` and `options: {<option>: <effort>}`, or `effort:` alone)",
    );
}

#[test]
fn an_obligation_is_costed_in_one_stage() {
    refused(
        &duty(", costed_by: fixd"),
        "7:99: `de.x` is costed by `fixd`, which no stage binds (help: add `compliance: {fixd: {}}` under `stages:`, here or in a file this one extends)",
    );
    refused(&format!("{}{}", duty(", costed_by: gdpr"), stage("compliance: {statutory: {}}")), "7:99: `de.x` is costed by `gdpr`, which no stage binds (help: add `compliance: {gdpr: {}}` under `stages:`, here or in a file this one extends)
8:23: `statutory` is already bound to compliance in global.yaml, which this file inherits (help: bind it in one of the two files; if it is to hold here instead, add `replaces: {stages.compliance.statutory: {why: …, cite: […]}}`)");
    refused(
        &format!("{}{}", duty(", costed_by: gdpr"), stage("compliance: {gdpr: {}}, culture: {gdpr: {}}")),
        "7:99: `de.x` is costed by `gdpr`, which is bound to compliance and to culture (help: bind a plugin that costs obligations to one stage)",
    );
}

#[test]
fn an_expression_has_the_type_of_its_place() {
    refused(
        &when("market.users"),
        "7:69: `market.users` is a count: a flag is needed here (help: compare it, as in `market.users > 0`)",
    );
    refused(
        &when("market.usres > 1"),
        "7:69: unknown fact `market.usres` (help: did you mean `market.users`?)",
    );
    refused(
        &when("company.turnover > 5"),
        "7:69: `company.turnover` is money and `5` is a count: they cannot be compared (help: write amounts with their currency, as in `money('5 EUR')`)",
    );
    refused(
        &effort(r#"{once: {}, times: "company.turnover"}"#),
        "7:103: `company.turnover` is money: a count or a ratio is needed here (help: write how many times, as in `product.models`)",
    );
    refused(
        &effort(r#"{once: {}, times: "product.personal_data"}"#),
        "7:103: `product.personal_data` is a flag: a count or a ratio is needed here (help: write how many times, as in `product.models`)",
    );
    refused(
        &fine_of("per: day, liable: company").replace("money('1 EUR')", "market.users"),
        "7:74: `market.users` is a count: money is needed here (help: write an amount, as in `money('5 EUR')` or `0.02 * market.revenue`)",
    );
    refused(
        &when("triggered('x')"),
        "7:69: `triggered` is read only in the `allowed_when` of an option (help: repeat the condition of that obligation here)",
    );
    refused(
        &when("choice.nothing == 'one'"),
        "7:69: unknown choice `choice.nothing` (help: there is none to choose from)",
    );
    refused(&when("local.robots"), "7:69: unknown fact `local.robots` (help: there is none to choose from)");
    refused(&when("param.fee > 1"), "7:69: unknown param `param.fee` (help: there is none to choose from)");
    refused(
        &duty(r#", requires: {words: "market.usrs"}"#),
        "7:107: unknown fact `market.usrs` (help: did you mean `market.users`?)",
    );
    refused(
        "choices: {a: {options: {one: {allowed_when: \"triggered('y')\", cite: \"law#1\"}}}}\n",
        "7:56: unknown obligation `y` (help: there is none to choose from)",
    );
}
