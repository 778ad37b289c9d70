//! A closure once more, from the files of its lineage: over another base, or as they read otherwise.

use std::{collections::BTreeMap, sync::Arc};

use super::{Closure, Unbound, bind};
use crate::{
    diagnostic::Diagnostic,
    id::{JurisdictionId, PluginId},
    plugin::Plugin,
    rules::{
        book::{Base, Jurisdiction},
        check::check,
        schema::jurisdiction::JurisdictionFile,
    },
    source::SourceFile,
};

/// Rebuilds closures over one base, from files as somebody has them. What several have in common is read and
/// checked once.
#[derive(Debug)]
pub struct Rebuilding<'b, F, R> {
    base: &'b Base,
    read: R,
    files: Vec<(Arc<F>, Arc<JurisdictionFile>)>,
    checked: Vec<Checked<F>>,
}

/// The files of a lineage.
pub type Lineage<F> = BTreeMap<JurisdictionId, Arc<F>>;

#[derive(Debug)]
struct Checked<F> {
    own: Arc<F>,
    parents: Vec<Arc<Jurisdiction>>,
    jurisdiction: Arc<Jurisdiction>,
}

/// What has been rebuilt of one lineage.
type Done = BTreeMap<JurisdictionId, Arc<Jurisdiction>>;

impl<'b, F, R> Rebuilding<'b, F, R>
where
    F: AsRef<Arc<SourceFile>>,
    R: FnMut(&F) -> Result<JurisdictionFile, Vec<Diagnostic>>,
{
    /// Rebuilds over this base what `read` makes of each file.
    #[must_use]
    pub const fn new(base: &'b Base, read: R) -> Self {
        Self { base, read, files: Vec::new(), checked: Vec::new() }
    }

    /// Every file of a lineage, parents first, bound to these plugins.
    ///
    /// # Errors
    /// Whatever is wrong with one of them now.
    pub fn closure(
        &mut self,
        id: &JurisdictionId,
        lineage: &Lineage<F>,
        plugins: &BTreeMap<PluginId, Arc<Plugin>>,
    ) -> Result<Closure, Vec<Diagnostic>> {
        let rebuilt = self.one(id, lineage, &mut Done::new())?;
        bind(&rebuilt, plugins, self.base).map_err(Unbound::all)
    }

    /// What a jurisdiction of a closure that was rebuilt was made of: its file as it reads, and its parents.
    #[must_use]
    pub fn made_of(
        &self,
        jurisdiction: &Arc<Jurisdiction>,
    ) -> Option<(&Arc<JurisdictionFile>, &[Arc<Jurisdiction>])> {
        let checked = self.checked.iter().find(|known| Arc::ptr_eq(&known.jurisdiction, jurisdiction))?;
        let (_, file) = self.files.iter().find(|(own, _)| Arc::ptr_eq(own, &checked.own))?;
        Some((file, &checked.parents))
    }

    /// Takes a file that was read elsewhere as it would be here and, where that is so, what came of checking it over these
    /// parents: neither is done again.
    pub fn know(
        &mut self,
        own: &Arc<F>,
        file: Arc<JurisdictionFile>,
        checked: Option<(Vec<Arc<Jurisdiction>>, Arc<Jurisdiction>)>,
    ) {
        self.files.push((Arc::clone(own), file));
        let own = Arc::clone(own);
        self.checked.extend(checked.map(|(parents, jurisdiction)| Checked { own, parents, jurisdiction }));
    }

    /// As deep as files extend one another, which `reload` bounds.
    fn one(
        &mut self,
        id: &JurisdictionId,
        lineage: &Lineage<F>,
        done: &mut Done,
    ) -> Result<Arc<Jurisdiction>, Vec<Diagnostic>> {
        if let Some(done) = done.get(id) {
            return Ok(Arc::clone(done));
        }
        let Some(own) = lineage.get(id) else {
            let missing = format!("`{id}` is not among the files that are extended");
            return Err(vec![Diagnostic::error(missing)]);
        };
        let file = self.file(own)?;
        let mut parents = Vec::new();
        for parent in &file.extends {
            parents.push(self.one(&parent.value, lineage, done)?);
        }
        let jurisdiction = self.check(own, &file, parents)?;
        done.insert(id.clone(), Arc::clone(&jurisdiction));
        Ok(jurisdiction)
    }

    fn file(&mut self, own: &Arc<F>) -> Result<Arc<JurisdictionFile>, Vec<Diagnostic>> {
        if let Some((_, file)) = self.files.iter().find(|(known, _)| Arc::ptr_eq(known, own)) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new((self.read)(own)?);
        self.files.push((Arc::clone(own), Arc::clone(&file)));
        Ok(file)
    }

    fn check(
        &mut self,
        own: &Arc<F>,
        file: &JurisdictionFile,
        parents: Vec<Arc<Jurisdiction>>,
    ) -> Result<Arc<Jurisdiction>, Vec<Diagnostic>> {
        let same = |known: &&Checked<F>| {
            Arc::ptr_eq(&known.own, own)
                && known.parents.len() == parents.len()
                && known.parents.iter().zip(&parents).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        if let Some(known) = self.checked.iter().find(same) {
            return Ok(Arc::clone(&known.jurisdiction));
        }
        let jurisdiction = Arc::new(check(file, (**own).as_ref(), &parents, self.base)?);
        self.checked.push(Checked { own: Arc::clone(own), parents, jurisdiction: Arc::clone(&jurisdiction) });
        Ok(jurisdiction)
    }
}
