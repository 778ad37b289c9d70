//! Those who ask, all the time, and check each answer as it comes.

use std::{thread::sleep, time::Duration};

use serde_json::json;

use crate::{
    ask::{self, Response},
    contents::FLEETING,
    random::Random,
    shared::Shared,
};

/// Asks until it is over.
pub(crate) fn ask(shared: &Shared, name: usize) {
    let mut random = Random::new(shared.seed, &format!("client {name}"));
    while !shared.is_over() {
        let quiet = shared.quiet.read().unwrap();
        let Some(life) = shared.life() else {
            drop(quiet);
            sleep(Duration::from_millis(5));
            continue;
        };
        let index = usize::try_from(random.below(shared.questions.len() as u64)).unwrap();
        let older = random.percent(10).then(|| older(shared, &mut random)).flatten();
        one(shared, life, index, older);
    }
}

/// Some generation that was answered from before.
fn older(shared: &Shared, random: &mut Random) -> Option<u64> {
    let (lowest, highest) = (shared.highest().saturating_sub(50).max(1), shared.highest());
    (highest > 0).then(|| lowest + random.below(highest - lowest + 1))
}

/// One question, and what becomes of it.
fn one(shared: &Shared, life: u64, index: usize, older: Option<u64>) {
    let question = &shared.questions[index];
    let generation = older.map(|number| number.to_string());
    let body = json!({"strategy": {"name": "soak.yaml", "text": question.text}, "generation": generation});
    let before = shared.highest();
    let response = ask::post(&shared.socket(), "/v1/query", &body.to_string());
    let checked = match response {
        Err(_) if shared.life() != Some(life) || shared.is_over() => {
            shared.counts.cut_off.add();
            return;
        }
        Err(error) => Err(format!("no answer, though the host lives: {error}")),
        Ok(Response { status: 200, body }) => answered(shared, index, older, before, &body),
        Ok(response) => refused(shared, index, older, &response),
    };
    shared.must("an answer", checked);
}

fn answered(
    shared: &Shared,
    index: usize,
    older: Option<u64>,
    before: u64,
    body: &str,
) -> Result<(), String> {
    let question = &shared.questions[index];
    let checked = shared.seen.check(&shared.contents, index, question, body)?;
    let from = checked.number;
    match older {
        Some(older) if older != from => {
            return Err(format!("asked of generation {older}, answered from {from}"));
        }
        Some(_) => shared.counts.older.add(),
        // Whoever asks later is answered from the same generation or a later one, whatever ended meanwhile.
        None if from < before => {
            return Err(format!("answered from generation {from} after somebody was answered from {before}"));
        }
        None => shared.answered_from(from),
    }
    shared.counts.answers.add();
    if !checked.complete {
        shared.counts.incomplete.add();
    }
    Ok(())
}

/// Only what is gone may be refused.
fn refused(shared: &Shared, index: usize, older: Option<u64>, response: &Response) -> Result<(), String> {
    let names_it = response.body.contains(&format!("`{FLEETING}`"));
    let question = &shared.questions[index];
    match response.status {
        422 if names_it && question.names_the_fleeting() => {
            shared.counts.no_such_market.add();
            Ok(())
        }
        status => Err(format!("{status} to question {index} of {older:?}: {}", response.body)),
    }
}
