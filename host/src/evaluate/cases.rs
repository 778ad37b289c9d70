//! The cases that the answer for one market rests on: what each plugin of a stage was given, period by period,
//! under the options that were taken. They are made again as they were, and no plugin is asked.

use std::sync::Arc;

use super::{
    MarketEvaluation, Status,
    asked::{Asked, CalledStage},
    facts::{Chosen, Facts},
    horizon::Period,
    outcome::{Asking, duties},
    remembered::Options,
};
use crate::{
    generation::Generation,
    id::{JurisdictionId, QualifiedId, Stage},
    plugin::{Case, Plugin},
    strategy::Strategy,
};

/// What one plugin was given in one period.
#[derive(Debug, Clone)]
pub struct GivenCase {
    /// Who was asked.
    pub plugin: Arc<Plugin>,
    /// The region whose facts and params it reads; none where it is the country.
    pub region: Option<JurisdictionId>,
    /// When.
    pub period: Period,
    /// What it was given, without what may apply; or why it was not asked.
    pub case: Result<Case, String>,
    /// The ids of the obligations in it, in its order.
    pub obligations: Vec<QualifiedId>,
}

/// Why a stage of a market rests on no case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCases {
    /// Its rule file cannot be served.
    #[error("the rules of `{0}` are unavailable")]
    Unavailable(JurisdictionId),
    /// It is forbidden.
    #[error("`{0}` is blocked: no plugin is asked")]
    Blocked(JurisdictionId),
    /// The rules say that the stage costs nothing, or bind nobody.
    #[error("no plugin computes {stage} in `{market}`")]
    NoPlugin {
        /// Where.
        market: JurisdictionId,
        /// What.
        stage: Stage,
    },
    /// Nobody knows which option would be taken.
    #[error("no option of `{0}` is taken, since something that bears on it is not known")]
    Open(QualifiedId),
}

/// The cases of one stage of one market, by plugin and then by period.
///
/// # Errors
/// [`NoCases`].
pub fn cases(
    generation: &Generation,
    strategy: &Strategy,
    evaluated: &MarketEvaluation,
    stage: Stage,
) -> Result<Vec<GivenCase>, NoCases> {
    let id = &evaluated.id;
    let (Some(market), Some(closure)) = (strategy.markets.get(id), generation.closures.get(id)) else {
        return Err(NoCases::Unavailable(id.clone()));
    };
    if evaluated.status == Status::Blocked {
        return Err(NoCases::Blocked(id.clone()));
    }
    let asked = Asked::market(generation, strategy, market, closure);
    let Some(CalledStage::Plugins(plugins)) = asked.stages.get(&stage) else {
        return Err(NoCases::NoPlugin { market: id.clone(), stage });
    };
    let chosen = chosen(&asked, evaluated)?;
    let mut cases = Vec::new();
    // What markets share is asked where it is defined.
    let periods = duties(&asked, &chosen, &Options::of(&asked, &chosen), false);
    for called in plugins {
        for (period, duties) in &periods {
            let facts = Facts { asked: &asked, place: called.place, chosen: &chosen, law: period.law };
            let asking = Asking { facts, stage, duties, explained: false };
            let (case, obligations) = match asking.case(called, false) {
                Ok((case, given)) => (Ok(case), given.iter().map(|seen| seen.id().clone()).collect()),
                Err(reason) => (Err(reason.message), Vec::new()),
            };
            cases.push(GivenCase {
                plugin: Arc::clone(&called.bound.plugin),
                region: (called.place > 0).then(|| asked.place(called.place).id().clone()),
                period: *period,
                case,
                obligations,
            });
        }
    }
    Ok(cases)
}

/// The options that the answer took.
fn chosen(asked: &Asked<'_>, evaluated: &MarketEvaluation) -> Result<Chosen, NoCases> {
    let taken = |id: &QualifiedId| evaluated.choices.get(id).and_then(|choice| choice.chosen.clone());
    let choices = asked.choices().keys().copied().cloned();
    choices.map(|id| Ok((id.clone(), taken(&id).ok_or(NoCases::Open(id))?))).collect()
}
