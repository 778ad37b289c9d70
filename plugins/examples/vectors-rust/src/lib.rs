//! A complaints office in a market, and what the law asks of whoever has to keep one.
//!
//! The same logic in every language there is an SDK for: `sdk/vectors` states it as formulas, and holds the
//! cases that each must answer alike. It uses every type of value, every kind of ground and every way to
//! fail at least once; as a model of an office it is as simple as that allows.

mod compliance;
mod output;

use std::collections::BTreeMap;

use landfall_plugin::{
    About, Amount, Case, Count, Date, Exact, Failure, Line, OneOf, Period, Plugin, Range, Ratio, Set, Stage,
    Volume, about, choices, export, knows, needs, settings,
};

needs! {
    /// What the strategy says.
    pub struct Facts {
        /// People who may complain.
        pub users: Count = "market.users",
        /// Whether the company is small.
        pub sme: bool = "company.sme",
        /// Complaints a year per user.
        pub complaint_rate: Ratio = "market.complaint_rate",
        /// What a levy is taken of.
        pub revenue: Option<Amount> = "market.revenue",
        /// Stands in the notice.
        pub name: Option<String> = "product.name",
        /// Where the company is at home.
        pub home: OneOf = "company.home",
        /// What the product is for.
        pub sectors: Set = "product.sectors",
        /// When the company was registered.
        pub registered: Option<Date> = "company.registered",
        /// How soon complaints are answered today.
        pub answers_within: Option<Period> = "company.answers_within",
        /// How complete the privacy programme is, 0 % to 100 %.
        pub maturity: Option<Ratio> = "company.privacy_maturity",
    }
}

needs! {
    /// What the rule files say.
    pub struct Params {
        /// Whether a register of complaints is kept.
        pub keeps_register: bool = "keeps_register",
        /// Complaints that one agent answers a year.
        pub per_agent: Count = "complaints_per_agent",
        /// Part of the revenue that is levied; without it there is no levy.
        pub levy_rate: Option<Ratio> = "levy_rate",
        /// Wage of an agent a year.
        pub wage: Amount = "agent_wage",
        /// The notice that users must be shown.
        pub notice: String = "notice",
        /// Where the authority is.
        pub authority: OneOf = "authority",
        /// Sectors that are supervised.
        pub supervised: Set = "supervised_sectors",
        /// Companies registered on or after this day pay no levy.
        pub levy_from: Option<Date> = "levy_from",
        /// How soon complaints must be answered.
        pub deadline: Period = "answer_deadline",
        /// The most a levy can be.
        pub levy_cap: Option<Amount> = "levy_cap",
        /// Part of the effort of a breach notice that a complete programme saves.
        pub saves: Option<Ratio> = "programme_saves",
        /// Price of 1,000 characters.
        pub text_price: Amount = "text_price",
        /// What supervision of one sector costs, and a representative.
        pub fee: Amount = "supervision_fee",
    }
}

needs! {
    /// What an obligation may demand.
    pub struct Demands {
        /// Languages the law requires a text in.
        pub languages: Set = "languages",
        /// Characters of that text.
        pub characters: Count = "characters",
        /// Whether a second translator must certify it.
        pub certified: Option<bool> = "certified",
    }
}

choices! {
    /// What is open.
    pub struct Choices {
        /// Who answers complaints.
        pub desk: Desk = "desk" {
            /// Agents of one's own.
            InHouse = "in_house",
            /// A service.
            Outsourced = "outsourced",
        },
        /// How texts are translated.
        pub translation: Translation = "translation" {
            /// By people.
            Human = "human",
            /// By machine, corrected by people.
            PostEdit = "post_edit",
        },
    }
}

knows! {
    /// Obligations treated in their own way.
    pub enum Known {
        /// Telling the authority of a breach: less where there is a programme.
        BreachNotice = "breach_notice",
        /// A person who is responsible: dearer at a service.
        ComplaintsOfficer = "complaints_officer",
    }
}

settings! {
    /// What a rule file sets.
    pub struct Settings {
        /// Rent of the office.
        pub rent: Amount = "rent",
        /// How often it is paid.
        pub pay: Option<Pay> = "pay",
        /// On top of a wage.
        pub overhead: Option<Ratio> = "overhead",
        /// Hours a month that the register takes.
        pub register_hours: Volume = "register_hours",
        /// Hours that an agent works a year.
        pub hours_a_year: i64 = "hours_a_year",
        /// Post-edited machine translation against people.
        pub post_edit: Option<Ratio> = "post_edit",
        /// Price of a language against the param.
        pub levels: Option<BTreeMap<String, Ratio>> = "levels",
        /// How far prices may be off.
        pub range: Range = "range",
    }
    schema = include_str!("../settings.json");
}

settings! {
    /// How often rent is paid.
    pub enum Pay {
        /// Once.
        Once = "once",
        /// Every year.
        Yearly = "yearly",
    }
}

/// The office.
#[derive(Debug)]
pub struct Vectors;

impl Plugin for Vectors {
    const ABOUT: About = about!(Compliance, Output; separable);
    type Facts = Facts;
    type Params = Params;
    type Demands = Demands;
    type Choices = Choices;
    type Knows = Known;
    type Settings = Settings;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        match case.stage {
            Stage::Output => output::office(&case),
            _ => compliance::duties(&case),
        }
    }
}

export!(Vectors);

impl Settings {
    /// A price with what comes on top.
    fn with_overhead(&self, price: impl Into<Exact>) -> Exact {
        price.into() * (Exact::ONE + self.overhead.unwrap_or_default())
    }
}
