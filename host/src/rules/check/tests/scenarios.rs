//! What-ifs: what is wrong with them is said when their file is read.

use super::*;

const LAW: &str = "params:
  cap: {type: money, values: [{from: 2020-01-01, to: 2030-01-01, value: 5 EUR, assumption: true}, {from: 2030-01-01, absent: nobody knows}]}
obligations:
  dpo: {title: Officer, cite: \"law#1\", confidence: high, when: \"product.personal_data\", effort: {once: {fixed: 5 EUR}}}
stages: {culture: {fixed: {amount: 1 EUR}}}
";

#[track_caller]
fn scenario(set: &str, expected: &str) {
    refused(&format!("{LAW}scenarios: {{what_if: {{title: What if, set: {set}}}}}\n"), expected);
}

#[test]
fn a_scenario_is_laid_over_its_file() {
    for set in [
        "{params: {cap: {values: [{from: 2027-01-01, value: 10 EUR, assumption: true}]}}}",
        "{obligations: {dpo: {when: \"false\", in_force: {to: 2027-01-01}, effort: {yearly: {fixed: 1 EUR}}}}}",
        "{stages: {culture: {fixed: {amount: 3 EUR}}}}",
        "{status: proposed}",
    ] {
        scenario(set, "");
    }
}

#[test]
fn a_scenario_that_names_nothing_is_no_what_if() {
    scenario(
        "{obligations: {dpoo: {when: \"false\"}}}",
        "12:59: this scenario names nothing: there is no obligation `dpoo` in this file (help: did you mean `dpo`?; what is inherited is changed in the file that says it)",
    );
    scenario(
        "{}",
        "12:44: this scenario changes nothing (help: write what is to be different, as in `set: {params: {fee: {values: […]}}}`)",
    );
    scenario(
        "{params: {cap: {}}}",
        "12:54: `{}` changes nothing of what stands there (help: write what is to be different; a rule that is not to apply has `when: \"false\"`)",
    );
    scenario(
        "{obligation: {dpo: {when: \"false\"}}}",
        "12:45: a scenario cannot change `obligation` (help: did you mean `obligations`?)",
    );
    scenario(
        "{extends: [br]}",
        "12:45: a scenario cannot change `extends` (help: one of `sources`, `facts`, `params`, `obligations`, `penalties`, `choices`, `blocks`, `gaps`, `open_terms`, `stages`, `status`, `fills`)",
    );
    scenario(
        "{obligations: {dpo: {wen: \"false\"}}}",
        "12:65: under the scenario `de.what_if`, unknown key `wen` in an obligation (help: did you mean `when`?)",
    );
    scenario(
        "{obligations: {dpo: {when: \"market.usres > 5\"}}}",
        "12:72: under the scenario `de.what_if`, unknown fact `market.usres` (help: did you mean `market.users`?)",
    );
    scenario(
        "{obligations: {dpo: {effort: {once: {days: {consul: 5}}}}}}",
        "12:88: under the scenario `de.what_if`, unknown role `consul` (help: did you mean `counsel`?; roles stand in roles.yaml)",
    );
    scenario(
        "{params: {cap: {values: [{from: 2027-01-01, to: 2026-01-01, value: 10 EUR, assumption: true}]}}}",
        "12:69: under the scenario `de.what_if`, `to` 2026-01-01 does not come after `from` 2027-01-01 (help: `to` is the first day on which it no longer holds)",
    );
    scenario(
        "{params: {cap: {values: [{from: 2027-02-30, value: 10 EUR, assumption: true}]}}}",
        "12:76: under the scenario `de.what_if`, `from` is a date, not `2027-02-30` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
    scenario(
        "{params: {cap: {type: count}}}",
        "8:73: under the scenario `de.what_if`, `cap` is a whole number, not `5 EUR` (help: write digits, with `_` between groups where wanted)",
    );
    scenario(
        "{stages: {culture: {fixd: {amount: 3 EUR}}}}",
        "12:64: this scenario names nothing: there is no plugin `fixd` in this file (help: did you mean `fixed`?; what is inherited is changed in the file that says it)",
    );
    scenario(
        "{blocks: {x: {when: \"true\"}}}",
        "12:54: this scenario names nothing: there is no block `x` in this file (help: there is none to choose from; what is inherited is changed in the file that says it)",
    );
    refused(
        "scenarios: {what_if: {set: {status: proposed}}}\n",
        "7:22: a scenario needs `title` (help: add `title: …`)",
    );
    refused("scenarios: {what_if: {title: t}}\n", "7:22: a scenario needs `set` (help: add `set: …`)");
    refused(
        "scenarios: {what_if: {title: t, cite: \"lwa#1\", set: {status: proposed}}}\n",
        "7:39: unknown source `lwa` (help: did you mean `law`?; sources stand under `sources:`)",
    );
}

#[test]
fn no_two_scenarios_have_one_name() {
    refused(
        &format!("{LAW}scenarios: {{dpo: {{title: What if, set: {{status: proposed}}}}}}\n")
            .replace("when:", "status: proposed, when:"),
        "10:3: two scenarios of this file have the name `dpo` (help: the other stands on line 12; what is proposed or disputed makes a scenario of its name: give one of them another name)",
    );
}

#[test]
fn a_ready_scenario_is_checked_too() {
    // A reading that takes the officer for one whose effort is by option, without a choice to say which.
    refused(
        &LAW.replace(
            "when:",
            "disputed: [{options: {one: {}}, cite: \"law#2\", note: n, confidence: low}], when:",
        ),
        "10:79: under the scenario `de.dpo_reading_1`, `choice` and `options` come together (help: write `choice: <name>` and `options: {<option>: <effort>}`, or `effort:` alone)",
    );
}

#[test]
fn a_file_has_only_so_many_scenarios() {
    let duty = |n: usize| {
        format!(
            "  d{n}: {{title: t, status: proposed, cite: \"law#1\", confidence: high, when: \"true\", effort: {{}}}}\n"
        )
    };
    let duties = |n: usize| format!("obligations:\n{}", (0..n).map(duty).collect::<String>());
    refused(&duties(128), "");
    refused(
        &duties(129),
        "136:3: a file with 129 scenarios: at most 128 are read (help: what is proposed or disputed makes one each: give such law a file of its own)",
    );
}
