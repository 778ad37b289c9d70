//! What a reload takes and what it leaves, as design says it: a table of scenarios, and the law that no
//! sequence of edits reaches beyond what it touches. Rules and plugins are real, folders are in memory.

mod draft;
mod folders;
mod gate;
mod history;
mod law;
mod scenarios;
mod terms;
mod trust;
mod waiting;

use std::sync::Arc;

use super::*;
use crate::testing::{Files, obligations, problems, query, reloader, request, summary};

/// Folders and what is served of them.
struct Watched {
    files: Files,
    reloader: Reloader,
    published: Arc<Published>,
}

impl Watched {
    /// Everything in these must be good.
    #[track_caller]
    fn good(files: Files) -> Self {
        let watched = Self::of(files);
        assert_eq!(watched.stale(), "");
        watched
    }

    fn of(files: Files) -> Self {
        let mut reloader = reloader();
        let published = reloader.reload(&files.disk());
        Self { files, reloader, published }
    }

    /// Changes files, and takes them in.
    fn then(&mut self, change: impl FnOnce(Files) -> Files) -> &mut Self {
        self.files = change(std::mem::take(&mut self.files));
        self.published = self.reloader.reload(&self.files.disk());
        self
    }

    fn number(&self) -> u64 {
        self.published.generation.as_ref().unwrap().number
    }

    /// What is not live, a line each.
    fn stale(&self) -> String {
        problems(&self.published)
    }

    /// What is not live, and nothing is, as file and state.
    fn states(&self) -> String {
        let stale = self.published.items.iter().filter(|item| item.state != ItemState::Live);
        stale.map(|item| format!("{} {}", item.file, item.state.as_str())).collect::<Vec<_>>().join(", ")
    }

    /// What a market alone comes to.
    fn market(&self, id: &str) -> String {
        match query(&self.published, &request(&format!("markets: {{{id}: {{weight: 1}}}}\n"))) {
            Ok(response) => summary(&response.answer),
            Err(refusal) => refusal.diagnostics[0].message.clone(),
        }
    }

    /// The rule files that serve a market, as digests by name.
    fn rules_of(&self, id: &str) -> BTreeMap<String, String> {
        let answer =
            query(&self.published, &request(&format!("markets: {{{id}: {{weight: 1}}}}\n"))).unwrap().answer;
        answer.markets[0].closure.rules.clone()
    }
}

/// A bloc that extends `global`.
fn bloc(id: &str, rest: &str) -> String {
    format!(
        "schema: landfall/jurisdiction@1\nid: {id}\nkind: bloc\ntitle: {id}\nextends: [global]\ncurrency: EUR\n{rest}"
    )
}

/// One obligation that costs this many euros.
fn duty(name: &str, euros: u32) -> String {
    obligations(&[(name, "true", &format!("{{once: {{fixed: {euros} EUR}}}}"))])
}

impl Files {
    /// A country under the union.
    fn member(self, id: &str, rest: &str) -> Self {
        self.country(id, rest).replace(id, "extends: [global]", "extends: [eu]")
    }
}

/// The union with a duty of 10, Germany in it with one of 1, and Brazil with one of 5 and a plugin's 2.
fn world() -> Files {
    let culture = crate::testing::OTHERS_NONE
        .replace("culture: {none: not needed, by: test}", "culture: {fixed: {amount: 2 EUR}}");
    Files::new()
        .rule("eu", bloc("eu", &duty("of_all", 10)))
        .member("de", &duty("own", 1))
        .country("br", &format!("{}{culture}", duty("own", 5)))
        .plugin("fixed", crate::testing::plugins::fixed("fixed", 0, 1))
}

const NOT_YAML: &str = "id: [";
