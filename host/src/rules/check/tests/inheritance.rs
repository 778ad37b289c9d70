//! What does not go together along `extends`.

use super::*;

#[test]
fn nothing_is_defined_twice_along_extends() {
    clashes_with_parent(
        "facts: {robots: {type: flag, doc: any}}\n",
        "7:9: the fact `robots` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {facts.robots: {why: …, cite: […]}}`)",
    );
    clashes_with_parent(
        "params: {fee: {type: count, values: [{from: 2020-01-01, value: 1, assumption: true}]}}\n",
        "7:10: the param `fee` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {params.fee: {why: …, cite: […]}}`)",
    );
    clashes_with_parent(
        "sources: {act: {title: Another act}}\n",
        "7:11: the source `act` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {sources.act: {why: …, cite: […]}}`)",
    );
    clashes_with_parent(
        "obligations: {given: {title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {}}}\n",
        "7:15: the obligation `given` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {obligations.given: {why: …, cite: […]}}`)",
    );
    clashes_with_parent(
        "penalties: {fine: {cite: \"law#1\", confidence: high, when: \"true\", maximum: \"money('1 EUR')\", per: day, liable: company}}\n",
        "7:13: the penalty `fine` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {penalties.fine: {why: …, cite: […]}}`)",
    );
    clashes_with_parent(
        "choices: {way: {options: {one: {}}}}\n",
        "7:11: the choice `way` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {choices.way: {why: …, cite: […]}}`)",
    );
    clashes_with_parent(
        "stages: {culture: {fixed: {amount: 1 EUR}}}\n",
        "7:20: `fixed` is already bound to culture in eu.yaml, which this file inherits (help: bind it in one of the two files; if it is to hold here instead, add `replaces: {stages.culture.fixed: {why: …, cite: […]}}`)",
    );
    clashes_with_parent(
        "stages: {culture: {none: x, by: us}}\n",
        "7:10: culture is both computed and declared to be nothing (help: an inherited `none:` or plugin stands against this)",
    );
    clashes_with_parent(
        "stages: {output: {fixed: {amount: 1 EUR}}}\n",
        "7:10: output is both computed and declared to be nothing (help: an inherited `none:` or plugin stands against this)",
    );
    clashes_with_parent(
        "stages: {compliance: {none: x, by: us}}\n",
        "7:10: compliance is both computed and declared to be nothing (help: an inherited `none:` or plugin stands against this)",
    );
}

#[test]
fn two_parents_that_define_the_same_do_not_go_together() {
    clash_with_each_other(
        "facts: {robots: {type: flag, doc: any}}\n",
        "5:11: the fact `robots` comes from both aa.yaml and bb.yaml (help: replace it here: define it in this file and add `replaces: {facts.robots: {why: …, cite: […]}}`; or extend one of the two files)",
    );
    clash_with_each_other(
        "params: {fee: {type: count, values: [{from: 2020-01-01, value: 1, assumption: true}]}}\n",
        "5:11: the param `fee` comes from both aa.yaml and bb.yaml (help: replace it here: define it in this file and add `replaces: {params.fee: {why: …, cite: […]}}`; or extend one of the two files)",
    );
    clash_with_each_other("sources: {act: {title: An act}}\n", "");
    clash_with_each_other(
        "obligations: {given: {title: t, cite: \"law#1\", confidence: high, when: \"true\", effort: {}}}\n",
        "5:11: the obligation `given` comes from both aa.yaml and bb.yaml (help: replace it here: define it in this file and add `replaces: {obligations.given: {why: …, cite: […]}}`; or extend one of the two files)",
    );
    clash_with_each_other(
        "penalties: {fine: {cite: \"law#1\", confidence: high, when: \"true\", maximum: \"money('1 EUR')\", per: day, liable: company}}\n",
        "5:11: the penalty `fine` comes from both aa.yaml and bb.yaml (help: replace it here: define it in this file and add `replaces: {penalties.fine: {why: …, cite: […]}}`; or extend one of the two files)",
    );
    clash_with_each_other(
        "choices: {way: {options: {one: {}}}}\n",
        "5:11: the choice `way` comes from both aa.yaml and bb.yaml (help: replace it here: define it in this file and add `replaces: {choices.way: {why: …, cite: […]}}`; or extend one of the two files)",
    );
    clash_with_each_other(
        "stages: {culture: {fixed: {amount: 1 EUR}}}\n",
        "5:11: `fixed` is bound to culture by both aa.yaml and bb.yaml (help: replace it here: define it in this file and add `replaces: {stages.culture.fixed: {why: …, cite: […]}}`; or extend one of the two files)",
    );
    clash_with_each_other(
        "stages: {culture: {none: x, by: us}}\n",
        "5:11: culture comes from two of the files this one extends, in different ways (help: a stage is computed by plugins, or declared to be nothing, once)",
    );
}

#[test]
fn what_is_extended_exists() {
    refused_file(
        &extending("[globe]"),
        "5:11: there is no globe.yaml to extend (help: did you mean `global`?)",
    );
    refused_file(
        &extending("global"),
        "5:10: `extends` is a list, not `global` (help: write `[…]`, or a `-` before each item)",
    );
    refused_file(
        &extending("[de]"),
        "5:11: `extends` goes in a circle: de → de (help: take one of them out)",
    );
    refused_file(&extending("[global, global]"), "");
    refused_file(&extending("[br]"), "");
}
