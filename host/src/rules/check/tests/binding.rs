//! What plugins need and settings say.

use super::*;

#[test]
fn a_plugin_gets_what_it_needs() {
    refused(
        &stage("culture: {nobody: {}}"),
        "7:20: the plugin `nobody` is not loaded (help: put `nobody.wasm` into the plugins folder; one of `fees`, `fixed`, `gdpr`, `heads`, `hosting`, `statutory`)",
    );
    refused(
        &stage("culture: {gdpr: {}}"),
        "7:20: the plugin `gdpr` does not compute culture (help: bind it to compliance)",
    );
    refused(
        &stage("culture: {heads: {}}"),
        "7:20: the plugin `heads` needs the fact `market.heads`, which no file declares (help: declare it in facts.yaml as a count)",
    );
    refused(
        &stage("culture: {fees: {}}"),
        "7:20: the plugin `fees` needs the param `fee`, which nothing provides (help: add `fee: {type: money, values: […]}` under `params:` in de.yaml or a file it extends)",
    );
    refused(
        &format!(
            "{}{}",
            "params: {fee: {type: count, values: [{from: 2020-01-01, value: 1, assumption: true}]}}\n",
            stage("culture: {fees: {}}")
        ),
        "8:20: the plugin `fees` needs the param `fee` as a money, and it is a count (help: write `type: money` in de.yaml)",
    );
    refused(
        &stage("culture: {hosting: {}}"),
        "7:20: the plugin `hosting` reads the choice `host`, which no file declares (help: add `host: {options: {local: {}, region: {}}}` under `choices:`)",
    );
    refused(
        &format!(
            "{}{}",
            "choices: {host: {options: {local: {}, regoin: {}}}}\n",
            stage("culture: {hosting: {}}")
        ),
        "8:20: the plugin `hosting` reads the choice `host`, and does not know its option `regoin` (help: did you mean `region`?)",
    );
    refused(
        &duty(", requires: {languages: market.users}"),
        "7:110: `de.x` requires `languages`, which no plugin bound here demands (help: there is none to choose from)",
    );
}

#[test]
fn settings_are_what_the_schema_says() {
    refused(&stage("culture: {fixed: {}}"), "7:27: settings of `fixed`: the setting `amount` is missing");
    refused(&stage("culture: {fixed: 5}"), r#"7:27: settings of `fixed`: this is not of type "object""#);
    refused(
        &stage("culture: {fixed: {amount: 5}}"),
        "7:36: `amount`: `5` has no currency: write it after the number, as in `100 EUR`",
    );
    refused(
        &stage("culture: {fixed: {amount: 5 USD}}"),
        "7:36: `amount`: `5 USD` is not in EUR, the currency of this file",
    );
    refused(
        &stage("culture: {fixed: {amount: 5 EUR, more: x}}"),
        "7:49: settings of `fixed`: unknown setting `more`",
    );
    refused(
        &stage("culture: {fixed: {amount: [1 EUR]}}"),
        r#"7:36: settings of `fixed`: this is not of type "string""#,
    );
    refused(
        &stage("compliance: {statutory: {strict: true}}"),
        "7:23: `statutory` is already bound to compliance in global.yaml, which this file inherits (help: bind it in one of the two files; if it is to hold here instead, add `replaces: {stages.compliance.statutory: {why: …, cite: […]}}`)",
    );
}
