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

#[cfg(test)]
mod tests {
    use landfall_plugin::{Amount, Count, OneOf, Period, Ratio, Set, Stage, TestCase, TimeUnit};

    use crate::Vectors;

    /// A thousand users, of whom one complains; three complaints make an agent.
    fn third() -> TestCase<Vectors> {
        TestCase::new()
            .stage(Stage::Output)
            .fact("market.users", Count(1_000))
            .fact("company.sme", false)
            .fact("market.complaint_rate", Ratio(1_000_000))
            .fact("company.home", OneOf("de".to_owned()))
            .fact("product.sectors", Set::default())
            .param("keeps_register", false)
            .param("complaints_per_agent", Count(3))
            .param("agent_wage", Amount::units(48_000))
            .param("notice", "投诉".to_owned())
            .param("authority", OneOf("de".to_owned()))
            .param("supervised_sectors", Set::default())
            .param("answer_deadline", Period { n: 3, unit: TimeUnit::BusinessDay })
            .param("text_price", Amount::units(130))
            .param("supervision_fee", Amount::ZERO)
            .settings(r#"{"rent": "0", "register_hours": "0", "hours_a_year": 1760}"#)
    }

    #[track_caller]
    fn check(case: &TestCase<Vectors>, expected: &[&str]) {
        assert_eq!(case.rendered().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_agent_is_counted_in_ten_thousandths_and_a_service_is_paid_exactly() {
        let notice = "once notice: 0.2600 = 0.0020 1.000 caractères × 130.0000";
        let counted = "yearly réclamations · 投诉: 15998.4000 = 0.3333 agent à plein temps × 48000.0000";
        check(&third(), &["yearly rent: 0.0000", counted, notice]);
        let exact = "yearly réclamations · 投诉: 16000.0000";
        check(&third().choice("desk", "outsourced"), &["yearly rent: 0.0000", exact, notice]);
    }

    #[test]
    fn nothing_is_divided_by_nought() {
        let case = third().param("complaints_per_agent", Count(0));
        check(&case, &["failure: `complaints_per_agent` must be more than 0"]);
    }
}
