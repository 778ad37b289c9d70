//! `blocks:` and `gaps:`.

use std::sync::Arc;

use super::{Checker, FileScope};
use crate::rules::{
    book::{Acceptance, Block, Gap},
    expression::Use,
    schema::jurisdiction::{BlockFile, GapFile, Section},
};

impl Checker<'_> {
    pub(super) fn block(&mut self, file: &BlockFile, scope: &FileScope<'_>) -> Option<Block> {
        let name = &file.name.value;
        let cites = self.cites(&file.cites, scope.merged());
        let when = self.lower(&file.when, Use::Condition, scope);
        let disputed = self.readings(&file.disputed, scope.merged());
        let may = self.may_define(Section::Blocks, name.as_str(), file.name.span);
        let block = Block {
            id: self.qualified(name),
            title: Arc::clone(&file.title),
            cites,
            status: file.status,
            in_force: file.in_force,
            when: when?,
            standing: file.standing.clone(),
            disputed,
            at: self.source.at(file.name.span),
        };
        may.then_some(block)
    }

    pub(super) fn gap(&mut self, file: &GapFile, scope: &FileScope<'_>) -> Option<Gap> {
        let name = &file.name.value;
        let cites = self.cites(&file.cites, scope.merged());
        let when = self.lower_optional(file.when.as_ref(), Use::Condition, scope);
        let may = self.may_define(Section::Gaps, name.as_str(), file.name.span);
        let accepted =
            file.accepted.as_ref().map(|(by, until)| Acceptance { by: Arc::clone(by), until: *until });
        let gap = Gap {
            id: self.qualified(name),
            stage: file.stage,
            cites,
            reason: Arc::clone(&file.reason),
            when: when?,
            accepted,
            at: self.source.at(file.name.span),
        };
        may.then_some(gap)
    }
}
