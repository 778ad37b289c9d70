//! What a generation's name depends on, and what not.

mod scenarios;

use super::*;
use crate::{
    plugin::{CallLimits, Limits},
    testing::{Files, obligations, plugins},
};

fn world() -> Files {
    Files::new().country("us-ca", &obligations(&[("x", "true", "{once: {fixed: 1 EUR}}")]))
}

fn generation(files: &Files) -> Arc<Generation> {
    Arc::clone(files.published().generation.as_ref().unwrap())
}

/// The same contents under another number and engine.
fn again(of: &Generation, number: u64, engine: &Arc<Engine>) -> Digest {
    let Generation { base, closures, unavailable, .. } = of;
    Generation::new(number, Arc::clone(base), closures.clone(), unavailable.clone(), Arc::clone(engine))
        .digest
}

#[test]
fn whatever_can_change_an_answer_changes_the_name() {
    let one = generation(&world());
    assert_eq!(one.digest, generation(&world()).digest);
    let renamed = {
        let mut files = world();
        let text = files.rules.remove("us-ca.yaml").unwrap();
        files.rule("us_ca", text)
    };
    for (what, files) in [
        ("a rule", world().replace("us-ca", "1 EUR", "2 EUR")),
        ("a remark in a rule file", world().replace("us-ca", "obligations", "# a remark\nobligations")),
        ("the name of a rule file", renamed),
        ("a rule of a parent", world().replace("global", "title: Everywhere", "title: Anywhere")),
        ("a day rate", world().replace("rates", "700 EUR", "701 EUR")),
        ("a plugin", world().plugin("statutory", plugins::forgetful("statutory"))),
        ("a file that cannot be served", world().rule("fr", "id: fr")),
        ("a file less", world().without("us-ca.yaml")),
    ] {
        assert_ne!(one.digest, generation(&files).digest, "{what}");
    }
    let call = CallLimits { fuel: 1_000_000, ..CallLimits::default() };
    let tight = Arc::new(Engine::new(Limits { call, calls_at_once: 1, ..Limits::default() }).unwrap());
    assert_ne!(one.digest, again(&one, 1, &tight), "a limit that decides answers");
}

#[test]
fn what_cannot_change_an_answer_leaves_the_name() {
    let one = generation(&world());
    let slow = Limits { wall_clock_ms: 60_000, calls_at_once: 1, ..Limits::default() };
    assert_eq!(one.digest, again(&one, 7, &Arc::new(Engine::new(slow).unwrap())));
    // A plugin nobody binds answers nothing.
    let more = world().plugin("fixed", plugins::fixed("fixed", 0, 1));
    assert_eq!(one.digest, generation(&more).digest);
}
