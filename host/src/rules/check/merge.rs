//! What a file inherits: the union of its parents. Where two of them define the same name, a definition
//! that stands instead of the other wins; otherwise nothing does, and it is an error.
//!
//! Nothing here depends on the order of `extends`: candidates are looked at by the file that defines them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    diagnostic::Problems,
    id::{JurisdictionId, Name, PluginId, Stage},
    rules::{
        book::{Binding, Definition, Fill, Jurisdiction, Merged, OpenTerm, Own, StageRule},
        schema::jurisdiction::{JurisdictionFile, Section},
    },
    source::{At, Span},
};

/// A name in a section: `<stage>.<plugin>` under `stages`.
pub(super) type Key = (Section, Arc<str>);

/// What a file inherits.
pub(super) struct Inherited {
    /// Its ancestors.
    pub(super) lineage: BTreeMap<JurisdictionId, Arc<Own>>,
    /// What they define, each name once.
    pub(super) merged: Merged,
    /// The files that define each of these names; more than one where they tie.
    pub(super) defined: Defined,
}

/// Each inherited name with the files that define it.
pub(super) type Defined = BTreeMap<Key, BTreeSet<JurisdictionId>>;

/// The lineage and the union of what the parents hold. A tie that the file settles itself is none.
pub(super) fn inherit(
    parents: &[Arc<Jurisdiction>],
    file: &JurisdictionFile,
    problems: &mut Problems<'_>,
) -> Inherited {
    let at = extends_span(file);
    let settled = file.replaces.iter().map(|entry| (entry.section, Arc::clone(&entry.name.value))).collect();
    let lineage = lineage(parents, at, problems);
    let replaced = parents.iter().flat_map(|parent| parent.merged.replaced.iter().cloned()).collect();
    let mut union = Union { parents, settled, replaced, defined: Defined::new(), at, problems };
    let merged = union.merged();
    let Union { replaced, defined, .. } = union;
    Inherited { lineage, merged: Merged { replaced, ..merged }, defined }
}

/// Where what is wrong with the parents together is shown.
pub(super) fn extends_span(file: &JurisdictionFile) -> Span {
    file.extends.first().map_or(file.id.span, |parent| parent.span)
}

fn lineage(
    parents: &[Arc<Jurisdiction>],
    at: Span,
    problems: &mut Problems<'_>,
) -> BTreeMap<JurisdictionId, Arc<Own>> {
    let mut lineage = BTreeMap::<JurisdictionId, Arc<Own>>::new();
    for (id, own) in parents.iter().flat_map(|parent| &parent.lineage) {
        let first = lineage.entry(id.clone()).or_insert_with(|| Arc::clone(own));
        if first.source.digest != own.source.digest {
            let message = format!(
                "two versions of {id}.yaml meet here: one of the files this one extends serves its last good one"
            );
            problems.error_help(at, message, "mend the file that has an error");
        }
    }
    lineage
}

struct Union<'a, 'p, 's> {
    parents: &'a [Arc<Jurisdiction>],
    /// What the file itself replaces.
    settled: BTreeSet<Key>,
    /// What some parent does not hold any more.
    replaced: BTreeSet<Definition>,
    defined: Defined,
    at: Span,
    problems: &'p mut Problems<'s>,
}

impl<'a> Union<'a, '_, '_> {
    fn merged(&mut self) -> Merged {
        Merged {
            facts: self.named(Section::Facts, |all| &all.facts, |(id, _)| id, |_, _| false),
            // Two files may well cite the same source.
            sources: self.named(Section::Sources, |all| &all.sources, |(id, _)| id, |a, b| a.1 == b.1),
            params: self.named(Section::Params, |all| &all.params, |p| &p.id.jurisdiction, |_, _| false),
            obligations: self.named(
                Section::Obligations,
                |all| &all.obligations,
                |obligation| &obligation.id.jurisdiction,
                |_, _| false,
            ),
            penalties: self.named(
                Section::Penalties,
                |all| &all.penalties,
                |penalty| &penalty.id.jurisdiction,
                |_, _| false,
            ),
            choices: self.named(Section::Choices, |all| &all.choices, |c| &c.id.jurisdiction, |_, _| false),
            blocks: self.named(Section::Blocks, |all| &all.blocks, |b| &b.id.jurisdiction, |_, _| false),
            gaps: self.named(Section::Gaps, |all| &all.gaps, |gap| &gap.id.jurisdiction, |_, _| false),
            terms: self.terms(),
            stages: self.stages(),
            replaced: BTreeSet::new(),
        }
    }

    fn named<T: Clone + 'a>(
        &mut self,
        section: Section,
        of: impl Fn(&'a Merged) -> &'a BTreeMap<Name, T>,
        definer: impl Fn(&'a T) -> &'a JurisdictionId,
        same: impl Fn(&T, &T) -> bool,
    ) -> BTreeMap<Name, T> {
        let parents = self.parents;
        let mut all = BTreeMap::<&Name, BTreeMap<&JurisdictionId, &T>>::new();
        for (name, thing) in parents.iter().flat_map(|parent| of(&parent.merged)) {
            all.entry(name).or_default().entry(definer(thing)).or_insert(thing);
        }
        let mut union = BTreeMap::new();
        for (name, candidates) in all {
            if let Some(thing) = self.one(section, name.as_str(), candidates, &same) {
                union.insert(name.clone(), thing.clone());
            }
        }
        union
    }

    /// The one definition that no other stands instead of.
    fn one<T: 'a>(
        &mut self,
        section: Section,
        name: &str,
        mut candidates: BTreeMap<&JurisdictionId, &'a T>,
        same: impl Fn(&T, &T) -> bool,
    ) -> Option<&'a T> {
        let name: Arc<str> = name.into();
        candidates.retain(|definer, _| {
            let jurisdiction = JurisdictionId::clone(definer);
            !self.replaced.contains(&Definition { section, jurisdiction, name: Arc::clone(&name) })
        });
        let key = (section, name);
        let mut left = candidates.iter();
        let (first, thing) = left.next()?;
        let tied = left.find(|(_, other)| !same(thing, other)).map(|(second, _)| second);
        if let Some(second) = tied.filter(|_| !self.settled.contains(&key)) {
            self.tie(&key, first, second);
        }
        let definers = candidates.keys().copied().cloned().collect();
        self.defined.insert(key, definers);
        Some(thing)
    }

    fn tie(&mut self, (section, name): &Key, first: &JurisdictionId, second: &JurisdictionId) {
        let message = match (section, name.split_once('.')) {
            (Section::Stages, Some((stage, plugin))) => {
                format!("`{plugin}` is bound to {stage} by both {first}.yaml and {second}.yaml")
            }
            _ => format!("the {} `{name}` comes from both {first}.yaml and {second}.yaml", section.noun()),
        };
        let help = match section {
            Section::OpenTerms => "rename one of them, or extend one of the two files".to_owned(),
            _ => format!(
                "replace it here: define it in this file and add `replaces: {{{section}.{name}: {{why: …, cite: […]}}}}`; or extend one of the two files"
            ),
        };
        self.problems.error_help(self.at, message, help);
    }

    /// The open terms, each with the one fill that came along any way.
    fn terms(&mut self) -> BTreeMap<Name, Arc<OpenTerm>> {
        let mut terms =
            self.named(Section::OpenTerms, |all| &all.terms, |term| &term.id.jurisdiction, |_, _| false);
        for (name, term) in &mut terms {
            let parents = self.parents.iter().filter_map(|parent| parent.merged.terms.get(name));
            let same = parents.filter(|other| other.id == term.id);
            let fills: BTreeMap<&JurisdictionId, &Fill> =
                same.filter_map(|other| other.fill.as_ref()).map(|fill| (&fill.by, fill)).collect();
            let mut by = fills.keys();
            if let (Some(first), Some(second)) = (by.next(), by.next()) {
                let message = format!("`term.{name}` is filled by both {first}.yaml and {second}.yaml");
                let help = "extend one of the two files, or fill it once in a file that both extend";
                self.problems.error_help(self.at, message, help);
            }
            if let Some(fill) = fills.into_values().next() {
                Arc::make_mut(term).fill = Some(fill.clone());
            }
        }
        terms
    }

    fn stages(&mut self) -> BTreeMap<Stage, StageRule> {
        let mut stages = BTreeMap::new();
        for stage in Stage::ALL {
            if let Some(rule) = self.stage(stage) {
                stages.insert(stage, rule);
            }
        }
        stages
    }

    fn stage(&mut self, stage: Stage) -> Option<StageRule> {
        let mut bound = BTreeMap::<&PluginId, BTreeMap<&JurisdictionId, &Arc<Binding>>>::new();
        let mut none = BTreeMap::<&At, &StageRule>::new();
        for rule in self.parents.iter().filter_map(|parent| parent.merged.stages.get(&stage)) {
            match rule {
                StageRule::None { at, .. } => drop(none.insert(at, rule)),
                StageRule::Plugins(plugins) => {
                    for (plugin, binding) in plugins {
                        bound.entry(plugin).or_default().entry(&binding.by).or_insert(binding);
                    }
                }
            }
        }
        if none.len() > 1 || !none.is_empty() && !bound.is_empty() {
            let message = format!("{stage} comes from two of the files this one extends, in different ways");
            let help = "a stage is computed by plugins, or declared to be nothing, once";
            self.problems.error_help(self.at, message, help);
        }
        let mut plugins = BTreeMap::new();
        for (plugin, candidates) in bound {
            let name = format!("{stage}.{plugin}");
            if let Some(binding) = self.one(Section::Stages, &name, candidates, |_, _| false) {
                plugins.insert(plugin.clone(), Arc::clone(binding));
            }
        }
        match none.into_values().next() {
            None if plugins.is_empty() => None,
            None => Some(StageRule::Plugins(plugins)),
            Some(rule) => Some(rule.clone()),
        }
    }
}

/// Ids from this file upwards, nearest first; among equally near ones by name.
pub(super) fn nearest(own: &JurisdictionId, parents: &[Arc<Jurisdiction>]) -> Vec<JurisdictionId> {
    let mut distance = BTreeMap::<JurisdictionId, usize>::from([(own.clone(), 0)]);
    for parent in parents {
        for (steps, id) in parent.nearest.iter().enumerate() {
            let steps = steps + 1;
            distance.entry(id.clone()).and_modify(|known| *known = steps.min(*known)).or_insert(steps);
        }
    }
    let mut ids: Vec<_> = distance.into_iter().collect();
    ids.sort_by(|(a, near), (b, far)| near.cmp(far).then_with(|| a.cmp(b)));
    ids.into_iter().map(|(id, _)| id).collect()
}
