//! What plain effort cannot say about the GDPR.
//!
//! The effort of an obligation is less where a privacy programme exists already; requests by data
//! subjects come with the number of people; a transfer costs per destination without adequacy; an
//! impact assessment is reviewed every year. What is due, and when, stands in the rule file.

pub mod gdpr;

use landfall_plugin::{
    About, Amount, Case, Cost, Count, Failure, Line, Obligation, Plugin, Ranged, Ratio, Saved, Set, Spread,
    about, export, knows, needs, share,
};

needs! {
    /// What the strategy says.
    pub struct Facts {
        /// How complete the privacy programme is, 0 % to 100 %.
        pub maturity: Ratio = "company.privacy_maturity",
        /// Identities whose data is held in the market.
        pub users: Count = "market.users",
        /// Countries outside the EEA that personal data of the market is sent to.
        pub destinations: Set = "market.transfer_destinations",
    }
}

needs! {
    /// What the rule files say.
    pub struct Params {
        /// Part of effort once that a complete programme saves.
        pub saves_once: Ratio = "programme_saves_once",
        /// Part of yearly effort that a complete programme saves.
        pub saves_yearly: Ratio = "programme_saves_yearly",
        /// Requests a year per million identities.
        pub per_million: Count = "requests_per_million",
        /// Price of handling 1,000 requests.
        pub per_1000_requests: Amount = "request_price_per_1000",
        /// Countries with an adequacy decision.
        pub adequate: Set = "adequate_countries",
        /// Standard clauses and transfer impact assessment for one destination.
        pub assessment: Amount = "transfer_assessment",
        /// Part of that repeated every year.
        pub transfer_review: Ratio = "transfer_review_share",
        /// Yearly review of an impact assessment as part of its effort.
        pub assessment_review: Ratio = "assessment_review_share",
    }
}

knows! {
    /// Obligations treated in their own way.
    pub enum Known {
        /// Answering data subjects (Articles 12 to 22): comes with the number of people.
        SubjectRequests = "subject_requests",
        /// Transfers to third countries (Chapter V): comes per destination.
        Transfers = "transfers",
        /// Impact assessment (Article 35): is reviewed every year.
        ImpactAssessment = "impact_assessment",
        /// Data protection officer (Article 37): is paid whatever the programme.
        Dpo = "dpo",
        /// Representative (Article 27): is paid whatever the programme.
        Representative = "representative",
    }
}

/// The GDPR.
#[derive(Debug)]
pub struct Gdpr;

impl Plugin for Gdpr {
    const ABOUT: About = about!(Compliance; separable);
    type Facts = Facts;
    type Params = Params;
    type Demands = ();
    type Choices = ();
    type Knows = Known;
    type Settings = Ranged;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        let mut lines = Vec::new();
        for obligation in &case.obligations {
            match obligation.known {
                Some(Known::Dpo | Known::Representative) => lines.extend(obligation.priced_effort()),
                _ => lines.extend(scaled_effort(&case, obligation)?),
            }
            match obligation.known {
                Some(Known::SubjectRequests) => lines.push(requests(&case)?.of(obligation)),
                Some(Known::Transfers) => lines.extend(transfers(&case)?.map(|line| line.of(obligation))),
                Some(Known::ImpactAssessment) => lines.extend(review(&case, obligation)?),
                Some(Known::Dpo | Known::Representative) | None => {}
            }
        }
        Ok(lines)
    }
}

export!(Gdpr);

/// Effort less what the programme saves.
fn scaled_effort(case: &Case<Gdpr>, obligation: &Obligation<(), Known>) -> Result<Vec<Line>, Failure> {
    let Case { facts, params, .. } = case;
    share(facts.maturity, "company.privacy_maturity")?;
    let saved = Saved { parts: &[facts.maturity], once: params.saves_once, yearly: params.saves_yearly };
    Ok(obligation.effort_less(&saved)?)
}

/// Requests by volume.
fn requests(case: &Case<Gdpr>) -> Result<Line, Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    let thousands = gdpr::requests(*facts.users, *params.per_million) / 1_000;
    let cost = Cost::count(thousands, "1,000 requests", range.around(params.per_1000_requests)?)?;
    Ok(Line::yearly("requests", cost).used(&[&facts.users, &params.per_million, &params.per_1000_requests]))
}

/// Clauses and assessment per destination without adequacy, once and as reviewed every year.
fn transfers(case: &Case<Gdpr>) -> Result<[Line; 2], Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    let destinations = gdpr::without_adequacy(&facts.destinations, &params.adequate);
    let assessment = Cost::count(destinations, "destination", range.around(params.assessment)?)?;
    let review = range.around(params.assessment * params.transfer_review)?;
    let review = Cost::count(destinations, "destination", review)?;
    Ok([
        Line::once("transfer assessments", assessment).used(&[
            &facts.destinations,
            &params.adequate,
            &params.assessment,
        ]),
        Line::yearly("transfer reviews", review).used(&[
            &facts.destinations,
            &params.adequate,
            &params.assessment,
            &params.transfer_review,
        ]),
    ])
}

/// The yearly review of an impact assessment: part of its whole effort, since what a programme
/// saves in writing it does not save in keeping it true.
fn review(case: &Case<Gdpr>, obligation: &Obligation<(), Known>) -> Result<Option<Line>, Failure> {
    let share = case.params.assessment_review;
    let line = |effort: Spread| {
        let line = Line::yearly("review", effort.times(share)?);
        Ok(line.of(obligation).used(&[&share]))
    };
    obligation.once.map(line).transpose()
}
