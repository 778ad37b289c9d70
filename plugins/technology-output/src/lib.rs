//! What it costs to deliver the product's output in a market.
//!
//! o = hosting (set-up, minimum nodes, tokens, by option) + support (tickets × minutes) +
//! localisation engineering + marks on synthetic output where an obligation demands them. Whether an
//! option keeps data where the law wants it is for the rule files to say.

pub mod technology_output;

use landfall_plugin::{
    About, Amount, Case, Cost, Count, Failure, Given, Grounded, Line, Obligation, Plugin, Ranged, Ratio,
    about, choices, export, needs,
};

needs! {
    /// What the strategy says.
    pub struct Facts {
        /// Tokens processed a month for the market.
        pub tokens: Count = "market.monthly_tokens",
        /// Support tickets a month.
        pub tickets: Count = "market.monthly_tickets",
        /// Days of engineering for the locale.
        pub localisation_days: Count = "product.localisation_days",
    }
}

needs! {
    /// What the rule files say.
    pub struct Params {
        /// Price of a million tokens served at home.
        pub million_tokens: Amount = "tokens_per_million",
        /// Price of one serving node for a year.
        pub node_year: Amount = "node_year",
        /// Surcharge on hosting for the promised availability.
        pub availability: Ratio = "availability_uplift",
        /// Setting up to serve from home.
        pub home_set_up: Amount = "home_set_up",
        /// Nodes kept at home for this market at the least.
        pub home_nodes: Count = "home_nodes",
        /// Price level at home.
        pub home_factor: Ratio = "home_factor",
        /// Setting up to serve from a hub of the region.
        pub regional_hub_set_up: Amount = "regional_hub_set_up",
        /// Nodes kept in the hub for this market at the least.
        pub regional_hub_nodes: Count = "regional_hub_nodes",
        /// Price level in the hub against home.
        pub regional_hub_factor: Ratio = "regional_hub_factor",
        /// Setting up to serve from a cloud in the market.
        pub local_cloud_set_up: Amount = "local_cloud_set_up",
        /// Nodes kept in the market at the least.
        pub local_cloud_nodes: Count = "local_cloud_nodes",
        /// Price level in the market against home.
        pub local_cloud_factor: Ratio = "local_cloud_factor",
        /// Minutes an agent takes for a ticket.
        pub ticket_minutes: Count = "ticket_minutes",
        /// Price of a paid hour of an agent.
        pub agent_hour: Amount = "agent_hour",
        /// Part of paid time that goes into tickets.
        pub agent_utilisation: Ratio = "agent_utilisation",
        /// Price of a day of an engineer.
        pub engineer_day: Amount = "engineer_day",
        /// Part of the localisation repeated every year.
        pub localisation_upkeep: Ratio = "localisation_upkeep",
        /// Building a mark for one kind of output.
        pub mark: Amount = "mark_per_medium",
        /// Part of that repeated every year.
        pub mark_upkeep: Ratio = "mark_upkeep",
    }
}

needs! {
    /// What an obligation may demand.
    pub struct Demands {
        /// Kinds of synthetic output that must be marked.
        pub media: Count = "media",
    }
}

choices! {
    /// What is open.
    pub struct Choices {
        /// Where the product is served from.
        pub hosting: Hosting = "hosting" {
            /// The company's own site.
            Home = "home",
            /// A hub of the region.
            RegionalHub = "regional_hub",
            /// A cloud in the market.
            LocalCloud = "local_cloud",
        },
    }
}

/// What one hosting option takes.
struct Site {
    set_up: Given<Amount>,
    nodes: Given<Count>,
    factor: Given<Ratio>,
}

impl Params {
    fn site(&self, hosting: Hosting) -> Site {
        let (set_up, nodes, factor) = match hosting {
            Hosting::Home => (self.home_set_up, self.home_nodes, self.home_factor),
            Hosting::RegionalHub => {
                (self.regional_hub_set_up, self.regional_hub_nodes, self.regional_hub_factor)
            }
            Hosting::LocalCloud => (self.local_cloud_set_up, self.local_cloud_nodes, self.local_cloud_factor),
        };
        Site { set_up, nodes, factor }
    }
}

/// Delivering the output.
#[derive(Debug)]
pub struct TechnologyOutput;

impl Plugin for TechnologyOutput {
    const ABOUT: About = about!(Output; separable);
    type Facts = Facts;
    type Params = Params;
    type Demands = Demands;
    type Choices = Choices;
    type Knows = ();
    type Settings = Ranged;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        let mut lines = case.priced_effort();
        lines.extend(hosting(&case)?);
        lines.push(support(&case)?);
        lines.extend(localisation(&case)?);
        for obligation in &case.obligations {
            if let Some(demands) = &obligation.demands {
                lines.extend(marks(&case, obligation, demands)?);
            }
        }
        Ok(lines)
    }
}

export!(TechnologyOutput);

fn hosting(case: &Case<TechnologyOutput>) -> Result<[Line; 3], Failure> {
    let Case { facts, params, choices, settings: Ranged { range }, .. } = case;
    let site = params.site(*choices.hosting);
    let at_site = |price: Amount| {
        range.around(technology_output::hosting_price(price, *site.factor, *params.availability))
    };
    let nodes = Cost::count(site.nodes, "node", at_site(*params.node_year)?)?;
    let millions = technology_output::a_year(*facts.tokens) / 1_000_000;
    let tokens = Cost::count(millions, "1,000,000 tokens", at_site(*params.million_tokens)?)?;
    let level: [&dyn Grounded; 3] = [&choices.hosting, &site.factor, &params.availability];
    Ok([
        Line::once("hosting set-up", range.around(site.set_up)?).used(&[&choices.hosting, &site.set_up]),
        Line::yearly("hosting nodes", nodes).used(&[&level, &site.nodes, &params.node_year]),
        Line::yearly("hosting tokens", tokens).used(&[&level, &facts.tokens, &params.million_tokens]),
    ])
}

fn support(case: &Case<TechnologyOutput>) -> Result<Line, Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    if !params.agent_utilisation.is_share() || *params.agent_utilisation == Ratio::ZERO {
        return Err(Failure::refused("`agent_utilisation` must be above 0 % and at most 100 %"));
    }
    let tickets = technology_output::a_year(*facts.tickets);
    let hours = technology_output::paid_hours(tickets, *params.ticket_minutes, *params.agent_utilisation);
    let cost = Cost::count(hours, "hour", range.around(params.agent_hour)?)?;
    Ok(Line::yearly("support", cost).used(&[
        &facts.tickets,
        &params.ticket_minutes,
        &params.agent_utilisation,
        &params.agent_hour,
    ]))
}

fn localisation(case: &Case<TechnologyOutput>) -> Result<[Line; 2], Failure> {
    let Case { facts, params, settings: Ranged { range }, .. } = case;
    let day = range.around(params.engineer_day)?;
    let built = Cost::count(facts.localisation_days, "day", day)?;
    let kept = Cost::count(facts.localisation_days * params.localisation_upkeep, "day", day)?;
    let days: [&dyn Grounded; 2] = [&facts.localisation_days, &params.engineer_day];
    Ok([
        Line::once("localisation", built).used(&[&days]),
        Line::yearly("localisation upkeep", kept).used(&[&days, &params.localisation_upkeep]),
    ])
}

/// Marks on synthetic output, visible and machine-readable, that an obligation demands.
fn marks(
    case: &Case<TechnologyOutput>,
    obligation: &Obligation<Demands, ()>,
    demands: &Demands,
) -> Result<[Line; 2], Failure> {
    let Case { params, settings: Ranged { range }, .. } = case;
    let built = Cost::count(demands.media, "medium", range.around(params.mark)?)?;
    let kept = Cost::count(demands.media, "medium", range.around(params.mark * params.mark_upkeep)?)?;
    let basis: [&dyn Grounded; 2] = [&demands.media, &params.mark];
    Ok([
        Line::once("marks", built).of(obligation).used(&[&basis]),
        Line::yearly("marks upkeep", kept).of(obligation).used(&[&basis, &params.mark_upkeep]),
    ])
}
