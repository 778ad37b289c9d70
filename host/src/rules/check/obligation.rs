//! `obligations:`: conditions, exceptions, effort, and what may be paid once for several markets.

use std::{collections::BTreeMap, sync::Arc};

use super::{Checker, FileScope};
use crate::{
    diagnostic::did_you_mean,
    id::Name,
    rules::{
        book::{Effort, Efforts, Exception, Obligation, Outlay},
        expression::{Expression, Root, Use},
        schema::{
            Spanned,
            jurisdiction::{EffortFile, ExceptionFile, ObligationFile, OutlayFile, Section},
        },
    },
};

impl Checker<'_> {
    pub(super) fn obligation(&mut self, file: &ObligationFile, scope: &FileScope<'_>) -> Option<Obligation> {
        let name = &file.name.value;
        let cites = self.cites(&file.cites, scope.merged());
        let when = self.lower(&file.when, Use::Condition, scope);
        let exceptions = self.exceptions(&file.exceptions, scope);
        let efforts = self.efforts(file, scope);
        let mut requires = BTreeMap::new();
        for (name, node) in &file.requires {
            if let Some(expression) = self.lower(node, Use::Reference, scope) {
                requires.insert(name.value.clone(), expression);
            }
        }
        let disputed = self.readings(&file.disputed, scope.merged());
        let may = self.may_define(Section::Obligations, name.as_str(), file.name.span);
        let obligation = Obligation {
            id: self.qualified(name),
            title: Arc::clone(&file.title),
            cites,
            status: file.status,
            in_force: file.in_force,
            when: when?,
            exceptions,
            shared: file.shared,
            replaces: self.replacement(Section::Obligations, name.as_str()),
            disputed,
            costed_by: file.costed_by.value.clone(),
            costed_by_span: file.costed_by.span,
            efforts: efforts?,
            requires,
            standing: file.standing.clone(),
            at: self.source.at(file.name.span),
        };
        self.shared(&obligation, file);
        may.then_some(obligation)
    }

    fn exceptions(
        &mut self,
        exceptions: &[ExceptionFile],
        scope: &FileScope<'_>,
    ) -> BTreeMap<Name, Exception> {
        let mut all = BTreeMap::new();
        for file in exceptions {
            let cites = self.cites(&file.cites, scope.merged());
            let when = self.lower(&file.when, Use::Condition, scope);
            if let Some(instead) = &file.instead
                && !scope.has_obligation(&instead.value)
            {
                let known = scope.obligation_names().map(AsRef::as_ref);
                self.unknown(instead.span, "obligation", instead.value.as_str(), known);
            }
            let Some(when) = when else { continue };
            let exception = Exception {
                name: file.name.value.clone(),
                cites,
                in_force: file.in_force,
                when,
                instead: file.instead.as_ref().map(|instead| instead.value.clone()),
                standing: file.standing.clone(),
                at: self.source.at(file.name.span),
            };
            all.insert(exception.name.clone(), exception);
        }
        all
    }

    fn efforts(&mut self, file: &ObligationFile, scope: &FileScope<'_>) -> Option<Efforts> {
        match &file.choice {
            None => {
                let (_, effort) = file.efforts.first()?;
                self.effort(effort, scope).map(Efforts::Always)
            }
            Some(choice) => self.efforts_by(choice, &file.efforts, scope),
        }
    }

    fn efforts_by(
        &mut self,
        choice: &Spanned<Name>,
        efforts: &[(Option<Spanned<Name>>, EffortFile)],
        scope: &FileScope<'_>,
    ) -> Option<Efforts> {
        let Some(declared) = scope.merged().choices.get(&choice.value) else {
            let known = scope.merged().choices.keys().map(AsRef::as_ref);
            self.unknown(choice.span, "choice", choice.value.as_str(), known);
            return None;
        };
        let known: Vec<&str> = declared.options.iter().map(|option| option.name.as_str()).collect();
        let mut by_option = BTreeMap::new();
        for (option, effort) in efforts {
            let Some(option) = option else { continue };
            if !known.contains(&option.value.as_str()) {
                let message = format!("`{}` is no option of `{}`", option.value, choice.value);
                let help = did_you_mean(option.value.as_str(), known.iter().copied());
                self.problems.error_help(option.span, message, help);
            }
            by_option.insert(option.value.clone(), self.effort(effort, scope)?);
        }
        for option in known.iter().filter(|option| !by_option.contains_key(**option)) {
            let message = format!("no effort for the option `{option}` of `{}`", choice.value);
            let help = format!("add `{option}: {{…}}`; `{option}: {{}}` says that it costs nothing");
            self.problems.error_help(choice.span, message, help);
        }
        Some(Efforts::ByOption(choice.value.clone(), by_option))
    }

    fn effort(&mut self, file: &EffortFile, scope: &FileScope<'_>) -> Option<Effort> {
        let once = file.once.as_ref().map(|outlay| self.outlay(outlay));
        let yearly = file.yearly.as_ref().map(|outlay| self.outlay(outlay));
        let times = self.lower_optional(file.times.as_ref(), Use::Quantity, scope)?;
        Some(Effort { once, yearly, times })
    }

    fn outlay(&mut self, file: &OutlayFile) -> Outlay {
        for (role, _) in &file.days {
            if !self.base.roles.contains_key(&role.value) {
                let known = self.base.roles.keys().map(AsRef::as_ref);
                let help = format!("{}; roles stand in roles.yaml", did_you_mean(role.value.as_str(), known));
                self.problems.error_help(role.span, format!("unknown role `{}`", role.value), help);
            }
        }
        let days = file.days.iter().map(|(role, days)| (role.value.clone(), *days)).collect();
        Outlay { days, fixed: file.fixed }
    }

    /// What several markets pay once can rest on nothing that differs between them, but for whether it
    /// applies in each.
    fn shared(&mut self, obligation: &Obligation, file: &ObligationFile) {
        if !obligation.shared {
            return;
        }
        let name = &obligation.id.name;
        if let Some((required, _)) = file.requires.first() {
            let message =
                format!("`{name}` is shared, and what it requires would be given to one market's plugins");
            let help = "take out `requires`, or `shared: true`";
            self.problems.error_help(required.span, message, help);
        }
        for times in obligation.times() {
            for reference in times.references() {
                let why = match reference.root {
                    Root::Market | Root::Local => "is a fact of one market",
                    Root::Term => "may be filled otherwise in each market",
                    Root::Company | Root::Product | Root::Param | Root::Choice => continue,
                };
                let message = format!(
                    "`{name}` is shared by several markets, and `{reference}` {why}: which market's would count?"
                );
                let help = "count it by facts of the company or the product, or take out `shared: true`";
                self.problems.error_help(times.span(), message, help);
            }
        }
    }
}

impl Obligation {
    /// How many times each effort is made.
    fn times(&self) -> impl Iterator<Item = &Expression> {
        let (one, many) = match &self.efforts {
            Efforts::Always(effort) => (Some(effort), None),
            Efforts::ByOption(_, efforts) => (None, Some(efforts.values())),
        };
        one.into_iter().chain(many.into_iter().flatten()).filter_map(|effort| effort.times.as_ref())
    }
}
