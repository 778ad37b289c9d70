//! Names and words.

use super::*;

#[test]
fn a_name_yaml_reads_as_something_else_is_quoted() {
    refused_file(
        "schema: landfall/jurisdiction@1\nid: no\nkind: country\ntitle: Norway\ncurrency: EUR\n",
        r#"2:5: `no` without quotes is a YAML boolean or null, not a name (help: write `"no"`)"#,
    );
    refused(
        "obligations: {yes: {}}\n",
        r#"7:15: `yes` without quotes is a YAML boolean or null, not a name (help: write `"yes"`)
7:15: an obligation needs `effort` or `options` (help: add `effort: {once: …, yearly: …}`; `effort: {}` says that it costs nothing)
7:20: an obligation needs `title` (help: add `title: …`)
7:20: an obligation needs `cite` (help: add `cite: …`)
7:20: an obligation needs `when` (help: add `when: …`)
7:20: an obligation needs `confidence` (help: add `confidence: high`, `medium` or `low`, and `verified: false` if nobody read the source)"#,
    );
    refused(
        "params: {off: {type: count, values: []}}\n",
        r#"7:10: `off` without quotes is a YAML boolean or null, not a name (help: write `"off"`)
7:10: `off` has no value (help: write at least `{from, value, …}`)"#,
    );
    refused(
        "choices: {a: {options: {on: {}, off: {}}}}\n",
        r#"7:25: `on` without quotes is a YAML boolean or null, not a name (help: write `"on"`)
7:33: `off` without quotes is a YAML boolean or null, not a name (help: write `"off"`)"#,
    );
    refused(
        "sources: {null: {title: x}}\n",
        r#"7:11: `null` without quotes is a YAML boolean or null, not a name (help: write `"null"`)"#,
    );
}

#[test]
fn a_name_has_one_form() {
    refused_file(
        "schema: landfall/jurisdiction@1\nid: Germany\nkind: country\ntitle: x\ncurrency: EUR\n",
        "2:5: `Germany` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter",
    );
    refused("obligations: {Bad-Name: {}}\n", "7:15: `Bad-Name` is not snake_case: write lower-case letters and digits, in words joined by `_`, starting with a letter
7:15: an obligation needs `effort` or `options` (help: add `effort: {once: …, yearly: …}`; `effort: {}` says that it costs nothing)
7:25: an obligation needs `title` (help: add `title: …`)
7:25: an obligation needs `cite` (help: add `cite: …`)
7:25: an obligation needs `when` (help: add `when: …`)
7:25: an obligation needs `confidence` (help: add `confidence: high`, `medium` or `low`, and `verified: false` if nobody read the source)");
    refused(
        "stages: {culture: {Fixed_Cost: {}}}\n",
        "7:20: `Fixed_Cost` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter",
    );
    refused(
        &duty(", costed_by: not_kebab"),
        "7:99: `not_kebab` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter",
    );
}

#[test]
fn words_are_among_those_known() {
    refused_file("schema: landfall/jurisdiction@2\nid: de\nkind: planet\ntitle: x\ncurrency: EURO\n", "1:9: `landfall/jurisdiction@2` is not a schema this version reads (help: write `schema: landfall/jurisdiction@1`)
3:7: a kind cannot be `planet` (help: one of `bloc`, `country`, `region`)
5:11: `EURO` is not a currency (help: write an ISO 4217 code, as in `EUR`)");
    refused(
        "sources: {act: {title: Act, rank: statue}}\n",
        "7:35: a rank cannot be `statue` (help: did you mean `statute`?)",
    );
    refused(
        "params: {fee: {type: cuont, values: []}}\n",
        "7:22: a type cannot be `cuont` (help: did you mean `count`?)",
    );
    refused(
        &duty_of("confidence: sure"),
        "7:82: confidence cannot be `sure` (help: one of `high`, `medium`, `low`)",
    );
    refused(
        &fine_of("per: week, liable: company"),
        "7:96: `per` cannot be `week` (help: one of `infringement`, `violation`, `day`, `year`)",
    );
    refused(
        &fine_of("per: day, liable: dog"),
        "7:109: `liable` cannot be `dog` (help: one of `company`, `individual`)",
    );
    refused("title2: {}\n", "7:1: unknown key `title2` in a jurisdiction (help: did you mean `title`?)");
}
