//! A zoo of hostile plugins, all in one host's folder at once, each bound by a market of its own.
//!
//! `tests/guests/zoo.yaml` says what each does and what is to become of it. What is promised: each has its own
//! error, exactly; nothing else is different; the host lives, and grows no larger.

pub(crate) mod animal;
mod component;
mod generated;
mod layout;
mod made;
mod random;
mod smith;

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use self::animal::{Animal, Fate, rule_file, strategy, zoo};
use crate::{
    answer::{Answer, item},
    host::Host,
    site::Site,
};

/// How often the others are asked about: all the time, and yet the zoo is to have most of the machine.
const INTERVAL: Duration = Duration::from_millis(200);
/// Markets in one question.
const ASKED: usize = 16;
/// What the host may have grown by when it has seen the zoo a second time, in KiB.
const GROWTH: u64 = 64 << 10;

#[test]
fn every_animal_of_the_zoo_is_told_what_it_did_and_harms_nobody() {
    let zoo = zoo();
    assert!(zoo.len() >= 40, "{} are no zoo", zoo.len());
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    let shut = AtomicBool::new(false);
    thread::scope(|scope| {
        let answered = scope.spawn(|| ask_until(&shut, &site, &before));
        let _shut = Shut(&shut);
        let mut resident = Vec::new();
        for _ in 0..2 {
            visit(&site, &mut host, &before, &zoo);
            resident.push(host.resident());
        }
        shut.store(true, Ordering::Relaxed);
        let answered = answered.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assert!(answered > 10, "{answered} answers");
        assert!(resident[1].saturating_sub(resident[0]) <= GROWTH, "{resident:?} KiB");
    });
}

/// Ends whoever asks, also where a test fails.
struct Shut<'a>(&'a AtomicBool);

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks for what is none of the zoo's business, all the time; returns how often.
fn ask_until(shut: &AtomicBool, site: &Site, before: &Answer) -> u32 {
    let mut answered = 0;
    while !shut.load(Ordering::Relaxed) {
        let ran = site.run(&["query", "seed.yaml", "--format", "json"]).exits(0);
        assert_eq!(Answer::of(ran).bytes(), before.bytes());
        answered += 1;
        thread::sleep(INTERVAL);
    }
    answered
}

/// Opens the zoo, looks at every animal, and closes it.
#[track_caller]
fn visit(site: &Site, host: &mut Host<'_>, before: &Answer, zoo: &[Animal]) {
    for animal in zoo {
        site.put(&format!("plugins/{}.wasm", animal.name), animal.bytes());
        let market = animal.market();
        site.put(&format!("rules/{market}.yaml"), rule_file(&market, &animal.name, "{}"));
    }
    host.reload();
    let fates = fates(site, host, before, zoo);
    let mut wrong = String::new();
    for (animal, fate) in zoo.iter().zip(fates) {
        if !animal.expects(&fate) {
            writeln!(wrong, "{}: {fate:?}", animal.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "not as in tests/guests/zoo.yaml:\n{wrong}");
    for animal in zoo {
        site.remove(&format!("plugins/{}.wasm", animal.name));
        site.remove(&format!("rules/{}.yaml", animal.market()));
    }
    host.reload();
    let status = host.status();
    let items = status["items"].as_array().unwrap();
    assert!(items.iter().all(|item| item["state"] == "live"), "{items:#?}");
}

/// What became of each, in order.
#[track_caller]
fn fates(site: &Site, host: &Host<'_>, before: &Answer, zoo: &[Animal]) -> Vec<Fate> {
    let status = host.status();
    let refusals: Vec<Option<Fate>> = zoo
        .iter()
        .map(|animal| {
            let plugin = problem(&status, &format!("{}.wasm", animal.name)).map(Fate::Refused);
            plugin.or_else(|| problem(&status, &format!("{}.yaml", animal.market())).map(Fate::Unbound))
        })
        .collect();
    let bound = zoo.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none());
    let bound: Vec<&Animal> = bound.map(|(animal, _)| animal).collect();
    let mut called =
        bound.chunks(ASKED).flat_map(|asked| call(site, host, before, asked)).collect::<Vec<_>>();
    called.reverse();
    refusals.into_iter().map(|refusal| refusal.unwrap_or_else(|| called.pop().unwrap())).collect()
}

/// What is wrong with a file; none where it is live.
fn problem(status: &serde_json::Value, file: &str) -> Option<String> {
    let item = item(status, file).unwrap_or_else(|| panic!("nothing is said of {file}"));
    if item["state"] == "live" {
        return None;
    }
    Some(item["problems"][0]["message"].as_str().unwrap_or_else(|| panic!("{item}")).to_owned())
}

/// Asks their markets beside the seed's, twice.
#[track_caller]
fn call(site: &Site, host: &Host<'_>, before: &Answer, asked: &[&Animal]) -> Vec<Fate> {
    let markets: Vec<String> = asked.iter().map(|animal| animal.market()).collect();
    site.put("zoo.yaml", strategy(markets.iter().map(String::as_str)));
    let after = host.query("zoo.yaml");
    assert_eq!(after.bytes(), host.query("zoo.yaml").bytes(), "two answers to one question");
    for other in ["br", "cn", "us", "in", "gb"] {
        assert_eq!(after.market(other).to_string(), before.market(other).to_string(), "{other}");
    }
    asked.iter().map(|animal| fate_of_call(&after, animal)).collect()
}

fn fate_of_call(after: &Answer, animal: &Animal) -> Fate {
    let market = after.market(&animal.market());
    let stage = &market["stages"]["market-selection"];
    let reasons = market["reasons"].as_array().unwrap();
    match reasons.iter().find(|reason| reason["stage"] == "market-selection") {
        None => Fate::Answered(stage["total"]["likely"].as_str().unwrap_or("nothing").to_owned()),
        Some(reason) => {
            assert!(stage["total"].is_null(), "a number in spite of {reason}");
            let message = reason["message"].as_str().unwrap();
            let prefix = format!("plugin `{}` on stage `market-selection` ", animal.name);
            Fate::Failed {
                kind: reason["kind"].as_str().unwrap().to_owned(),
                message: message.strip_prefix(&prefix).unwrap_or(message).to_owned(),
            }
        }
    }
}
