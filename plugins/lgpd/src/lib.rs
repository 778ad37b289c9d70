//! What plain effort cannot say about the LGPD.
//!
//! A company that has a GDPR-like programme reuses part of it; requests by data subjects come with
//! the number of people; a transfer needs the authority's own clauses, per destination without
//! adequacy, and a public page that is kept. What is due, and when, stands in the rule file.

pub mod lgpd;

use landfall_plugin::{
    About, Amount, Case, Cost, Count, Failure, Grounded, Line, Obligation, Plugin, Ranged, Ratio, Saved, Set,
    about, export, knows, needs, share,
};

needs! {
    /// What the strategy says.
    pub struct Facts {
        /// How complete the company's (GDPR-like) privacy programme is, 0 % to 100 %.
        pub maturity: Ratio = "company.privacy_maturity",
        /// Identities whose data is held in the market.
        pub users: Count = "market.users",
        /// Countries that personal data of the market is sent to.
        pub destinations: Set = "market.transfer_destinations",
    }
}

needs! {
    /// What the rule files say.
    pub struct Params {
        /// Part of a GDPR-like programme that serves the LGPD.
        pub reuse: Ratio = "programme_reuse",
        /// Part of effort once that a complete programme saves.
        pub saves_once: Ratio = "programme_saves_once",
        /// Part of yearly effort that a complete programme saves.
        pub saves_yearly: Ratio = "programme_saves_yearly",
        /// Requests a year per million identities.
        pub per_million: Count = "requests_per_million",
        /// Price of handling 1,000 requests.
        pub per_1000_requests: Amount = "request_price_per_1000",
        /// Countries with an adequacy decision of the ANPD.
        pub adequate: Set = "adequate_countries",
        /// The ANPD's clauses with the importer, for one destination.
        pub clauses: Amount = "transfer_clauses",
        /// Keeping the public page about transfers, a year.
        pub publication: Amount = "transfer_publication",
    }
}

knows! {
    /// Obligations treated in their own way.
    pub enum Known {
        /// Answering data subjects (Article 18): comes with the number of people.
        SubjectRequests = "subject_requests",
        /// International transfers (Article 33): comes per destination.
        Transfers = "transfers",
        /// The encarregado (Article 41): is paid whatever the programme.
        Dpo = "dpo",
    }
}

/// The LGPD.
#[derive(Debug)]
pub struct Lgpd;

impl Plugin for Lgpd {
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
                Some(Known::Dpo) => lines.extend(obligation.priced_effort()),
                _ => lines.extend(scaled_effort(&case, obligation)?),
            }
            match obligation.known {
                Some(Known::SubjectRequests) => lines.push(requests(&case)?.of(obligation)),
                Some(Known::Transfers) => lines.extend(transfers(&case)?.map(|line| line.of(obligation))),
                Some(Known::Dpo) | None => {}
            }
        }
        Ok(lines)
    }
}

export!(Lgpd);

/// Effort less what the part of the programme saves that serves here.
fn scaled_effort(case: &Case<Lgpd>, obligation: &Obligation<(), Known>) -> Result<Vec<Line>, Failure> {
    let Case { facts, params, .. } = case;
    share(facts.maturity, "company.privacy_maturity")?;
    let parts = &[facts.maturity, params.reuse];
    let saved = Saved { parts, once: params.saves_once, yearly: params.saves_yearly };
    Ok(obligation.effort_less(&saved)?)
}

/// Requests by volume.
fn requests(case: &Case<Lgpd>) -> Result<Line, Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    let thousands = lgpd::requests(*facts.users, *params.per_million) / 1_000;
    let cost = Cost::count(thousands, "1,000 requests", range.around(params.per_1000_requests)?)?;
    Ok(Line::yearly("requests", cost).used(&[&facts.users, &params.per_million, &params.per_1000_requests]))
}

/// Clauses per destination without adequacy; the page, where there is such a destination at all.
fn transfers(case: &Case<Lgpd>) -> Result<[Line; 2], Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    let destinations = lgpd::without_adequacy(&facts.destinations, &params.adequate);
    let clauses = Cost::count(destinations, "destination", range.around(params.clauses)?)?;
    let pages = Count(destinations.0.min(1));
    let publication = Cost::count(pages, "page", range.around(params.publication)?)?;
    let countries: [&dyn Grounded; 2] = [&facts.destinations, &params.adequate];
    Ok([
        Line::once("transfer clauses", clauses).used(&[&countries, &params.clauses]),
        Line::yearly("transfer publication", publication).used(&[&countries, &params.publication]),
    ])
}
