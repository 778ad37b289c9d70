//! Keys that are unknown, missing, twice, or of another kind.

use super::*;

#[test]
fn an_unknown_key_is_refused_at_every_level() {
    refused("titel: x\n", "7:1: unknown key `titel` in a jurisdiction (help: did you mean `title`?)");
    refused(
        "review: {done: 2026-01-01, bye: us, due: 2027-01-01}\n",
        "7:9: a review needs `by` (help: add `by: …`)
7:28: unknown key `bye` in a review (help: did you mean `by`?)",
    );
    refused(
        "sources: {act: {title: Act, urll: x}}\n",
        "7:29: unknown key `urll` in a source (help: did you mean `url`?)",
    );
    refused(
        "facts: {robots: {type: flag, dok: any}}\n",
        "7:17: a fact needs `doc` (help: add `doc: …`)
7:30: unknown key `dok` in a fact (help: did you mean `doc`?)",
    );
    refused(
        "params: {fee: {type: count, valus: []}}\n",
        "7:15: a param needs `values` (help: add `values: …`)
7:29: unknown key `valus` in a param (help: did you mean `values`?)",
    );
    refused(
        "params: {fee: {type: count, values: [{form: 2020-01-01, value: 1, assumption: true}]}}\n",
        "7:38: a dated value needs `from` (help: add `from: …`)
7:39: unknown key `form` in a dated value (help: did you mean `from`?)",
    );
    refused(&duty(", wen: x"), "7:88: unknown key `wen` in an obligation (help: did you mean `when`?)");
    refused(
        &duty(", in_force: {form: 2020-01-01}"),
        "7:99: unknown key `form` in `in_force` (help: did you mean `from`?)",
    );
    refused(&effort("{onse: {}}"), "7:85: unknown key `onse` in an effort (help: did you mean `once`?)");
    refused(
        &effort("{once: {dais: {counsel: 1}}}"),
        "7:92: unknown key `dais` in an effort (help: did you mean `days`?)",
    );
    refused(
        &effort("{once: {days: {counsel: {low: 1, likly: 2, high: 3}}}}"),
        "7:108: a spread needs `likely` (help: add `likely: …`)
7:117: unknown key `likly` in a spread (help: did you mean `likely`?)",
    );
    refused(
        &fine(", maximom: x"),
        "7:118: unknown key `maximom` in a penalty (help: did you mean `maximum`?)",
    );
    refused(
        "choices: {a: {option: {}}}\n",
        "7:14: a choice needs `options` (help: add `options: …`)
7:15: unknown key `option` in a choice (help: did you mean `options`?)",
    );
    refused(
        "choices: {a: {options: {one: {allowed: true}}}}\n",
        "7:31: unknown key `allowed` in an option (help: one of `title`, `allowed_when`, `cite`, `note`)",
    );
    refused(
        "stages: {complience: {}}\n",
        "7:10: `complience` is not a stage (help: did you mean `compliance`?)",
    );
    refused(
        "stages: {culture: {none: x, bye: us}}\n",
        "7:19: a stage without plugins needs `by` (help: add `by: …`)
7:29: unknown key `bye` in a stage without plugins (help: did you mean `by`?)",
    );
    refused(
        &stage("culture: {fixed: {amont: 1 EUR}}"),
        "7:35: settings of `fixed`: unknown setting `amont` (help: did you mean `amount`?)
7:27: settings of `fixed`: the setting `amount` is missing",
    );
}

#[test]
fn what_is_needed_is_asked_for() {
    refused_file(
        "id: de\n",
        "1:1: a jurisdiction needs `schema` (help: add `schema: …`)
1:1: a jurisdiction needs `kind` (help: add `kind: …`)
1:1: a jurisdiction needs `title` (help: add `title: …`)
1:1: a jurisdiction needs `currency` (help: add `currency: …`)",
    );
    refused("params: {fee: {}}\n", "7:15: a param needs `type` (help: add `type: …`)");
    refused("params: {fee: {type: count}}\n", "7:15: a param needs `values` (help: add `values: …`)");
    refused(
        "params: {fee: {type: count, values: []}}\n",
        "7:10: `fee` has no value (help: write at least `{from, value, …}`)",
    );
    refused(
        "params: {fee: {type: count, values: [{value: 1, assumption: true}]}}\n",
        "7:38: a dated value needs `from` (help: add `from: …`)",
    );
    refused(
        "params: {fee: {type: count, values: [{from: 2020-01-01}]}}\n",
        "7:38: a dated value needs `value` (help: or say why there is none: `absent: …`)",
    );
    refused("facts: {robots: {type: flag}}\n", "7:17: a fact needs `doc` (help: add `doc: …`)");
    refused("obligations: {x: {}}\n", "7:15: an obligation needs `effort` or `options` (help: add `effort: {once: …, yearly: …}`; `effort: {}` says that it costs nothing)
7:18: an obligation needs `title` (help: add `title: …`)
7:18: an obligation needs `cite` (help: add `cite: …`)
7:18: an obligation needs `when` (help: add `when: …`)
7:18: an obligation needs `confidence` (help: add `confidence: high`, `medium` or `low`, and `verified: false` if nobody read the source)");
    refused("penalties: {x: {}}\n", "7:16: a penalty needs `cite` (help: add `cite: …`)
7:16: a penalty needs `when` (help: add `when: …`)
7:16: a penalty needs `maximum` (help: add `maximum: …`)
7:16: a penalty needs `per` (help: add `per: …`)
7:16: a penalty needs `liable` (help: add `liable: …`)
7:16: a penalty needs `confidence` (help: add `confidence: high`, `medium` or `low`, and `verified: false` if nobody read the source)");
    refused("choices: {a: {}}\n", "7:14: a choice needs `options` (help: add `options: …`)");
    refused("choices: {a: {options: {}}}\n", "7:11: a choice needs at least one option");
    refused("sources: {act: {}}\n", "7:16: a source needs `title` (help: add `title: …`)");
    refused(
        "stages: {culture: {}}\n",
        "7:10: nothing computes culture (help: bind a plugin, or write `{none: why, by: who}`)",
    );
    refused("stages: {culture: {none: x}}\n", "7:19: a stage without plugins needs `by` (help: add `by: …`)");
    refused(
        "review: {}\n",
        "7:9: a review needs `done` (help: add `done: …`)
7:9: a review needs `by` (help: add `by: …`)
7:9: a review needs `due` (help: add `due: …`)",
    );
    refused(
        "title:\n",
        "7:1: the key `title` stands here twice (help: the first one is on line 4: remove one of them)",
    );
    refused("obligations:\n", "7:1: `obligations` has no value (help: write one, or take the key out)");
}

#[test]
fn a_thing_is_said_once() {
    refused(
        "params: {}\nparams: {}\n",
        "8:1: the key `params` stands here twice (help: the first one is on line 7: remove one of them)",
    );
    refused(
        "obligations: {x: {}, x: {}}\n",
        "7:22: the key `x` stands here twice (help: the first one is on line 7: remove one of them)",
    );
    refused(
        &effort("{once: {}, once: {}}"),
        "7:95: the key `once` stands here twice (help: the first one is on line 7: remove one of them)",
    );
}

#[test]
fn what_is_something_else_is_named() {
    refused(
        "obligations: [x]\n",
        "7:14: `obligations` is a mapping, not a list (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        "obligations: {x: 5}\n",
        "7:18: an obligation is a mapping, not `5` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        &effort("5"),
        "7:84: an effort is a mapping, not `5` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        &effort("{once: 100 EUR}"),
        "7:91: an effort is a mapping, not `100 EUR` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        &effort("{once: {days: 3}}"),
        "7:98: `days` is a mapping, not `3` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        "params: {fee: {type: count, values: 5}}\n",
        "7:37: values is a list, not `5` (help: write `[…]`, or a `-` before each item)",
    );
    refused(
        "sources: [law]\n",
        "7:10: `sources` is a mapping, not a list (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        "stages: [culture]\n",
        "7:9: `stages` is a mapping, not a list (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        "stages: {culture: fixed}\n",
        "7:19: a stage is a mapping, not `fixed` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
}
