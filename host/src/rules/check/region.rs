//! Where a place lies: a region in one country, whose stages it leaves alone.

use std::{collections::BTreeMap, sync::Arc};

use super::{Checker, extends_span};
use crate::{
    id::{JurisdictionId, Stage},
    rules::{
        book::Own,
        schema::jurisdiction::{Kind, StageFile},
    },
};

impl Checker<'_> {
    pub(super) fn place(&mut self, lineage: &BTreeMap<JurisdictionId, Arc<Own>>) {
        let above = |kind: Kind| lineage.values().filter(move |own| own.kind == kind).map(|own| &own.id);
        let at = extends_span(self.file);
        if self.file.kind != Kind::Region {
            if let Some(region) = above(Kind::Region).next() {
                let message = format!("`{region}` is a region, and `{}` is not in it", self.id);
                self.problems.error_help(at, message, "only a region extends a region");
            }
            return;
        }
        let countries: Vec<_> = above(Kind::Country).map(|id| format!("`{id}`")).collect();
        match countries.as_slice() {
            [_] => {}
            [] => {
                let message = format!("`{}` is a region, and extends no country", self.id);
                let help = "add its country, as in `extends: [us]`";
                self.problems.error_help(at, message, help);
            }
            more => {
                let message = format!("`{}` is a region, and extends {}", self.id, more.join(" and "));
                self.problems.error_help(at, message, "a region lies in one country: extend that one alone");
            }
        }
        self.no_second_stage(above(Kind::Country).next());
    }

    fn no_second_stage(&mut self, country: Option<&JurisdictionId>) {
        let file = country.map_or_else(|| "its country's file".to_owned(), |id| format!("{id}.yaml"));
        for (stage, rule) in &self.file.stages {
            if self.may_bind(stage.value, rule) {
                continue;
            }
            let message = match rule {
                StageFile::Plugins(_) => {
                    format!("a region adds obligations, never a second {} stage", stage.value)
                }
                StageFile::None { .. } => {
                    format!("a region adds obligations, and cannot declare {} to be nothing", stage.value)
                }
            };
            self.problems.error_help(stage.span, message, format!("write it into {file}"));
        }
    }

    /// A region binds only what can cost or adapt to its own obligations.
    pub(super) fn may_bind(&self, stage: Stage, rule: &StageFile) -> bool {
        let obliges = matches!(stage, Stage::Compliance | Stage::DataAdaptation);
        self.file.kind != Kind::Region || obliges && matches!(rule, StageFile::Plugins(_))
    }
}
