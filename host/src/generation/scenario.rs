//! A generation under scenarios: the same base and plugins, and what-ifs laid over the files that say them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Generation, Rebuilding};
use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    id::{JurisdictionId, Name},
    rules::{
        book::{Own, Scenario},
        schema::{
            jurisdiction::{JurisdictionFile, in_scenario, read_alone, read_under},
            overlay::combine,
            read_file,
        },
        yaml::{self, Node},
    },
};

/// The scenarios asked for, by file.
type Chosen<'n> = BTreeMap<&'n JurisdictionId, BTreeSet<&'n Name>>;

/// The generation under these scenarios, each `<file>.<name>`. Whatever extends no file of theirs is the
/// same closure as before; the digest says under which the others are. Their order means nothing. What is
/// rebuilt has no scenarios of its own: it is asked about, and not laid over again.
///
/// # Errors
/// A scenario that nobody knows, two that set the same differently, and what is wrong with a file under them.
pub fn overlay(generation: &Generation, names: &[impl AsRef<str>]) -> Result<Generation, Vec<Diagnostic>> {
    let known = known(generation);
    let names: BTreeSet<&str> = names.iter().map(AsRef::as_ref).collect();
    let chosen = chosen(&names, &known)?;
    let concerned =
        |closure: &super::Closure| chosen.keys().any(|file| closure.jurisdiction.lineage.contains_key(*file));
    for closure in generation.closures.values() {
        for own in chosen.keys().filter_map(|file| closure.jurisdiction.lineage.get(*file)) {
            together(own, &chosen)?;
        }
    }
    let mut rebuilding = Rebuilding::new(&generation.base, |own: &Own| under(own, &chosen));
    let mut closures = generation.closures.clone();
    let mut wrong = Vec::new();
    for closure in closures.values_mut().filter(|closure| concerned(closure)) {
        let jurisdiction = &closure.jurisdiction;
        match rebuilding.closure(jurisdiction.id(), &jurisdiction.lineage, &closure.plugins) {
            Ok(rebuilt) => *closure = Arc::new(rebuilt),
            // What is wrong with a parent is wrong for each of its children, and said once.
            Err(problems) => {
                let shown = names.iter().copied().collect::<Vec<_>>().join("`, `");
                let problems = problems.into_iter().map(|problem| in_scenario(problem, &shown));
                wrong.extend(problems.filter(|problem| !wrong.contains(problem)).collect::<Vec<_>>());
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let Generation { number, base, unavailable, engine, .. } = generation;
    Ok(Generation::new(*number, Arc::clone(base), closures, unavailable.clone(), Arc::clone(engine)))
}

/// Every scenario of every file that is served, by its whole name.
fn known(generation: &Generation) -> BTreeMap<String, (&JurisdictionId, &Name)> {
    let lineages = generation.closures.values().flat_map(|closure| &closure.jurisdiction.lineage);
    lineages
        .flat_map(|(file, own)| {
            own.scenarios.keys().map(move |name| (format!("{file}.{name}"), (file, name)))
        })
        .collect()
}

fn chosen<'n>(
    names: &BTreeSet<&str>,
    known: &BTreeMap<String, (&'n JurisdictionId, &'n Name)>,
) -> Result<Chosen<'n>, Vec<Diagnostic>> {
    let mut chosen = Chosen::new();
    let mut unknown = Vec::new();
    for name in names {
        match known.get(*name) {
            Some((file, scenario)) => drop(chosen.entry(*file).or_default().insert(*scenario)),
            None => {
                let message = format!("unknown scenario `{}`", yaml::shorten(name));
                let help = did_you_mean(name, known.keys().map(String::as_str));
                unknown.push(Diagnostic::error(message).help(help));
            }
        }
    }
    if unknown.is_empty() { Ok(chosen) } else { Err(unknown) }
}

/// A file as it reads under what is chosen of its scenarios.
fn under(own: &Own, chosen: &Chosen<'_>) -> Result<JurisdictionFile, Vec<Diagnostic>> {
    let Some(set) = together(own, chosen)? else { return read_file(&own.source, read_alone) };
    let names = chosen.get(&own.id).into_iter().flatten().map(|name| Name::clone(name)).collect();
    read_file(&own.source, |node, problems: &mut Problems<'_>| read_under(node, &set, names, problems))
}

/// All that is set by what is chosen of a file's scenarios; none where none is.
fn together(own: &Own, chosen: &Chosen<'_>) -> Result<Option<Node>, Vec<Diagnostic>> {
    let mut all: Option<(Vec<&Name>, Node)> = None;
    for name in chosen.get(&own.id).into_iter().flatten() {
        let Some(Scenario { set, .. }) = own.scenarios.get(*name) else { return Err(vec![older(own, name)]) };
        all = Some(match all {
            None => (vec![name], set.clone()),
            Some((mut before, together)) => {
                let both =
                    combine(&together, set).map_err(|path| vec![differing(own, &before, name, &path)])?;
                before.push(name);
                (before, both)
            }
        });
    }
    Ok(all.map(|(_, set)| set))
}

fn older(own: &Own, name: &Name) -> Diagnostic {
    let file = &own.source.name;
    let message =
        format!("an older {file} is served to a file that extends it, and has no scenario `{name}`");
    Diagnostic::error(message).in_file(file).help("mend the file that has an error")
}

fn differing(own: &Own, before: &[&Name], name: &Name, path: &str) -> Diagnostic {
    let set = |other: &&&Name| {
        let known = own.scenarios.get(**other).zip(own.scenarios.get(name));
        known.is_some_and(|(one, other)| combine(&one.set, &other.set).is_err())
    };
    let first = before.iter().find(set).or(before.first()).map_or("", |first| first.as_str());
    let file = &own.id;
    let message =
        format!("the scenarios `{file}.{first}` and `{file}.{name}` both set `{path}`, differently");
    Diagnostic::error(message).in_file(&own.source.name).help("ask about them one after the other")
}
