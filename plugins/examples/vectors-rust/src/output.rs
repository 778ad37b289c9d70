//! The office itself: rent, agents, the register, the notice.

use landfall_plugin::{Cadence, Case, Cost, Count, Failure, Line, Overflow, share};

use crate::{Desk, Pay, Vectors};

/// Characters that a text is priced by.
pub(crate) const THOUSAND_CHARACTERS: &str = "1.000 caractères";

pub(crate) fn office(case: &Case<Vectors>) -> Result<Vec<Line>, Failure> {
    let users = *case.facts.users;
    if users < Count(0) {
        return Err(Failure::refused("`market.users` must not be negative"));
    }
    if !case.obligations.is_empty() {
        return Err(Failure::refused("obligations are costed in the stage compliance"));
    }
    if users == Count(0) {
        return Ok(Vec::new());
    }
    let mut lines = vec![rent(case)?, agents(case)?];
    if *case.params.keeps_register {
        lines.push(register(case)?);
    }
    lines.push(notice(case)?);
    Ok(lines)
}

fn rent(case: &Case<Vectors>) -> Result<Line, Overflow> {
    let cadence = match case.settings.pay {
        Some(Pay::Once) => Cadence::Once,
        Some(Pay::Yearly) | None => Cadence::Yearly,
    };
    Ok(Line::new(cadence, "rent", case.settings.range.around(case.settings.rent)?))
}

/// Agents in house are counted, in ten-thousandths of one; a service is paid for the exact part.
fn agents(case: &Case<Vectors>) -> Result<Line, Failure> {
    let Case { facts, params, choices, settings, .. } = case;
    let rate = share(facts.complaint_rate, "market.complaint_rate")?;
    if *params.per_agent <= Count(0) {
        return Err(Failure::refused("`complaints_per_agent` must be more than 0"));
    }
    let agents = facts.users * rate / params.per_agent;
    let wage = settings.with_overhead(params.wage);
    let cost = match *choices.desk {
        Desk::InHouse => Cost::count(agents, "agent à plein temps", settings.range.around(wage)?)?,
        Desk::Outsourced => settings.range.around(agents * wage)?.into(),
    };
    Ok(Line::yearly("réclamations · 投诉", cost).used(&[
        &facts.users,
        &facts.complaint_rate,
        &params.per_agent,
        &params.wage,
        &choices.desk,
    ]))
}

fn register(case: &Case<Vectors>) -> Result<Line, Overflow> {
    let Case { params, settings, .. } = case;
    let hour = settings.range.around(params.wage / settings.hours_a_year)?;
    let cost = Cost::count(settings.register_hours * MONTHS, "時間", hour)?;
    Ok(Line::yearly("registre · 登録簿", cost).used(&[&params.keeps_register, &params.wage]))
}

const MONTHS: i64 = 12;

/// The notice with the product's name, by characters as Unicode counts them.
fn notice(case: &Case<Vectors>) -> Result<Line, Failure> {
    let Case { facts, params, settings, .. } = case;
    let name = facts.name.given();
    let characters = params.notice.chars().chain(name.iter().flat_map(|name| name.chars()));
    let thousands = Count(i64::try_from(characters.count()).unwrap_or(i64::MAX)) / 1_000;
    let cost = Cost::count(thousands, THOUSAND_CHARACTERS, settings.range.around(params.text_price)?)?;
    Ok(Line::once("notice", cost).used(&[&params.notice, &name, &params.text_price]))
}
