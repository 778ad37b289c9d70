//! `penalties:`.

use super::{Checker, FileScope};
use crate::rules::{
    book::Penalty,
    expression::Use,
    schema::jurisdiction::{PenaltyFile, Section},
};

impl Checker<'_> {
    pub(super) fn penalty(&mut self, file: &PenaltyFile, scope: &FileScope<'_>) -> Option<Penalty> {
        let name = &file.name.value;
        let cites = self.cites(&file.cites, scope.merged());
        let when = self.lower(&file.when, Use::Condition, scope);
        let maximum = self.lower(&file.maximum, Use::Amount, scope);
        let times = self.lower_optional(file.times.as_ref(), Use::Quantity, scope);
        let disputed = self.readings(&file.disputed, scope.merged());
        let may = self.may_define(Section::Penalties, name.as_str(), file.name.span);
        let penalty = Penalty {
            id: self.qualified(name),
            title: file.title.clone(),
            cites,
            status: file.status,
            replaces: self.replacement(Section::Penalties, name.as_str()),
            disputed,
            in_force: file.in_force,
            when: when?,
            maximum: maximum?,
            times: times?,
            per: file.per,
            liable: file.liable,
            standing: file.standing.clone(),
            at: self.source.at(file.name.span),
        };
        may.then_some(penalty)
    }
}
