//! What it costs to choose and enter a market: finding out, asking counsel, setting up, registering.
//!
//! c = scan days × analyst day + questions × hours × counsel hour × (1 − familiarity) + set-up and
//! yearly cost of the entry mode + registration fees. Whether a mode is allowed, and whether it makes
//! a local representative superfluous, is for the rule files to say.

pub mod market_entry;

use landfall_plugin::{
    About, Amount, Case, Cost, Count, Failure, Given, Line, Plugin, Ranged, Ratio, about, choices, export,
    needs, share,
};

needs! {
    /// What the strategy says.
    pub struct Facts {
        /// How well the company knows law and practice of the market already, 0 % to 100 %.
        pub familiarity: Ratio = "market.familiarity",
        /// Questions to put to local counsel before deciding.
        pub questions: Count = "market.legal_questions",
    }
}

needs! {
    /// What the rule files say.
    pub struct Params {
        /// Days of desk research for one market.
        pub scan_days: Count = "scan_days",
        /// Price of one analyst day.
        pub analyst_day: Amount = "analyst_day",
        /// Hours of counsel per question.
        pub question_hours: Count = "question_hours",
        /// Price of one hour of local counsel.
        pub counsel_hour: Amount = "counsel_hour",
        /// Public fees for registering the business or the product.
        pub registration_fees: Amount = "registration_fees",
        /// Setting up sales across the border.
        pub cross_border_set_up: Amount = "cross_border_set_up",
        /// Running it, a year.
        pub cross_border_yearly: Amount = "cross_border_yearly",
        /// Setting up a partnership.
        pub partner_set_up: Amount = "partner_set_up",
        /// Running it, a year.
        pub partner_yearly: Amount = "partner_yearly",
        /// Setting up a subsidiary.
        pub subsidiary_set_up: Amount = "subsidiary_set_up",
        /// Running it, a year.
        pub subsidiary_yearly: Amount = "subsidiary_yearly",
    }
}

choices! {
    /// What is open.
    pub struct Choices {
        /// How the company enters the market.
        pub entry_mode: EntryMode = "entry_mode" {
            /// From home, without anybody in the market.
            CrossBorder = "cross_border",
            /// Through a partner or reseller.
            Partner = "partner",
            /// With a company of its own.
            Subsidiary = "subsidiary",
        },
    }
}

impl Params {
    /// Set-up and yearly cost of an entry mode.
    fn mode(&self, mode: EntryMode) -> (Given<Amount>, Given<Amount>) {
        match mode {
            EntryMode::CrossBorder => (self.cross_border_set_up, self.cross_border_yearly),
            EntryMode::Partner => (self.partner_set_up, self.partner_yearly),
            EntryMode::Subsidiary => (self.subsidiary_set_up, self.subsidiary_yearly),
        }
    }
}

/// Choosing and entering a market.
#[derive(Debug)]
pub struct MarketEntry;

impl Plugin for MarketEntry {
    const ABOUT: About = about!(MarketSelection; separable);
    type Facts = Facts;
    type Params = Params;
    type Demands = ();
    type Choices = Choices;
    type Knows = ();
    type Settings = Ranged;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        let Case { facts, params, choices, settings: Ranged { range }, .. } = &case;
        let familiarity = share(facts.familiarity, "market.familiarity")?;

        let scan = Cost::count(*params.scan_days, "day", range.around(params.analyst_day)?)?;
        let hours = market_entry::counsel_hours(*facts.questions, *params.question_hours, familiarity);
        let counsel = Cost::count(hours, "hour", range.around(params.counsel_hour)?)?;
        let (set_up, yearly) = params.mode(*choices.entry_mode);

        let mut lines = case.priced_effort();
        lines.extend([
            Line::once("market scan", scan).used(&[&params.scan_days, &params.analyst_day]),
            Line::once("local counsel", counsel).used(&[
                &facts.questions,
                &facts.familiarity,
                &params.question_hours,
                &params.counsel_hour,
            ]),
            Line::once("entry set-up", range.around(set_up)?).used(&[&choices.entry_mode, &set_up]),
            Line::yearly("entry running", range.around(yearly)?).used(&[&choices.entry_mode, &yearly]),
            Line::once("registration", range.around(params.registration_fees)?)
                .used(&[&params.registration_fees]),
        ]);
        Ok(lines)
    }
}

export!(MarketEntry);
