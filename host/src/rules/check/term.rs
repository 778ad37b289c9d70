//! `fills:`: what an inherited open term is here, in the words of this file.

use std::sync::Arc;

use super::{Checker, FileScope};
use crate::{
    diagnostic::did_you_mean,
    id::Name,
    rules::{
        book::{Fill, OpenTerm},
        expression::{Declared, Expression, Root, Scope as _, Use, literal},
        schema::{jurisdiction::FillFile, scalar},
        yaml::{Node, NodeKind, Style},
    },
    source::Span,
    value::ValueType,
};

impl Checker<'_> {
    pub(super) fn fill(&mut self, file: &FillFile, scope: &FileScope<'_>) -> Option<(Name, Fill)> {
        let (name, span) = (&file.name.value, file.name.span);
        let cites = self.cites(&file.cites, scope.merged());
        let Some(term) = scope.merged().terms.get(name).map(Arc::clone) else {
            let inherited = scope.merged().terms.values().filter(|term| term.id.jurisdiction != *self.id);
            let known: Vec<String> = inherited.map(|term| term.id.name.to_string()).collect();
            let help = did_you_mean(name.as_str(), known.iter().map(String::as_str));
            let message = format!("no file that this one extends leaves `{name}` open");
            self.problems.error_help(span, message, help);
            return None;
        };
        if !self.may_fill(&term, span) {
            return None;
        }
        let value = self.fill_value(&file.value, &term, scope)?;
        let (by, at) = (self.id.clone(), self.source.at(span));
        Some((name.clone(), Fill { by, value, cites, standing: file.standing.clone(), at }))
    }

    fn may_fill(&mut self, term: &OpenTerm, span: Span) -> bool {
        let name = &term.id.name;
        if let Some(fill) = &term.fill {
            let message =
                format!("`{name}` is filled already, in {}.yaml, which this file inherits", fill.by);
            self.problems.error_help(span, message, "an open term is filled once: take this out");
            return false;
        }
        if term.id.jurisdiction == *self.id {
            let message = format!("`{name}` is opened and filled in one file");
            let help =
                "write what it says where it is read; an open term is for the files that extend this one";
            self.problems.error_help(span, message, help);
            return false;
        }
        true
    }

    /// An expression for what can be calculated; for other types a name, or a value as it is written elsewhere.
    fn fill_value(&mut self, node: &Node, term: &OpenTerm, scope: &FileScope<'_>) -> Option<Expression> {
        let value = match term.value_type {
            ValueType::Flag => self.lower(node, Use::Condition, scope)?,
            ValueType::Count | ValueType::Ratio => self.lower(node, Use::Quantity, scope)?,
            ValueType::Money => self.lower(node, Use::Amount, scope)?,
            _ if is_name(node) => self.lower(node, Use::Reference, scope)?,
            value_type => {
                let what = format!("`{}`", term.id.name);
                let value = scalar::value(node, &what, value_type, &term.vocabulary, &mut self.problems)?;
                return Some(literal(node, value, value_type));
            }
        };
        if let Some(open) = value.references().iter().find(|reference| reference.root == Root::Term) {
            let message = format!("`{open}` is an open term itself");
            let help = "write what fills this one with facts, params and choices alone";
            self.problems.error_help(node.span, message, help);
            return None;
        }
        self.has_type(&value, node, term, scope).then_some(value)
    }

    fn has_type(&mut self, value: &Expression, node: &Node, term: &OpenTerm, scope: &FileScope<'_>) -> bool {
        let (found, wanted, name) = (value.value_type(), term.value_type, &term.id.name);
        let is_number = found == ValueType::Count && wanted == ValueType::Ratio;
        if found != wanted && !is_number {
            let message = format!("`{name}` is a {wanted}, and `{}` is a {found}", value.text());
            self.problems.error_help(node.span, message, format!("write what is a {wanted}"));
            return false;
        }
        if !matches!(wanted, ValueType::OneOf | ValueType::Set) {
            return true;
        }
        let named = value.references().first();
        let declared = named.and_then(|reference| scope.declared(reference.root, reference.name.as_str()));
        let within =
            declared.is_some_and(|Declared { vocabulary, .. }| vocabulary.is_within(&term.vocabulary));
        if !within {
            let message = format!("`{}` can hold what `{name}` cannot", value.text());
            let help = "name a fact or param with the same values, or one of the values";
            self.problems.error_help(node.span, message, help);
        }
        within
    }
}

/// Whether a quoted text is the name of something, as in `"local.sector"`.
fn is_name(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar { text, style } if *style != Style::Plain => {
            text.split_once('.').is_some_and(|(root, _)| Root::parse(root).is_some())
        }
        _ => false,
    }
}
