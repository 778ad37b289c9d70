//! What files would do before they are dropped in, and what is still known of what was served before.

use std::collections::BTreeMap;

use super::*;
use crate::{
    host,
    testing::{Here, engine, plugins},
};

fn drafts() -> Drafts {
    Drafts::new(engine(), Box::new(Here))
}

/// One country with a duty of that many euros.
fn costing(euros: u32) -> Files {
    Files::effort(&format!("{{once: {{fixed: {euros} EUR}}}}"))
}

fn candidate(name: &str, files: &Files) -> BTreeMap<String, Arc<[u8]>> {
    let disk = files.disk();
    let folder = if name.ends_with(".wasm") { disk.plugins.unwrap() } else { disk.rules };
    [(name.to_owned(), Arc::clone(folder.files[name].as_ref().unwrap()))].into()
}

fn comes_to(kept: &Kept) -> String {
    let answer = host::answer(kept, &request("markets: {de: {weight: 1}}\n")).unwrap().answer;
    answer.objective.map_or_else(|| "null".to_owned(), |objective| objective.likely)
}

#[track_caller]
fn refused(result: Result<Kept, Vec<Diagnostic>>) -> String {
    result.unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_draft_answers_and_changes_nothing() {
    let mut host = Watched::good(costing(5));
    let served = host.published.current().unwrap();
    let draft = drafts().draft(&served, &candidate("de.yaml", &costing(7))).unwrap();
    assert_eq!((comes_to(&served), comes_to(&draft)), ("5.0000".into(), "7.0000".into()));
    assert_eq!(draft.generation.number, 0);
    // It is what dropping it in gives, and until then nobody else sees it.
    host.then(|files| files);
    assert_eq!((host.market("de"), host.number()), ("complete 5.0000".into(), 1));
    host.then(|_| costing(7));
    assert_eq!(host.published.generation.as_ref().unwrap().digest, draft.generation.digest);
}

#[test]
fn a_candidate_with_errors_says_them_and_what_it_breaks_elsewhere() {
    let host = Watched::good(costing(5));
    let served = host.published.current().unwrap();
    let broken = candidate("de.yaml", &costing(5).rule("de", "schema: ["));
    let said = refused(drafts().draft(&served, &broken));
    assert!(said.starts_with("de.yaml:"), "{said}");
    // The parent reads well, and its child no longer does.
    let parent = candidate("global.yaml", &costing(5).replace("global", "law: {", "act: {"));
    let said = refused(drafts().draft(&served, &parent));
    assert!(said.contains("de.yaml:"), "{said}");
    let base = candidate("rates.yaml", &costing(5).rule("rates", "schema: landfall/rates@1\nrates: 1\n"));
    assert!(refused(drafts().draft(&served, &base)).starts_with("rates.yaml:2:"));
}

#[test]
fn what_was_wrong_before_is_not_the_candidates_fault() {
    let mut host = Watched::good(costing(5).country("br", ""));
    host.then(|files| files.rule("br", "schema: ["));
    let served = host.published.current().unwrap();
    let draft = drafts().draft(&served, &candidate("de.yaml", &costing(7))).unwrap();
    assert_eq!(comes_to(&draft), "7.0000");
}

#[test]
fn a_plugin_can_be_tried() {
    let files = costing(5);
    let host = Watched::good(files.clone());
    let served = host.published.current().unwrap();
    let other = files.plugin("statutory", plugins::forgetful("statutory"));
    let draft = drafts().draft(&served, &candidate("statutory.wasm", &other)).unwrap();
    // It is asked: it returns no line for the obligation it is paid to cost.
    assert_eq!((comes_to(&served), comes_to(&draft)), ("5.0000".into(), "null".into()));
    let noise = [("statutory.wasm".to_owned(), Arc::from(b"noise".as_slice()))].into();
    assert!(refused(drafts().draft(&served, &noise)).starts_with("statutory.wasm: "));
}

#[test]
fn a_name_that_no_folder_takes_is_refused() {
    let host = Watched::good(costing(5));
    let served = host.published.current().unwrap();
    for name in ["de.yml", "../de.yaml", ".de.yaml", "de"] {
        let files = [(name.to_owned(), Arc::from(b"x".as_slice()))].into();
        let said = refused(drafts().draft(&served, &files));
        assert!(said.contains("neither a rule file nor a plugin"), "{said}");
    }
}

#[test]
fn the_last_generations_are_kept_and_found() {
    let mut host = Watched::good(costing(1));
    for euros in 2..=20 {
        host.then(|_| costing(euros));
    }
    let kept = host.published.kept();
    let numbers: Vec<u64> = kept.iter().map(|kept| kept.generation.number).collect();
    assert_eq!(numbers, (5..=20).rev().collect::<Vec<_>>());
    let found = |wanted: &str| host.published.find(wanted).map(|kept| comes_to(&kept));
    assert_eq!((found("7").as_deref(), found("4")), (Some("7.0000"), None));
    let digest = kept[3].generation.digest.to_string();
    assert_eq!(found(&digest).as_deref(), Some("17.0000"));
    assert_eq!(found(&digest[..15]).as_deref(), Some("17.0000"));
    assert_eq!((found(&digest[..12]), found("blake3:"), found("seven")), (None, None, None));
    // A draft can be laid over an earlier one too.
    let over = host.published.find("7").unwrap();
    let draft = drafts().draft(&over, &candidate("de.yaml", &costing(30))).unwrap();
    assert_eq!(comes_to(&draft), "30.0000");
}

#[test]
fn what_did_not_change_is_held_once() {
    let mut host = Watched::good(costing(1));
    let first = Arc::clone(&host.published.made_of);
    host.then(|_| costing(2));
    let bytes = |made_of: &MadeOf, name: &str| Arc::clone(made_of.disk.rules.files[name].as_ref().unwrap());
    let second = &host.published.made_of;
    assert!(Arc::ptr_eq(&bytes(&first, "global.yaml"), &bytes(second, "global.yaml")));
    assert!(!Arc::ptr_eq(&bytes(&first, "de.yaml"), &bytes(second, "de.yaml")));
}
