//! What the law asks: supervision, a representative, a levy, faster answers, and its obligations.

use landfall_plugin::{
    Case, Cost, Count, Exact, Failure, Line, Obligation, Overflow, Period, Ratio, Saved, Spread, TimeUnit,
    share,
};

use crate::{Demands, Desk, Known, Translation, Vectors, output::THOUSAND_CHARACTERS};

pub(crate) fn duties(case: &Case<Vectors>) -> Result<Vec<Line>, Failure> {
    let mut lines = supervision(case)?;
    lines.extend(representative(case)?);
    lines.extend(levy(case)?);
    lines.extend(faster_answers(case)?);
    for obligation in &case.obligations {
        lines.extend(effort(case, obligation)?);
        if let Some(demands) = &obligation.demands {
            lines.extend(texts(case, obligation, demands)?);
        }
    }
    Ok(lines)
}

/// A fee for every sector of the product that is supervised.
fn supervision(case: &Case<Vectors>) -> Result<Vec<Line>, Overflow> {
    let Case { facts, params, settings, .. } = case;
    let fee = settings.range.around(params.fee)?;
    let sectors = facts.sectors.0.iter().filter(|sector| params.supervised.contains(sector));
    let line = |sector: &String| {
        let label = format!("supervision {sector}");
        Line::once(label, fee).used(&[&facts.sectors, &params.supervised, &params.fee])
    };
    Ok(sectors.map(line).collect())
}

/// Where the authority is abroad.
fn representative(case: &Case<Vectors>) -> Result<Option<Line>, Overflow> {
    let Case { facts, params, settings, .. } = case;
    if facts.home.0 == params.authority.0 {
        return Ok(None);
    }
    let line = Line::yearly("représentant · 代表", settings.range.around(params.fee)?);
    Ok(Some(line.used(&[&facts.home, &params.authority, &params.fee])))
}

/// A part of the revenue, half of it for small companies, none for new ones, and never more than the cap.
fn levy(case: &Case<Vectors>) -> Result<Option<Line>, Failure> {
    let Case { facts, params, .. } = case;
    let Some(rate) = params.levy_rate.given() else { return Ok(None) };
    let from = params.levy_from.given();
    let registered = from.as_ref().map(|_| facts.registered.required()).transpose()?;
    if let (Some(from), Some(registered)) = (&from, &registered)
        && **registered >= **from
    {
        return Ok(None);
    }
    let revenue = facts.revenue.required()?;
    let part = if *facts.sme { 2 } else { 1 };
    let cap = params.levy_cap.given();
    let levied = (revenue * rate / part).amount()?;
    let levied = cap.as_ref().map_or(levied, |cap| levied.min(**cap));
    Ok(Some(Line::yearly("levy", Spread::certain(levied)).used(&[
        &revenue,
        &rate,
        &facts.sme,
        &from,
        &registered,
        &cap,
    ])))
}

/// An agent for that part of the time that must be saved.
fn faster_answers(case: &Case<Vectors>) -> Result<Option<Line>, Failure> {
    let Case { facts, params, settings, .. } = case;
    let Some(today) = facts.answers_within.given() else { return Ok(None) };
    let deadline = params.deadline;
    if today.unit != deadline.unit {
        return Err(Failure::refused(format!("cannot compare {} with {}", shown(*today), shown(*deadline))));
    }
    if today.n <= deadline.n {
        return Ok(None);
    }
    let (today_n, deadline_n) = (i64::from(today.n), i64::from(deadline.n));
    let part = Count(today_n - deadline_n) / today_n;
    let line = Line::once("faster answers", settings.range.around(params.wage * part)?);
    Ok(Some(line.used(&[&today, &deadline, &params.wage])))
}

fn shown(period: Period) -> String {
    let unit = match period.unit {
        TimeUnit::Hour => "hour",
        TimeUnit::Day => "day",
        TimeUnit::BusinessDay => "business-day",
        TimeUnit::Week => "week",
        TimeUnit::Month => "month",
        TimeUnit::Year => "year",
    };
    format!("{} {unit}", period.n)
}

/// Priced effort, passed on: in full, less what a programme saves, or with a service's overhead.
fn effort(case: &Case<Vectors>, obligation: &Obligation<Demands, Known>) -> Result<Vec<Line>, Failure> {
    let Case { facts, params, choices, settings, .. } = case;
    match obligation.known {
        Some(Known::BreachNotice) => {
            let (maturity, saves) = (facts.maturity.required()?, params.saves.required()?);
            share(maturity, "company.privacy_maturity")?;
            share(saves, "programme_saves")?;
            Ok(obligation.effort_less(&Saved { parts: &[maturity], once: saves, yearly: saves })?)
        }
        Some(Known::ComplaintsOfficer) => {
            let factor = match *choices.desk {
                Desk::InHouse => Exact::ONE,
                Desk::Outsourced => settings.with_overhead(1),
            };
            let dearer = |line: Line| {
                let cost = line.cost.amount.times(factor)?.into();
                Ok(Line { cost, ..line }.used(&[&choices.desk]))
            };
            obligation.priced_effort().map(dearer).collect()
        }
        None => Ok(obligation.priced_effort().collect()),
    }
}

/// A text that the law requires, in every language it requires it in.
fn texts(
    case: &Case<Vectors>,
    obligation: &Obligation<Demands, Known>,
    demands: &Demands,
) -> Result<Vec<Line>, Failure> {
    let Case { params, choices, settings, .. } = case;
    let certified = demands.certified.given();
    let times = if certified.as_deref() == Some(&true) { 2 } else { 1 };
    let mode = match *choices.translation {
        Translation::Human => Ratio::ONE,
        Translation::PostEdit => settings.post_edit.unwrap_or(Ratio::ONE),
    };
    let line = |language: &String| {
        let levels = settings.levels.as_ref();
        let level = levels.and_then(|levels| levels.get(language)).copied().unwrap_or(Ratio::ONE);
        let price = settings.range.around(params.text_price * level * mode)?;
        let cost = Cost::count(demands.characters * times / 1_000, THOUSAND_CHARACTERS, price)?;
        Ok(Line::once(format!("text {language}"), cost).of(obligation).used(&[
            &demands.languages,
            &demands.characters,
            &certified,
            &params.text_price,
            &choices.translation,
        ]))
    };
    demands.languages.0.iter().map(line).collect()
}
