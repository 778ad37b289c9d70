//! What it costs to work across cultures.
//!
//! f = team × (training hours × loaded hour + fee) + liaison posts × salary + trips × price + team ×
//! salary × loss at full distance × distance × (1 − what training avoids). The distance itself is a
//! fact: scores of cultures are licensed, and whoever has them brings them.

pub mod culture_integration;

use landfall_plugin::{
    About, Amount, Case, Cost, Count, Failure, Given, Line, Plugin, Ranged, Ratio, about, choices, export,
    needs, share,
};

needs! {
    /// What the strategy says.
    pub struct Facts {
        /// People who work with or in the market.
        pub team: Count = "market.team_size",
        /// Cultural distance between home and market, 0 % to 100 %.
        pub distance: Ratio = "market.cultural_distance",
        /// Full-time liaison posts; half a post is 50 %.
        pub liaison_posts: Ratio = "market.liaison_posts",
        /// Trips a year.
        pub trips: Count = "market.trips",
    }
}

needs! {
    /// What the rule files say.
    pub struct Params {
        /// One working hour of a team member with overheads.
        pub hour: Amount = "loaded_hour",
        /// Yearly salary of a team member with overheads.
        pub salary: Amount = "salary_year",
        /// Yearly salary of a liaison with overheads.
        pub liaison_salary: Amount = "liaison_salary_year",
        /// One trip.
        pub trip: Amount = "trip_cost",
        /// Part of salary lost a year at full distance.
        pub loss: Ratio = "productivity_loss",
        /// Hours per person of the half day.
        pub half_day_hours: Count = "half_day_hours",
        /// Fee per person of the half day.
        pub half_day_fee: Amount = "half_day_fee",
        /// Part of the loss the half day avoids.
        pub half_day_effect: Ratio = "half_day_effect",
        /// Hours per person of the two days.
        pub two_days_hours: Count = "two_days_hours",
        /// Fee per person of the two days.
        pub two_days_fee: Amount = "two_days_fee",
        /// Part of the loss the two days avoid.
        pub two_days_effect: Ratio = "two_days_effect",
    }
}

choices! {
    /// What is open.
    pub struct Choices {
        /// How the team is trained.
        pub training: Training = "training" {
            /// Not at all.
            None = "none",
            /// Half a day.
            HalfDay = "half_day",
            /// Two days, with coaching.
            TwoDays = "two_days",
        },
    }
}

/// What one training takes and brings.
struct Course {
    hours: Given<Count>,
    fee: Given<Amount>,
    effect: Given<Ratio>,
}

impl Params {
    fn course(&self, training: Training) -> Option<Course> {
        match training {
            Training::None => None,
            Training::HalfDay => Some(Course {
                hours: self.half_day_hours,
                fee: self.half_day_fee,
                effect: self.half_day_effect,
            }),
            Training::TwoDays => Some(Course {
                hours: self.two_days_hours,
                fee: self.two_days_fee,
                effect: self.two_days_effect,
            }),
        }
    }
}

/// Working across cultures.
#[derive(Debug)]
pub struct CultureIntegration;

impl Plugin for CultureIntegration {
    const ABOUT: About = about!(Culture; separable);
    type Facts = Facts;
    type Params = Params;
    type Demands = ();
    type Choices = Choices;
    type Knows = ();
    type Settings = Ranged;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        let course = case.params.course(*case.choices.training);
        let mut lines = case.priced_effort();
        if let Some(course) = &course {
            lines.push(training(&case, course)?);
        }
        lines.extend([liaison(&case)?, trips(&case)?, lost_productivity(&case, course.as_ref())?]);
        Ok(lines)
    }
}

export!(CultureIntegration);

fn training(case: &Case<CultureIntegration>, course: &Course) -> Result<Line, Failure> {
    let Case { facts, params, choices, settings: Ranged { range }, .. } = case;
    let each = range.around(culture_integration::training(*course.hours, *params.hour, *course.fee))?;
    let cost = Cost::count(facts.team, "person", each)?;
    Ok(Line::once("training", cost).used(&[
        &facts.team,
        &choices.training,
        &course.hours,
        &course.fee,
        &params.hour,
    ]))
}

fn liaison(case: &Case<CultureIntegration>) -> Result<Line, Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    let cost = Cost::count(facts.liaison_posts, "post", range.around(params.liaison_salary)?)?;
    Ok(Line::yearly("liaison", cost).used(&[&facts.liaison_posts, &params.liaison_salary]))
}

fn trips(case: &Case<CultureIntegration>) -> Result<Line, Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    let cost = Cost::count(facts.trips, "trip", range.around(params.trip)?)?;
    Ok(Line::yearly("trips", cost).used(&[&facts.trips, &params.trip]))
}

fn lost_productivity(case: &Case<CultureIntegration>, course: Option<&Course>) -> Result<Line, Failure> {
    let Case { facts, params, choices, settings: Ranged { range }, .. } = case;
    let distance = share(facts.distance, "market.cultural_distance")?;
    let effect = course.map(|course| course.effect);
    let avoided = effect.map_or(Ratio::ZERO, |effect| *effect);
    let each = range.around(culture_integration::loss(*params.salary, *params.loss, distance, avoided))?;
    let cost = Cost::count(facts.team, "person", each)?;
    Ok(Line::yearly("lost productivity", cost).used(&[
        &facts.team,
        &facts.distance,
        &params.salary,
        &params.loss,
        &choices.training,
        &effect,
    ]))
}
