//! `choices:`: what each option hangs on.

use super::{Checker, FileScope};
use crate::rules::{
    book::{Choice, ChoiceOption},
    expression::Use,
    schema::jurisdiction::ChoiceFile,
};

impl Checker<'_> {
    pub(super) fn choice(&mut self, file: &ChoiceFile, scope: &FileScope<'_>) -> Option<Choice> {
        let bare = scope.merged().choices.get(&file.name.value)?;
        if bare.id.jurisdiction != *self.id {
            return None;
        }
        let options = file.options.iter().map(|option| {
            let allowed_when = self.lower_optional(option.allowed_when.as_ref(), Use::AllowedWhen, scope)?;
            let cites = self.cites(&option.cites, scope.merged());
            Some(ChoiceOption { name: option.name.value.clone(), allowed_when, cites })
        });
        let options = options.collect::<Option<_>>()?;
        Some(Choice { options, ..Choice::clone(bare) })
    }
}
