//! All tests of a rule book, run for people who ask: what came of them, and what none of them touches.
//!
//! The same tests decide in a reload whether a file goes live; here every one is run, and nothing follows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    diagnostic::{Diagnostic, did_you_mean},
    generation::{Closure, Generation},
    protocol::{Coverage, CoveredFile, Test, Tested, TestedFile, Touched, Untouched},
    reload::{Item, ItemState, Published},
    rule_test::{self, Coverable, Kind, Touch, Verdict},
};

/// Which tests.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Of these files or ids; of all where there is none.
    pub of: Vec<String>,
    /// With this in their name.
    pub filter: Option<String>,
}

impl Question {
    /// Whether a file of this name is asked about: `br.yaml` by `br`, `br.yaml` or `rules/br.yaml`.
    fn names(&self, file: &str) -> bool {
        self.of.is_empty() || self.of.iter().any(|asked| stem(asked) == stem(file))
    }
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yaml").unwrap_or(name)
}

/// Runs the tests of what was read without a gate.
///
/// # Errors
/// A file that is asked about and that there is not.
pub fn trial(published: &Published, question: &Question) -> Result<Tested, Diagnostic> {
    let known = || published.items.iter().map(|item| stem(&item.file)).collect::<BTreeSet<&str>>();
    if let Some(unknown) = question.of.iter().find(|asked| !known().contains(stem(asked))) {
        let message = format!("there is no rule file `{unknown}`");
        return Err(Diagnostic::error(message).help(did_you_mean(stem(unknown), known())));
    }
    let mut files: BTreeMap<String, TestedFile> = BTreeMap::new();
    for item in published.items.iter().filter(|item| refused(item) && question.names(&item.file)) {
        let problems = item.problems.iter().cloned().map(Into::into).collect();
        let file = TestedFile { file: item.file.clone(), problems, tests: Vec::new() };
        files.insert(item.file.clone(), file);
    }
    let mut without = Vec::new();
    for (closure, verdicts) in published.generation.iter().flat_map(|generation| all(generation, question)) {
        let file = closure.jurisdiction.own.source.name.to_string();
        if files.contains_key(&file) {
            continue;
        }
        if closure.jurisdiction.own.tests.is_empty() {
            without.push(file);
            continue;
        }
        let wanted = |name: &str| question.filter.as_ref().is_none_or(|filter| name.contains(filter));
        let tests = verdicts.into_iter().filter(|verdict| wanted(&verdict.name)).map(test);
        let tests: Vec<Test> = tests.collect();
        if !tests.is_empty() {
            files.insert(file.clone(), TestedFile { file, problems: Vec::new(), tests });
        }
    }
    let files: Vec<TestedFile> = files.into_values().collect();
    let of =
        |passed: bool| files.iter().flat_map(|file| &file.tests).filter(|test| test.passed == passed).count();
    let refused = files.iter().filter(|file| !file.problems.is_empty()).count();
    Ok(Tested { passed: of(true), failed: of(false), refused, without, files })
}

fn refused(item: &Item) -> bool {
    item.state != ItemState::Live
}

/// Each closure asked about, with what came of the tests of its own file.
fn all<'g>(
    generation: &'g Generation,
    question: &'g Question,
) -> impl Iterator<Item = (&'g Arc<Closure>, Vec<Verdict>)> {
    let asked =
        generation.closures.values().filter(|closure| question.names(&closure.jurisdiction.own.source.name));
    asked.map(|closure| (closure, run(generation, closure)))
}

fn run(generation: &Generation, closure: &Arc<Closure>) -> Vec<Verdict> {
    let Generation { base, engine, closures, .. } = generation;
    // It was read when its file was taken in, so it reads.
    let tests = rule_test::read(&closure.jurisdiction, base, engine).unwrap_or_default();
    let above = closure.jurisdiction.lineage.keys().filter(|id| *id != closure.jurisdiction.id());
    let above: Vec<Arc<Closure>> = above.filter_map(|id| closures.get(id).cloned()).collect();
    rule_test::run(&tests, closure, &above, base, engine)
}

fn test(verdict: Verdict) -> Test {
    Test {
        passed: verdict.passed(),
        name: verdict.name.to_string(),
        at: verdict.at.to_string(),
        line: verdict.at.line,
        failures: verdict.failures.into_iter().map(Into::into).collect(),
    }
}

/// What the tests of a rule book touch of it.
///
/// # Errors
/// Files with errors, and tests that fail: what such a test touches says nothing.
pub fn coverage(published: &Published) -> Result<Coverage, Vec<Diagnostic>> {
    let mut problems: Vec<Diagnostic> =
        published.items.iter().filter(|item| refused(item)).flat_map(|item| item.problems.clone()).collect();
    let mut touched: BTreeSet<Touch> = BTreeSet::new();
    let mut files: BTreeMap<&str, BTreeSet<Coverable>> = BTreeMap::new();
    let everything = Question::default();
    for (closure, verdicts) in published.generation.iter().flat_map(|generation| all(generation, &everything))
    {
        files.insert(&closure.jurisdiction.own.source.name, rule_test::coverable(closure));
        for verdict in verdicts {
            problems.extend(verdict.failures);
            touched.extend(verdict.touched);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut coverage = Coverage { files: Vec::new(), kinds: BTreeMap::new(), all: Touched::default() };
    for kind in Kind::ALL {
        coverage.kinds.insert(kind.plural().to_owned(), Touched::default());
    }
    for (file, things) in files.into_iter().filter(|(_, things)| !things.is_empty()) {
        let mut covered =
            CoveredFile { file: file.to_owned(), all: Touched::default(), untouched: Vec::new() };
        for thing in things {
            let is_touched = touched.contains(&thing.touch);
            for counted in [&mut coverage.all, &mut covered.all]
                .into_iter()
                .chain(coverage.kinds.get_mut(thing.kind.plural()))
            {
                counted.of += 1;
                counted.touched += usize::from(is_touched);
            }
            if !is_touched {
                covered.untouched.push(untouched(&thing));
            }
        }
        coverage.files.push(covered);
    }
    Ok(coverage)
}

fn untouched(thing: &Coverable) -> Untouched {
    Untouched {
        at: thing.at.to_string(),
        kind: thing.kind.plural().to_owned(),
        id: thing.name.clone(),
        what: thing.to_string(),
    }
}
