//! A closure once more, from the files of its lineage: over another base, or as they read otherwise.

use std::{collections::BTreeMap, sync::Arc};

use super::{Closure, Unbound, bind};
use crate::{
    diagnostic::Diagnostic,
    id::JurisdictionId,
    rules::{
        book::{Base, Jurisdiction, Own},
        check::check,
        schema::jurisdiction::JurisdictionFile,
    },
};

/// Rebuilds closures over one base. What several have in common is read and checked once.
#[derive(Debug)]
pub struct Rebuilding<'b, R> {
    base: &'b Base,
    read: R,
    files: Vec<(Arc<Own>, Arc<JurisdictionFile>)>,
    checked: Vec<Checked>,
}

#[derive(Debug)]
struct Checked {
    own: Arc<Own>,
    parents: Vec<Arc<Jurisdiction>>,
    jurisdiction: Arc<Jurisdiction>,
}

/// What has been rebuilt of one lineage.
type Done = BTreeMap<JurisdictionId, Arc<Jurisdiction>>;

impl<'b, R> Rebuilding<'b, R>
where
    R: FnMut(&Own) -> Result<JurisdictionFile, Vec<Diagnostic>>,
{
    /// Rebuilds over this base what `read` makes of each file.
    #[must_use]
    pub const fn new(base: &'b Base, read: R) -> Self {
        Self { base, read, files: Vec::new(), checked: Vec::new() }
    }

    /// Every file of its lineage, parents first, bound to the plugins it was bound to.
    ///
    /// # Errors
    /// Whatever is wrong with one of them now.
    pub fn closure(&mut self, closure: &Closure) -> Result<Closure, Vec<Diagnostic>> {
        let jurisdiction = &closure.jurisdiction;
        let rebuilt = self.one(jurisdiction.id(), jurisdiction, &mut Done::new())?;
        bind(&rebuilt, &closure.plugins, self.base).map_err(Unbound::all)
    }

    /// As deep as files extend one another, which `reload` bounds.
    fn one(
        &mut self,
        id: &JurisdictionId,
        of: &Jurisdiction,
        done: &mut Done,
    ) -> Result<Arc<Jurisdiction>, Vec<Diagnostic>> {
        if let Some(done) = done.get(id) {
            return Ok(Arc::clone(done));
        }
        let Some(own) = of.lineage.get(id) else {
            let missing = format!("`{id}` is not among the files that `{}` extends", of.id());
            return Err(vec![Diagnostic::error(missing)]);
        };
        let file = self.file(own)?;
        let mut parents = Vec::new();
        for parent in &file.extends {
            parents.push(self.one(&parent.value, of, done)?);
        }
        let jurisdiction = self.check(own, &file, parents)?;
        done.insert(id.clone(), Arc::clone(&jurisdiction));
        Ok(jurisdiction)
    }

    fn file(&mut self, own: &Arc<Own>) -> Result<Arc<JurisdictionFile>, Vec<Diagnostic>> {
        if let Some((_, file)) = self.files.iter().find(|(known, _)| Arc::ptr_eq(known, own)) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new((self.read)(own)?);
        self.files.push((Arc::clone(own), Arc::clone(&file)));
        Ok(file)
    }

    fn check(
        &mut self,
        own: &Arc<Own>,
        file: &JurisdictionFile,
        parents: Vec<Arc<Jurisdiction>>,
    ) -> Result<Arc<Jurisdiction>, Vec<Diagnostic>> {
        let same = |known: &&Checked| {
            Arc::ptr_eq(&known.own, own)
                && known.parents.len() == parents.len()
                && known.parents.iter().zip(&parents).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        if let Some(known) = self.checked.iter().find(same) {
            return Ok(Arc::clone(&known.jurisdiction));
        }
        let jurisdiction = Arc::new(check(file, &own.source, &parents, self.base)?);
        self.checked.push(Checked { own: Arc::clone(own), parents, jurisdiction: Arc::clone(&jurisdiction) });
        Ok(jurisdiction)
    }
}
