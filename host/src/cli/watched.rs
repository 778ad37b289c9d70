//! `landfall query --follow`: an answer, and a new one with each generation that changes it.

use super::{
    Failure,
    ask::Ask,
    diff::compared,
    following::{Heard, follow, may_pass},
    put, put_raw,
    whom::Whom,
};
use crate::{
    client::{self, Target},
    diff,
    exit_code::Outcome,
    protocol::{ChangeKind, Event, EventsResponse, Followed, QueryRequest, QueryResponse, RulesResponse},
    render,
};

/// An answer, with what it was answered from.
struct Shown {
    response: QueryResponse,
    rules: RulesResponse,
}

/// Answers until it is told to stop.
pub(super) fn run(ask: &Ask, whom: &Whom, as_json: bool) -> Result<Outcome, Failure> {
    let request = ask.request()?;
    let target = whom.host()?;
    // Before the first answer, so that what happens after it is heard.
    let cursor = client::events(&target, None, 0)?.next;
    let mut shown = answered(&target, &request)?;
    show(&followed(&request, None, &shown)?, as_json)?;
    for heard in follow(target.clone(), Some(cursor))? {
        match heard {
            Heard::Changes(changes) if is_news(&changes, &shown) => match answered(&target, &request) {
                Ok(new) if new.response.served.generation == shown.response.served.generation => {}
                Ok(new) => {
                    show(&followed(&request, Some(&shown), &new)?, as_json)?;
                    shown = new;
                }
                // The question, or the host, may be right again with the next generation.
                Err(failure) => render::note(&render::diagnostics(&failure.diagnostics())),
            },
            Heard::Changes(_) => {}
            Heard::Gone(error) if may_pass(&error) => {}
            Heard::Gone(error) => return Err(error.into()),
            Heard::Stop => break,
        }
    }
    Ok(Outcome::Done)
}

/// Whether what is served is another generation now.
fn is_news(changes: &EventsResponse, shown: &Shown) -> bool {
    let served = &shown.response.served.generation;
    let is_other = |kind: ChangeKind, generation: Option<&String>| {
        kind == ChangeKind::Generation && generation != Some(served)
    };
    changes.restarted
        || changes.missed > 0
        || changes.events.iter().any(|change| is_other(change.kind, change.generation.as_ref()))
}

fn answered(target: &Target, request: &QueryRequest) -> Result<Shown, Failure> {
    let response = client::query(target, request)?;
    let rules = client::rules(target, Some(&response.served.generation))?;
    Ok(Shown { response, rules })
}

fn followed(request: &QueryRequest, old: Option<&Shown>, new: &Shown) -> Result<Followed, Failure> {
    let response = new.response.clone();
    let Some(old) = old else { return Ok(Followed { response, rules: Vec::new(), diff: None }) };
    let rules = diff::files(&old.rules.files, &new.rules.files);
    let name = request.strategy.name.as_str();
    let diff = compared((name, request, &old.response), (name, request, &new.response), &rules)?;
    Ok(Followed { response, rules, diff: Some(diff) })
}

fn show(followed: &Followed, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let line = render::json_line(followed).map_err(|error| Failure::system("write JSON", error))?;
        return put_raw(line.as_bytes());
    }
    if let Some(diff) = &followed.diff {
        let event = Event::Diff { rules: followed.rules.clone(), diff: Box::new(diff.clone()) };
        put(&format!("\n{}", render::event(&event)))?;
    }
    put(&render::query(&followed.response))
}
