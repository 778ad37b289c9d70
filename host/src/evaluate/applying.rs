//! Which obligations apply to a market on the first day, asked again and again over one case.
//!
//! Decides as a query does and explains nothing: for whoever wants to know how long deciding takes. Choices nobody
//! pinned are undetermined.

use super::{
    asked::Asked,
    duty::{self, Applies},
    facts::{Chosen, Facts},
};
use crate::{
    generation::Generation,
    id::{JurisdictionId, QualifiedId},
    strategy::Strategy,
};

/// The obligations of one market of a strategy, with everything their conditions read.
pub struct Applying<'a> {
    asked: Asked<'a>,
    chosen: Chosen,
}

impl<'a> Applying<'a> {
    /// None where the strategy does not name the market, or it is not served.
    #[must_use]
    pub fn of(generation: &'a Generation, strategy: &'a Strategy, id: &JurisdictionId) -> Option<Self> {
        let (market, closure) = (strategy.markets.get(id)?, generation.closures.get(id)?);
        let asked = Asked::market(generation, strategy, market, closure);
        let pinned = |id: &QualifiedId| Some((id.clone(), asked.pinned(id)?.clone()));
        let chosen = asked.choices().keys().filter_map(|id| pinned(id)).collect();
        Some(Self { asked, chosen })
    }

    /// Decides every obligation, and tells each with whether it applies; none where nobody knows.
    pub fn each(&self, mut tell: impl FnMut(&QualifiedId, Option<bool>)) {
        let facts = Facts { asked: &self.asked, place: 0, chosen: &self.chosen, law: self.asked.first_law() };
        for &(place, obligation) in self.asked.obligations().iter() {
            let applies = match duty::applies(&facts.at(place), obligation) {
                Applies::Yes => Some(true),
                Applies::No(_) => Some(false),
                Applies::Perhaps(_) | Applies::Overflow | Applies::Conflict(_) => None,
            };
            tell(&obligation.id, applies);
        }
    }
}

impl std::fmt::Debug for Applying<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applying").field("market", self.asked.id()).finish_non_exhaustive()
    }
}
