//! One scenario each.

use super::*;
use crate::testing::{OTHERS_NONE, country, plugins};

#[test]
fn a_broken_file_keeps_its_last_good_version_until_it_is_mended() {
    let mut host = Watched::good(world());
    assert_eq!(
        (host.market("de"), host.market("br"), host.number()),
        ("complete 11.0000".into(), "complete 7.0000".into(), 1)
    );
    host.then(|files| files.rule("de", NOT_YAML));
    assert_eq!(
        host.stale(),
        "de.yaml last_good: de.yaml:2:1: this is not YAML: while parsing a node, did not find expected node content\n"
    );
    assert_eq!((host.market("de"), host.number()), ("complete 11.0000".into(), 1));
    host.then(|files| files.member("de", &duty("own", 2)));
    assert_eq!(
        (host.stale(), host.market("de"), host.number()),
        (String::new(), "complete 12.0000".into(), 2)
    );
    // Back to what it was: the contents have a name, and the number goes on.
    host.then(|files| files.member("de", &duty("own", 1)));
    assert_eq!((host.market("de"), host.number()), ("complete 11.0000".into(), 3));
}

#[test]
fn the_same_bytes_are_no_change() {
    let mut host = Watched::good(world());
    let before = Arc::clone(host.published.generation.as_ref().unwrap());
    let since = host.published.items.clone();
    host.then(|files| files);
    assert!(Arc::ptr_eq(&before, host.published.generation.as_ref().unwrap()));
    assert_eq!(host.published.items, since);
    // So is a file broken and mended again.
    host.then(|files| files.rule("br", NOT_YAML)).then(|_| world());
    assert!(Arc::ptr_eq(&before, host.published.generation.as_ref().unwrap()));
}

#[test]
fn a_file_that_never_was_good_is_unavailable_alone() {
    let mut host = Watched::of(world().rule("fr", NOT_YAML));
    assert_eq!(host.states(), "fr.yaml unavailable");
    assert_eq!(host.market("fr"), "incomplete unavailable null, so far 0.0000");
    assert_eq!(host.market("de"), "complete 11.0000");
    host.then(|files| files.member("fr", &duty("own", 3)));
    assert_eq!((host.stale(), host.market("fr")), (String::new(), "complete 13.0000".into()));
}

#[test]
fn a_broken_parent_falls_back_and_its_children_stay_on_it() {
    let mut host = Watched::good(world());
    host.then(|files| files.rule("eu", NOT_YAML));
    assert_eq!(
        (host.states(), host.market("de"), host.number()),
        ("eu.yaml last_good".into(), "complete 11.0000".into(), 1)
    );
    // Its children go on living over what it was.
    host.then(|files| files.member("de", &duty("own", 2)));
    assert_eq!((host.states(), host.market("de")), ("eu.yaml last_good".into(), "complete 12.0000".into()));
    host.then(|files| files.rule("eu", bloc("eu", &duty("of_all", 20))));
    assert_eq!((host.states(), host.market("de")), (String::new(), "complete 22.0000".into()));
}

#[test]
fn the_last_good_version_of_a_file_goes_with_its_parents_and_plugins() {
    let mut host = Watched::good(world());
    host.then(|files| files.rule("de", NOT_YAML).rule("br", NOT_YAML));
    host.then(|files| files.rule("eu", bloc("eu", &duty("of_all", 20))));
    assert_eq!(
        (host.states(), host.market("de")),
        ("br.yaml last_good, de.yaml last_good".into(), "complete 21.0000".into())
    );
    host.then(|files| files.plugin("fixed", plugins::fixed("fixed", 0, 3)));
    assert_eq!(
        (host.states(), host.market("br")),
        ("br.yaml last_good, de.yaml last_good".into(), "complete 11.0000".into())
    );
    // Deleted and put back, a parent is followed again.
    host.then(|files| files.without("eu.yaml"))
        .then(|files| files.rule("eu", bloc("eu", &duty("of_all", 40))));
    assert_eq!(host.market("de"), "complete 41.0000");
}

#[test]
fn a_deleted_parent_leaves_its_children_with_an_error_and_their_closure() {
    let mut host = Watched::good(world());
    host.then(|files| files.without("eu.yaml"));
    assert_eq!(
        host.stale(),
        "de.yaml last_good: de.yaml:5:11: there is no eu.yaml to extend (help: one of `br`, `de`, `global`)\n"
    );
    assert_eq!(host.market("de"), "complete 11.0000");
    assert_eq!(host.rules_of("de").keys().collect::<Vec<_>>(), ["de.yaml", "eu.yaml", "global.yaml"]);
    // A change of the child waits for the parent.
    host.then(|files| files.member("de", &duty("own", 2)));
    assert_eq!((host.states(), host.market("de")), ("de.yaml last_good".into(), "complete 11.0000".into()));
    host.then(|files| files.rule("eu", bloc("eu", &duty("of_all", 30))));
    assert_eq!((host.states(), host.market("de")), (String::new(), "complete 32.0000".into()));
}

#[test]
fn a_deleted_file_takes_with_it_what_it_gave() {
    let mut host = Watched::good(world());
    host.then(|files| files.without("br.yaml"));
    assert_eq!(
        (host.states(), host.market("br"), host.number()),
        (String::new(), "unknown market `br`".into(), 2)
    );
    assert_eq!(host.market("de"), "complete 11.0000");
    // What it was is forgotten.
    host.then(|files| files.rule("br", NOT_YAML));
    assert_eq!(host.states(), "br.yaml unavailable");
}

#[test]
fn a_parent_that_clashes_with_a_child_goes_live_without_it() {
    let mut host = Watched::good(world());
    let before = host.rules_of("de");
    host.then(|files| files.rule("eu", bloc("eu", &duty("own", 50))).member("fr", &duty("other", 1)));
    assert_eq!(
        host.stale(),
        "de.yaml last_good: de.yaml:8:3: the obligation `own` is already defined in eu.yaml, which this file inherits (help: give this one another name; if it is to hold here instead, add `replaces: {obligations.own: {why: …, cite: […]}}`)\n"
    );
    // Two versions of the union at once, and the answers say which.
    assert_eq!(
        (host.market("de"), host.market("fr")),
        ("complete 11.0000".into(), "complete 51.0000".into())
    );
    assert_eq!(host.rules_of("de"), before);
    assert_ne!(host.rules_of("fr")["eu.yaml"], before["eu.yaml"]);
}

#[test]
fn two_versions_of_one_ancestor_do_not_meet() {
    // Both unions extend `global`; the new one clashes with the first of them.
    let two = |files: Files| {
        files.rule("nato", bloc("nato", &duty("pact", 100))).rule("eu", bloc("eu", &duty("clash", 10)))
    };
    let both = |files: Files| {
        files.country("de", &duty("own", 1)).replace("de", "extends: [global]", "extends: [eu, nato]")
    };
    let mut host = Watched::good(both(two(world())));
    assert_eq!(host.market("de"), "complete 111.0000");
    host.then(|files| {
        let global = files.rules["global.yaml"].clone();
        files.rule("global", format!("{global}{}", duty("clash", 1000)))
    });
    assert_eq!(host.states(), "de.yaml last_good, eu.yaml last_good");
    assert!(host.stale().contains("two versions of global.yaml meet here"), "{}", host.stale());
    assert_eq!(
        (host.market("de"), host.market("br")),
        ("complete 111.0000".into(), "complete 1007.0000".into())
    );
}

#[test]
fn a_plugin_that_is_gone_or_broken_leaves_what_it_served() {
    let mut host = Watched::good(world());
    host.then(|files| files.without("fixed.wasm"));
    assert_eq!(
        host.stale(),
        "br.yaml last_good: br.yaml:12:13: the plugin `fixed` is not loaded (help: put `fixed.wasm` into the plugins folder; only `statutory` is known here)\n"
    );
    assert_eq!((host.market("br"), host.number()), ("complete 7.0000".into(), 1));
    host.then(|files| files.plugin("fixed", b"not wasm at all".to_vec()));
    assert_eq!(
        (host.states(), host.market("br")),
        ("br.yaml last_good, fixed.wasm refused".into(), "complete 7.0000".into())
    );
    host.then(|files| files.plugin("fixed", plugins::fixed("fixed", 0, 3)));
    assert_eq!(
        (host.states(), host.market("br"), host.number()),
        (String::new(), "complete 11.0000".into(), 2)
    );
    // Broken while its old version is known, nothing else notices.
    host.then(|files| files.plugin("fixed", b"not wasm at all".to_vec()));
    assert_eq!(
        (host.states(), host.market("br"), host.number()),
        ("fixed.wasm last_good".into(), "complete 11.0000".into(), 2)
    );
    host.then(|files| {
        files.country(
            "br",
            &format!(
                "{}{}",
                duty("own", 6),
                OTHERS_NONE
                    .replace("culture: {none: not needed, by: test}", "culture: {fixed: {amount: 2 EUR}}")
            ),
        )
    });
    assert_eq!(
        (host.states(), host.market("br")),
        ("fixed.wasm last_good".into(), "complete 12.0000".into())
    );
}

#[test]
fn a_plugin_whose_new_version_needs_more_serves_nobody_yet() {
    let mut host = Watched::good(world());
    host.then(|files| files.plugin("statutory", plugins::needing_param("statutory", "fee")));
    // Whoever binds it keeps the old one; nobody is unavailable, and a bloc may leave params to its members.
    assert_eq!(host.states(), "br.yaml last_good, de.yaml last_good");
    assert!(
        host.stale().contains("the plugin `statutory` needs the param `fee`, which nothing provides"),
        "{}",
        host.stale()
    );
    assert_eq!((host.market("de"), host.market("br")), ("complete 11.0000".into(), "complete 7.0000".into()));
    let fee = "params: {fee: {type: money, values: [{from: 2020-01-01, value: 1 EUR, assumption: true}]}}\n";
    host.then(|files| files.member("de", &format!("{fee}{}", duty("own", 2))));
    assert_eq!(
        (host.states(), host.market("de"), host.market("br")),
        ("br.yaml last_good".into(), "complete 12.0000".into(), "complete 7.0000".into())
    );
}

#[test]
fn a_rule_and_a_plugin_that_wait_for_each_other_go_live_together() {
    let mut host = Watched::good(world());
    let fees = |files: Files| {
        let fee =
            "params: {fee: {type: money, values: [{from: 2020-01-01, value: 1 EUR, assumption: true}]}}\n";
        let culture = OTHERS_NONE
            .replace("culture: {none: not needed, by: test}", "culture: {fixed: {amount: 2 EUR}, fees: {}}");
        files.country("br", &format!("{fee}{}{culture}", duty("own", 50)))
    };
    host.then(fees);
    assert_eq!((host.states(), host.market("br")), ("br.yaml last_good".into(), "complete 7.0000".into()));
    host.then(|files| files.plugin("fees", plugins::needing_param("fees", "fee")));
    assert_eq!((host.states(), host.market("br")), (String::new(), "complete 52.0000".into()));
    // The other way round, the plugin is good by itself.
    let mut host = Watched::good(world().plugin("fees", plugins::needing_param("fees", "fee")));
    host.then(fees);
    assert_eq!((host.states(), host.market("br")), (String::new(), "complete 52.0000".into()));
}

#[test]
fn a_plugin_file_with_another_id_inside_is_refused_alone() {
    let mut host = Watched::good(world());
    host.then(|files| files.plugin("mine", plugins::fixed("fixed", 0, 9)));
    assert_eq!(
        host.stale(),
        "mine.wasm refused: mine.wasm: plugin `mine.wasm` says that its id is `fixed` (help: rename the file to `fixed.wasm`, or give the plugin the id `mine`)\n"
    );
    assert_eq!((host.market("br"), host.number()), ("complete 7.0000".into(), 1));
    host.then(|files| files.plugin("fixed", plugins::fixed("other", 0, 9)));
    assert_eq!(
        (host.states(), host.market("br"), host.number()),
        ("fixed.wasm last_good, mine.wasm refused".into(), "complete 7.0000".into(), 1)
    );
}

#[test]
fn two_spellings_of_one_name_are_both_refused() {
    let mut host = Watched::good(world().country("us-ca", &duty("own", 4)));
    assert_eq!(host.market("us-ca"), "complete 4.0000");
    host.then(|files| {
        let same = files.rules["us-ca.yaml"].clone();
        files.rule("us_ca", same.replace("4 EUR", "9 EUR"))
    });
    assert_eq!(host.states(), "us-ca.yaml last_good, us_ca.yaml last_good");
    assert_eq!(host.market("us-ca"), "complete 4.0000");
    host.then(|files| files.without("us-ca.yaml"));
    assert_eq!((host.states(), host.market("us-ca")), (String::new(), "complete 9.0000".into()));
    let mut host = Watched::good(world().plugin("data-cost", plugins::fixed("data-cost", 0, 1)));
    host.then(|files| files.plugin("data_cost", plugins::fixed("data-cost", 0, 2)));
    assert_eq!(host.states(), "data-cost.wasm last_good, data_cost.wasm last_good");
    assert_eq!(host.number(), 1);
}

#[test]
fn a_rule_file_with_another_id_inside_is_refused_alone() {
    let mut host = Watched::good(world());
    host.then(|files| files.rule("br2", country("br", "EUR", &duty("own", 999))));
    assert_eq!(
        host.stale(),
        "br2.yaml unavailable: br2.yaml:2:5: `br2.yaml` holds the id `br` (help: write `id: br2`, or rename the file to `br.yaml`)\n"
    );
    assert_eq!(host.market("br"), "complete 7.0000");
    host.then(|files| files.without("br2.yaml").rule("BR", "id: br"));
    assert!(
        host.stale().starts_with("BR.yaml refused: BR.yaml: the file name is no id: `BR` is not kebab-case"),
        "{}",
        host.stale()
    );
}

#[test]
fn a_circle_is_named_and_everybody_in_it_keeps_what_served_them() {
    let mut host = Watched::good(world());
    host.then(|files| files.replace("eu", "extends: [global]", "extends: [de]"));
    assert_eq!(host.states(), "de.yaml last_good, eu.yaml last_good");
    for file in ["de", "eu"] {
        let circle = format!("{file}.yaml:5:11: `extends` goes in a circle: de → eu → de");
        assert!(host.stale().contains(&circle), "{}", host.stale());
    }
    assert_eq!((host.market("de"), host.number()), ("complete 11.0000".into(), 1));
    // Who stands under a circle is not in it.
    host.then(|files| files.member("fr", &duty("own", 2)));
    assert_eq!(
        (host.states(), host.market("fr")),
        ("de.yaml last_good, eu.yaml last_good".into(), "complete 12.0000".into())
    );
    let alone = Watched::of(world().replace("br", "extends: [global]", "extends: [br]"));
    assert!(alone.stale().contains("`extends` goes in a circle: br → br"), "{}", alone.stale());
}

#[test]
fn a_new_fact_and_a_rule_that_uses_it_go_live_together() {
    let fact = |files: Files| {
        files.replace("facts", "product:\n", "product:\n  robots: {type: flag, doc: any, default: true}\n")
    };
    let rule = |files: Files| {
        files.member("de", &obligations(&[("own", "product.robots", "{once: {fixed: 7 EUR}}")]))
    };
    let mut host = Watched::good(world());
    host.then(|files| rule(fact(files)));
    assert_eq!(
        (host.states(), host.market("de"), host.number()),
        (String::new(), "complete 17.0000".into(), 2)
    );
    let mut host = Watched::good(world());
    host.then(rule);
    assert_eq!((host.states(), host.market("de")), ("de.yaml last_good".into(), "complete 11.0000".into()));
    host.then(fact);
    assert_eq!((host.states(), host.market("de")), (String::new(), "complete 17.0000".into()));
}

#[test]
fn a_base_that_breaks_what_is_served_is_refused_whole_and_names_it() {
    let reads = obligations(&[("own", "product.systems > 5", "{once: {days: {counsel: 1}}}")]);
    let mut host = Watched::good(world().country("us", &reads));
    let dearer = |files: Files| files.replace("rates", "700 EUR", "900 EUR");
    let narrower = |files: Files| files.replace("facts", "  systems: {type: count, doc: how many}\n", "");
    host.then(|files| narrower(dearer(files)));
    assert_eq!(host.states(), "facts.yaml last_good, rates.yaml last_good");
    assert!(
        host.stale().starts_with(
            "facts.yaml last_good: facts.yaml: the new base would take down or set back `us`; the first problem is us.yaml:8:"
        ),
        "{}",
        host.stale()
    );
    assert_eq!(host.number(), 1);
    // It goes live with a rule that lives with it.
    host.then(|files| files.country("us", &obligations(&[("own", "true", "{once: {days: {counsel: 1}}}")])));
    assert_eq!(
        (host.states(), host.market("us"), host.number()),
        (String::new(), "complete 900.0000".into(), 2)
    );
}

#[test]
fn a_base_file_that_is_broken_or_deleted_leaves_what_it_was() {
    let reads = obligations(&[("own", "true", "{once: {days: {counsel: 1}}}")]);
    let mut host = Watched::good(world().country("us", &reads));
    host.then(|files| files.rule("rates", NOT_YAML));
    assert_eq!(
        (host.states(), host.market("us"), host.number()),
        ("rates.yaml last_good".into(), "complete 700.0000".into(), 1)
    );
    host.then(|files| files.without("roles.yaml"));
    assert_eq!(
        (host.states(), host.market("us"), host.number()),
        ("rates.yaml last_good, roles.yaml last_good".into(), "complete 700.0000".into(), 1)
    );
    assert!(
        host.stale()
            .contains("roles.yaml: the file was deleted, and the new base would take down or set back `us`"),
        "{}",
        host.stale()
    );
    // Rules go on being taken in over the base that stays.
    host.then(|files| files.country("us", &obligations(&[("own", "true", "{once: {days: {counsel: 2}}}")])));
    assert_eq!(host.market("us"), "complete 1400.0000");
}

#[test]
fn a_base_that_was_never_good_leaves_those_who_need_it_unavailable() {
    let host = Watched::of(
        world()
            .rule("facts", NOT_YAML)
            .country("us", &obligations(&[("own", "product.personal_data", "{}")])),
    );
    assert_eq!(host.states(), "facts.yaml refused, us.yaml unavailable");
    assert_eq!(host.market("br"), "complete 7.0000");
}

#[test]
fn all_problems_of_all_files_are_shown_together() {
    let host = Watched::of(
        world().rule("fr", "id: fr\nkind: planet\ntitel: x\n").rule("facts", "schema: nonsense\n"),
    );
    let of = |file: &str| host.published.items.iter().find(|item| item.file == file).unwrap().problems.len();
    assert_eq!((of("fr.yaml"), of("facts.yaml")), (5, 1));
}
