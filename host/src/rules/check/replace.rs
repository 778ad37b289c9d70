//! `replaces:`: a definition that stands instead of an inherited one, and what that does to the rest of
//! what is inherited. Only here may a name be defined again.

use std::{collections::BTreeSet, sync::Arc};

use super::{Checker, definition, extends_span};
use crate::{
    diagnostic::did_you_mean,
    id::{Name, QualifiedId},
    rules::{
        book::{Choice, ChoiceOption, Efforts, Merged, Obligation, Replaces},
        expression::{Expression, Reference, Root},
        schema::jurisdiction::{Kind, ReplacesFile, Section, StageFile},
    },
    source::Span,
};

impl Checker<'_> {
    /// Takes in what this file replaces; each must be inherited, and defined here again.
    pub(super) fn replacements(&mut self, merged: &Merged) {
        for entry in &self.file.replaces {
            let cites = self.cites(&entry.cites, merged);
            let key = (entry.section, Arc::clone(&entry.name.value));
            let Some(first) = self.defined.get(&key).and_then(BTreeSet::first).cloned() else {
                self.not_inherited(entry);
                continue;
            };
            self.may_replace(entry);
            // A plugin has no qualified id, and is shown with where it is bound.
            let replaces = Name::parse(&entry.name.value).ok().map(|name| {
                let id = QualifiedId { jurisdiction: first, name };
                let at = self.source.at(entry.name.span);
                Arc::new(Replaces { id, why: Arc::clone(&entry.why), cites, at })
            });
            self.replaces.insert(key, replaces);
        }
    }

    fn not_inherited(&mut self, entry: &ReplacesFile) {
        let (section, name) = (entry.section, &entry.name.value);
        let known = self.defined.keys().filter(|(of, _)| *of == section).map(|(_, name)| name.as_ref());
        let help = did_you_mean(name, known);
        let message = format!("this file inherits no {} `{name}` that it could replace", section.noun());
        self.problems.error_help(entry.name.span, message, help);
    }

    fn may_replace(&mut self, entry: &ReplacesFile) {
        let (section, name) = (entry.section, &entry.name.value);
        if self.file.kind == Kind::Region {
            let message = format!("a region adds to its country, and cannot replace `{section}.{name}`");
            let help = "define something of another name, or write an exception into the country's file";
            self.problems.error_help(entry.name.span, message, help);
        }
        if !self.defines(section, name) {
            let message =
                format!("this file replaces `{section}.{name}`, and defines no such {}", section.noun());
            let help = format!("write what holds here under `{section}:`, or take this out");
            self.problems.error_help(entry.name.span, message, help);
        }
    }

    /// Whether the file itself has a definition of that name.
    fn defines(&self, section: Section, name: &str) -> bool {
        let file = self.file;
        match section {
            Section::Sources => file.sources.iter().any(|(own, _)| own.value.as_str() == name),
            Section::Facts => file.facts.iter().any(|(own, _)| own.as_str() == name),
            Section::Params => file.params.iter().any(|own| own.name.value.as_str() == name),
            Section::Obligations => file.obligations.iter().any(|own| own.name.value.as_str() == name),
            Section::Penalties => file.penalties.iter().any(|own| own.name.value.as_str() == name),
            Section::Choices => file.choices.iter().any(|own| own.name.value.as_str() == name),
            Section::Blocks => file.blocks.iter().any(|own| own.name.value.as_str() == name),
            Section::Gaps => file.gaps.iter().any(|own| own.name.value.as_str() == name),
            Section::OpenTerms => file.open_terms.iter().any(|own| own.name.value.as_str() == name),
            Section::Stages => file.stages.iter().any(|(stage, rule)| match rule {
                StageFile::Plugins(plugins) => {
                    plugins.iter().any(|(plugin, _)| format!("{}.{}", stage.value, plugin.value) == name)
                }
                StageFile::None { .. } => false,
            }),
        }
    }

    /// Whether this file may define a name: nothing it inherits does, or it says that it replaces that.
    pub(super) fn may_define(&mut self, section: Section, name: &str, span: Span) -> bool {
        let key = (section, Arc::from(name));
        let Some(definers) = self.defined.get(&key) else { return true };
        if self.file.replaces.iter().any(|entry| entry.section == section && *entry.name.value == *name) {
            return true;
        }
        let first = definers.iter().map(|id| format!("{id}.yaml")).collect::<Vec<_>>().join(" and ");
        let message = match (section, name.split_once('.')) {
            (Section::Stages, Some((stage, plugin))) => {
                format!("`{plugin}` is already bound to {stage} in {first}, which this file inherits")
            }
            _ => format!(
                "the {} `{name}` is already defined in {first}, which this file inherits",
                section.noun()
            ),
        };
        let help = match section {
            Section::OpenTerms => "give this one another name, or fill that one under `fills:`".to_owned(),
            _ => {
                let other = match section {
                    Section::Stages => "bind it in one of the two files",
                    _ => "give this one another name",
                };
                format!(
                    "{other}; if it is to hold here instead, add `replaces: {{{section}.{name}: {{why: …, cite: […]}}}}`"
                )
            }
        };
        self.problems.error_help(span, message, help);
        false
    }

    /// What a definition in this file stands instead of.
    pub(super) fn replacement(&self, section: Section, name: &str) -> Option<Arc<Replaces>> {
        self.replaces.get(&(section, Arc::from(name))).cloned().flatten()
    }

    /// Notes what does not hold here any more, and sees to it that the rest of what is inherited still means
    /// something beside what stands instead.
    pub(super) fn replaced(&mut self, merged: &mut Merged) {
        for key in self.replaces.keys() {
            let definers = self.defined.get(key).into_iter().flatten();
            merged.replaced.extend(definers.map(|definer| definition(key, definer)));
        }
        let is_choice = |choice: &Choice| {
            let name = choice.id.name.as_str();
            merged.replaced.iter().any(|old| old.section == Section::Choices && &*old.name == name)
        };
        let choices: Vec<_> = merged.choices.values().filter(|choice| is_choice(choice)).cloned().collect();
        for choice in &choices {
            self.options_are_kept(choice, merged);
        }
        follow_obligations(merged);
    }

    /// An option that has no effort any more would be free, and one that is only compared with never chosen.
    fn options_are_kept(&mut self, choice: &Choice, merged: &Merged) {
        let own = choice.id.jurisdiction == *self.id;
        let span = if own { self.choice_span(choice) } else { extends_span(self.file) };
        for duty in merged.obligations.values().filter(|duty| duty.id.jurisdiction != *self.id) {
            self.efforts_are_kept(duty, choice, span);
        }
        let before = self.parents.iter().filter_map(|parent| parent.merged.choices.get(&choice.id.name));
        let gone = before
            .flat_map(|before| &before.options)
            .filter(|old| choice.position(old.name.as_str()).is_none());
        let gone: BTreeSet<&Name> = gone.map(|option| &option.name).collect();
        let reference = Reference { root: Root::Choice, name: choice.id.name.clone() };
        for option in gone {
            let named = inherited_expressions(merged, self.id).find(|(_, expression)| {
                expression.references().contains(&reference) && names(expression, option)
            });
            if let Some((id, _)) = named {
                self.option_is_gone(choice, option, &format!("a condition of `{id}` names"), &id, span);
            }
        }
    }

    fn efforts_are_kept(&mut self, duty: &Obligation, choice: &Choice, span: Span) {
        let Efforts::ByOption(name, efforts) = &duty.efforts else { return };
        if *name != choice.id.name {
            return;
        }
        let id = &duty.id;
        let seen = self
            .parents
            .iter()
            .filter(|parent| parent.merged.obligations.get(&id.name).is_some_and(|known| known.id == *id));
        if duty.shared
            && seen.filter_map(|parent| parent.merged.choices.get(name)).any(|seen| seen.id != choice.id)
        {
            let message = format!(
                "`{id}` is shared: `{name}` is one decision for all of its markets, and cannot be another one here"
            );
            self.problems.error_help(span, message, format!("replace `obligations.{}` too", id.name));
        }
        for option in efforts.keys().filter(|option| choice.position(option.as_str()).is_none()) {
            self.option_is_gone(choice, option, &format!("`{id}` has an effort for"), id, span);
        }
        for ChoiceOption { name: option, .. } in &choice.options {
            if !efforts.contains_key(option) {
                let message =
                    format!("`{name}` has the option `{option}` here, and `{id}` has no effort for it");
                let help = format!("replace `obligations.{}` too, or take the option out", id.name);
                self.problems.error_help(span, message, help);
            }
        }
    }

    fn option_is_gone(&mut self, choice: &Choice, option: &Name, who: &str, id: &QualifiedId, span: Span) {
        let name = &choice.id.name;
        let message = format!("`{name}` has no option `{option}` here, which {who}");
        let help = format!(
            "keep it, with `allowed_when: \"false\"` where the law forbids it, or replace `{}` too",
            id.name
        );
        self.problems.error_help(span, message, help);
    }

    fn choice_span(&self, choice: &Choice) -> Span {
        let own = self.file.choices.iter().find(|own| own.name.value == choice.id.name);
        own.map_or(self.file.id.span, |own| own.name.span)
    }
}

/// Whether an expression names an option in quotes.
fn names(expression: &Expression, option: &Name) -> bool {
    ['\'', '"'].iter().any(|quote| expression.text().contains(&format!("{quote}{option}{quote}")))
}

/// The expressions of what is inherited, each with what it belongs to.
fn inherited_expressions<'m>(
    merged: &'m Merged,
    own: &'m crate::id::JurisdictionId,
) -> impl Iterator<Item = (QualifiedId, &'m Expression)> {
    let duties =
        merged.obligations.values().flat_map(|duty| duty.expressions().map(|e| (duty.id.clone(), e)));
    let penalties = merged.penalties.values().flat_map(|one| one.expressions().map(|e| (one.id.clone(), e)));
    let blocks = merged.blocks.values().map(|block| (block.id.clone(), &block.when));
    let gaps = merged.gaps.values().filter_map(|gap| Some((gap.id.clone(), gap.when.as_ref()?)));
    let options = merged.choices.values().flat_map(|choice| {
        let conditions = choice.options.iter().filter_map(|option| option.allowed_when.as_ref());
        conditions.map(|e| (choice.id.clone(), e))
    });
    let fills = merged.terms.values().filter_map(|term| {
        let fill = term.fill.as_ref()?;
        Some((QualifiedId { jurisdiction: fill.by.clone(), name: term.id.name.clone() }, &fill.value))
    });
    let all = duties.chain(penalties).chain(blocks).chain(gaps).chain(options).chain(fills);
    all.filter(move |(id, _)| id.jurisdiction != *own)
}

/// An inherited `triggered('dpo')` asks about the `dpo` that holds here.
fn follow_obligations(merged: &mut Merged) {
    let Merged { choices, obligations, .. } = merged;
    let here = |id: &QualifiedId| obligations.get(&id.name).map(|duty| duty.id.clone());
    for choice in choices.values_mut() {
        let asked = choice.options.iter().filter_map(|option| option.allowed_when.as_ref());
        let elsewhere =
            asked.flat_map(Expression::triggered).any(|id| here(id).is_some_and(|here| here != *id));
        if elsewhere {
            for option in &mut Arc::make_mut(choice).options {
                option.allowed_when = option.allowed_when.as_ref().map(|asked| asked.asking(here));
            }
        }
    }
}
