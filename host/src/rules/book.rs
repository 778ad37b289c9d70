//! The rule book: what the rule files say, checked and lowered. Nothing here can fail any more.
//!
//! [`Own`] is what one file says; a [`Jurisdiction`] is a file together with everything it inherits.
//! Only `check` makes either.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    expression::{Expression, Reference, Root},
    schema::{
        base::{FactDeclaration, Facts, FxFile, Rates, Roles, Scope},
        jurisdiction::{InForce, Kind, LawStatus, Liable, Per, Review, Section, Source, Standing},
        scalar::Confidence,
        test::TestFile,
    },
    vocabulary::Vocabulary,
    yaml::Node,
};
use crate::{
    id::{Digest, JurisdictionId, Name, PluginId, QualifiedId, Stage},
    money::{Currency, Exact, Money, Spread},
    source::{At, SourceFile, Span},
    value::{Value, ValueType},
};

/// What every jurisdiction rests on; one version per generation.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// `facts.yaml`.
    pub facts: Facts,
    /// `roles.yaml`.
    pub roles: Roles,
    /// `rates.yaml`.
    pub rates: Rates,
    /// `fx.yaml`.
    pub fx: FxFile,
    /// The files, by name.
    pub sources: BTreeMap<Arc<str>, Arc<SourceFile>>,
}

impl Base {
    /// The names of the facts of a scope.
    pub fn fact_names(&self, scope: Scope) -> impl Iterator<Item = &Name> {
        self.facts.keys().filter(move |(of, _)| *of == scope).map(|(_, name)| name)
    }

    /// Each file with its digest.
    pub fn digests(&self) -> impl Iterator<Item = (&str, Digest)> {
        self.sources.iter().map(|(name, source)| (&**name, source.digest))
    }
}

/// A place in a source, and what stands there for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cite {
    /// `<source>#<locator>`.
    pub text: Arc<str>,
    /// The source's id.
    pub source: Name,
}

/// A param with its values, oldest first, each ending where the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Where it is defined and how it is called.
    pub id: QualifiedId,
    /// Its type.
    pub value_type: ValueType,
    /// Its values, for `one_of` and `set`.
    pub vocabulary: Vocabulary,
    /// Dated.
    pub values: Vec<ParamValue>,
}

/// A value of a param from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamValue {
    /// First day.
    pub from: Date,
    /// First day on which it no longer holds.
    pub to: Option<Date>,
    /// The value, or why there is none.
    pub value: Result<Value, Arc<str>>,
    /// What it rests on.
    pub cites: Vec<Cite>,
    /// How well.
    pub standing: Standing,
    /// Where it is written.
    pub at: At,
}

impl Param {
    /// The value on a day, if there is one.
    #[must_use]
    pub fn held(&self, day: Date) -> Option<(&ParamValue, &Value)> {
        let found = self.values.iter().rev().find(|value| value.from <= day)?;
        let value = found.value.as_ref().ok()?;
        found.to.is_none_or(|to| day < to).then_some((found, value))
    }

    /// The value on a day, or why there is none.
    ///
    /// # Errors
    /// Not yet, no longer, or absent for the reason its author gave.
    pub fn on(&self, day: Date) -> Result<(&ParamValue, &Value), String> {
        let Some(found) = self.values.iter().rev().find(|value| value.from <= day) else {
            let first =
                self.values.first().map_or_else(String::new, |value| format!(" before {}", value.from));
            return Err(format!("`param.{}` has no value yet{first}", self.id.name));
        };
        if let Some(to) = found.to
            && to <= day
        {
            return Err(format!("`param.{}` has no value since {to}", self.id.name));
        }
        match &found.value {
            Ok(value) => Ok((found, value)),
            Err(why) => Err(format!("`param.{}` is absent from {}: {why}", self.id.name, found.from)),
        }
    }

    /// The days on which its value changes.
    pub fn changes(&self) -> impl Iterator<Item = (Date, &ParamValue)> {
        let begins = self.values.iter().map(|value| (value.from, value));
        let ends = self.values.last().and_then(|value| value.to.map(|to| (to, value)));
        begins.chain(ends)
    }
}

/// Work by role and fixed money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlay {
    /// Days of work by role.
    pub days: BTreeMap<Name, Spread<Exact>>,
    /// Money paid.
    pub fixed: Option<Spread<Money>>,
}

/// What meeting an obligation takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effort {
    /// At the start.
    pub once: Option<Outlay>,
    /// Every year.
    pub yearly: Option<Outlay>,
    /// How many times all of it.
    pub times: Option<Expression>,
}

/// One effort, or one for each option of a choice.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one for each obligation, and never moved in bulk")]
pub enum Efforts {
    /// Whatever is chosen.
    Always(Effort),
    /// By the option chosen.
    ByOption(Name, BTreeMap<Name, Effort>),
}

/// Something the law makes you do when a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Obligation {
    /// Where it is defined and how it is called.
    pub id: QualifiedId,
    /// For people.
    pub title: Arc<str>,
    /// The law.
    pub cites: Vec<Cite>,
    /// Whether it is law yet.
    pub status: LawStatus,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Expression,
    /// What lifts it although its condition holds, by name.
    pub exceptions: BTreeMap<Name, Exception>,
    /// Paid once by all markets that inherit it and in which it applies.
    pub shared: bool,
    /// What it stands instead of, where a file replaces what it inherits.
    pub replaces: Option<Arc<Replaces>>,
    /// Rival readings; each is a ready scenario.
    pub disputed: Vec<Reading>,
    /// The plugin that turns it into line items.
    pub costed_by: PluginId,
    /// Where that is written, for the message if it is not bound.
    pub costed_by_span: Span,
    /// What it takes.
    pub efforts: Efforts,
    /// What it feeds to plugins that declare these demands.
    pub requires: BTreeMap<Name, Expression>,
    /// How well it is founded.
    pub standing: Standing,
    /// Where it is written.
    pub at: At,
}

impl Obligation {
    /// Its effort under the option chosen of its choice, if it has one.
    #[must_use]
    pub fn effort(&self, chosen: impl Fn(&Name) -> Option<Name>) -> Option<&Effort> {
        match &self.efforts {
            Efforts::Always(effort) => Some(effort),
            Efforts::ByOption(choice, efforts) => efforts.get(&chosen(choice)?),
        }
    }

    /// Every expression that decides whether it applies, what it takes, or what it feeds.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let counted = self.each_effort().filter_map(|effort| effort.times.as_ref());
        self.conditions().chain(counted).chain(self.requires.values())
    }

    /// What decides whether it applies: its own condition and those of its exceptions.
    pub fn conditions(&self) -> impl Iterator<Item = &Expression> {
        std::iter::once(&self.when).chain(self.exceptions.values().map(|exception| &exception.when))
    }

    /// Each of its efforts.
    fn each_effort(&self) -> impl Iterator<Item = &Effort> {
        let (one, many) = match &self.efforts {
            Efforts::Always(effort) => (Some(effort), None),
            Efforts::ByOption(_, efforts) => (None, Some(efforts.values())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// What lifts an obligation although its condition holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// Its name within the obligation.
    pub name: Name,
    /// The law.
    pub cites: Vec<Cite>,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Expression,
    /// The obligation that it triggers instead, whatever that one's own condition says.
    pub instead: Option<Name>,
    /// How well it is founded.
    pub standing: Standing,
    /// Where it is written.
    pub at: At,
}

/// A definition that stands instead of an inherited one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaces {
    /// What was inherited.
    pub id: QualifiedId,
    /// Why it does not hold here.
    pub why: Arc<str>,
    /// The law.
    pub cites: Vec<Cite>,
    /// Where that is written.
    pub at: At,
}

/// A definition in a file, whatever it is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Definition {
    /// What kind.
    pub section: Section,
    /// The file.
    pub jurisdiction: JurisdictionId,
    /// Its name there: `<stage>.<plugin>` under `stages`.
    pub name: Arc<str>,
}

/// A rival reading of the law: what differs stands in the file, as a ready scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The scenario: `<obligation>_reading_<n>`.
    pub scenario: Name,
    /// Who reads it so.
    pub cites: Vec<Cite>,
    /// What they read.
    pub note: Arc<str>,
    /// How likely it prevails.
    pub confidence: Option<Confidence>,
    /// Where it is written.
    pub at: At,
}

/// What forbids a market while it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Where it is defined and how it is called.
    pub id: QualifiedId,
    /// For people.
    pub title: Arc<str>,
    /// The law.
    pub cites: Vec<Cite>,
    /// Whether it is law yet.
    pub status: LawStatus,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Expression,
    /// How well it is founded.
    pub standing: Standing,
    /// Rival readings; each is a ready scenario.
    pub disputed: Vec<Reading>,
    /// Where it is written.
    pub at: At,
}

/// Law that is known and not computed: it taints its stage until its owners accept that.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// Where it is defined and how it is called.
    pub id: QualifiedId,
    /// What it taints.
    pub stage: Stage,
    /// The law.
    pub cites: Vec<Cite>,
    /// Why it is not computed.
    pub reason: Arc<str>,
    /// When it bears on a market; always, where there is none.
    pub when: Option<Expression>,
    /// Who accepts it, and until when.
    pub accepted: Option<Acceptance>,
    /// Where it is written.
    pub at: At,
}

/// That a gap is known and the answer good enough without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Who says so.
    pub by: Arc<str>,
    /// First day on which it no longer holds.
    pub until: Date,
}

/// What the law leaves to whoever inherits it; read in expressions as `term.<name>`.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTerm {
    /// Where it is opened and how it is called.
    pub id: QualifiedId,
    /// Its type.
    pub value_type: ValueType,
    /// Its values, for `one_of` and `set`.
    pub vocabulary: Vocabulary,
    /// The law.
    pub cites: Vec<Cite>,
    /// What it is where nobody fills it.
    pub default: Option<Value>,
    /// What fills it here.
    pub fill: Option<Fill>,
    /// Where it is opened.
    pub at: At,
}

/// What fills an open term.
#[derive(Debug, Clone, PartialEq)]
pub struct Fill {
    /// The file that fills it.
    pub by: JurisdictionId,
    /// With what, of the term's type.
    pub value: Expression,
    /// The law.
    pub cites: Vec<Cite>,
    /// How well it is founded.
    pub standing: Standing,
    /// Where it is written.
    pub at: At,
}

/// The most the law can take.
#[derive(Debug, Clone, PartialEq)]
pub struct Penalty {
    /// Where it is defined and how it is called.
    pub id: QualifiedId,
    /// For people.
    pub title: Option<Arc<str>>,
    /// The law.
    pub cites: Vec<Cite>,
    /// Whether it is law yet.
    pub status: LawStatus,
    /// What it stands instead of, where a file replaces what it inherits.
    pub replaces: Option<Arc<Replaces>>,
    /// Rival readings; each is a ready scenario.
    pub disputed: Vec<Reading>,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Expression,
    /// The amount.
    pub maximum: Expression,
    /// How many times, where the law counts.
    pub times: Option<Expression>,
    /// By what it is counted.
    pub per: Per,
    /// Who pays.
    pub liable: Liable,
    /// How well it is founded.
    pub standing: Standing,
    /// Where it is written.
    pub at: At,
}

impl Penalty {
    /// Every expression that decides whether it applies, or how much it takes.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        [&self.when, &self.maximum].into_iter().chain(&self.times)
    }
}

/// An option of a choice.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceOption {
    /// Its name.
    pub name: Name,
    /// When the law allows it.
    pub allowed_when: Option<Expression>,
    /// The law.
    pub cites: Vec<Cite>,
}

/// A decision with its options in the written order, which decides between equals.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Where it is defined and how it is called.
    pub id: QualifiedId,
    /// For people.
    pub title: Option<Arc<str>>,
    /// At least one.
    pub options: Vec<ChoiceOption>,
    /// Where it is written.
    pub at: At,
}

impl Choice {
    /// The place of an option among its options.
    #[must_use]
    pub fn position(&self, option: &str) -> Option<usize> {
        self.options.iter().position(|known| known.name.as_str() == option)
    }
}

/// A plugin bound to a stage with its settings, still as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Which plugin.
    pub plugin: PluginId,
    /// The file that binds it.
    pub by: JurisdictionId,
    /// As written: the plugin's schema says what it means.
    pub settings: Node,
    /// What its money is written in.
    pub currency: Currency,
    /// The file it is written in.
    pub source: Arc<SourceFile>,
    /// Where.
    pub span: Span,
}

/// What computes a stage here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageRule {
    /// These plugins; their lines add up.
    Plugins(BTreeMap<PluginId, Arc<Binding>>),
    /// Nothing, for this reason.
    None {
        /// Why.
        reason: Arc<str>,
        /// Who says so.
        by: Arc<str>,
        /// Where.
        at: At,
    },
}

/// A what-if: laid over its file only where somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// For people.
    pub title: Arc<str>,
    /// What it rests on.
    pub cites: Vec<Cite>,
    /// The author's remark.
    pub note: Option<Arc<str>>,
    /// What it lays over the file, as written.
    pub set: Node,
    /// Where it is written.
    pub at: At,
}

/// What one file says.
#[derive(Debug, Clone)]
pub struct Own {
    /// Which place.
    pub id: JurisdictionId,
    /// What it is.
    pub kind: Kind,
    /// For people.
    pub title: Arc<str>,
    /// What its settings are written in, and its cases computed in.
    pub currency: Currency,
    /// Whether it is law yet, as a whole.
    pub status: LawStatus,
    /// When its owners looked at it.
    pub review: Option<Review>,
    /// Its what-ifs, by name.
    pub scenarios: BTreeMap<Name, Scenario>,
    /// Those that are laid over the text here.
    pub under: BTreeSet<Name>,
    /// What must come of questions about this place; typed and run by `rule_test`.
    pub tests: Vec<TestFile>,
    /// The text.
    pub source: Arc<SourceFile>,
}

impl AsRef<Arc<SourceFile>> for Own {
    fn as_ref(&self) -> &Arc<SourceFile> {
        &self.source
    }
}

/// Everything that has a name in a jurisdiction: its own and inherited, each name once.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    /// Facts given under a market, read as `local.x`.
    pub facts: BTreeMap<Name, (JurisdictionId, Arc<FactDeclaration>)>,
    /// Sources of cites.
    pub sources: BTreeMap<Name, (JurisdictionId, Source)>,
    /// Dated values.
    pub params: BTreeMap<Name, Arc<Param>>,
    /// What the law makes you do.
    pub obligations: BTreeMap<Name, Arc<Obligation>>,
    /// What the law can take.
    pub penalties: BTreeMap<Name, Arc<Penalty>>,
    /// Decisions.
    pub choices: BTreeMap<Name, Arc<Choice>>,
    /// What forbids the market.
    pub blocks: BTreeMap<Name, Arc<Block>>,
    /// Law that is not computed.
    pub gaps: BTreeMap<Name, Arc<Gap>>,
    /// What the law leaves open, with what fills it here.
    pub terms: BTreeMap<Name, Arc<OpenTerm>>,
    /// Who computes which stage.
    pub stages: BTreeMap<Stage, StageRule>,
    /// What stands in a file of the lineage and does not hold here, because another stands instead.
    pub replaced: BTreeSet<Definition>,
}

impl Merged {
    /// Every name an expression rests on: an open term stands for what fills it, too.
    #[must_use]
    pub fn references(&self, expression: &Expression) -> BTreeSet<Reference> {
        self.each_reference(expression).cloned().collect()
    }

    /// The same one by one, as often as they stand there.
    pub fn each_reference<'m>(&'m self, expression: &'m Expression) -> impl Iterator<Item = &'m Reference> {
        let fill = |reference: &'m Reference| {
            let open = (reference.root == Root::Term).then(|| self.terms.get(&reference.name))?;
            open?.fill.as_ref()
        };
        expression.references().iter().flat_map(move |reference| {
            // A fill names no open term, so this ends.
            let filled = fill(reference).into_iter().flat_map(|fill| fill.value.references());
            std::iter::once(reference).chain(filled)
        })
    }
}

/// A file together with everything it inherits.
#[derive(Debug, Clone)]
pub struct Jurisdiction {
    /// The file's own head.
    pub own: Arc<Own>,
    /// This file and its ancestors, by id, each once.
    pub lineage: BTreeMap<JurisdictionId, Arc<Own>>,
    /// What holds here.
    pub merged: Merged,
    /// Ids in the order in which day rates are looked for: this file, then its ancestors, nearest first.
    pub nearest: Vec<JurisdictionId>,
}

impl Jurisdiction {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &JurisdictionId {
        &self.own.id
    }
}
