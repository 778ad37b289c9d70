//! The WebAssembly side: the way from the bindings to our types and back.
//!
//! Only compiled for `wasm32`. Public for what [`export!`](crate::export) expands to; not for authors.

use std::{marker::PhantomData, panic, sync::Once};

use crate::{
    Amount, Cadence, Choices, Cost, Failure, Ground, Knows, Line, Need, Needs, Plugin, Settings, Spread,
    Stage, Value, ValueType, Volume,
    case::{self, RawCase, RawObligation},
    log, value,
};

use crate::bindings::{
    exports::landfall::stage::guest::Guest,
    landfall::stage::{host, types as wire},
};

/// A [`Plugin`] as the world's guest.
#[derive(Debug)]
pub struct Exported<P>(PhantomData<P>);

impl<P: Plugin> Guest for Exported<P> {
    fn describe() -> wire::Description {
        report_panics();
        description::<P>()
    }

    fn estimate(case: wire::Case) -> Result<Vec<wire::LineItem>, wire::Failure> {
        report_panics();
        match case::answer::<P>(case.into()) {
            Ok(lines) => Ok(lines.into_iter().map(Into::into).collect()),
            Err(failure) => Err(failure.into()),
        }
    }
}

/// A panic ends in a trap, which has no message; the log has it.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| panic::set_hook(Box::new(|info| log::error(&info.to_string()))));
}

pub(crate) fn send(level: log::Level, message: &str) {
    let level = match level {
        log::Level::Debug => host::Level::Debug,
        log::Level::Info => host::Level::Info,
        log::Level::Warn => host::Level::Warn,
        log::Level::Error => host::Level::Error,
    };
    host::log(level, message);
}

fn description<P: Plugin>() -> wire::Description {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    wire::Description {
        id: P::ABOUT.id.to_owned(),
        version: P::ABOUT.version.to_owned(),
        summary: P::ABOUT.summary.to_owned(),
        stages: P::ABOUT.stages.iter().map(|stage| (*stage).into()).collect(),
        facts: needs(P::Facts::NEEDS),
        params: needs(P::Params::NEEDS),
        demands: needs(P::Demands::NEEDS),
        choices: P::Choices::CHOICES
            .iter()
            .map(|(id, options)| wire::Choice { id: (*id).to_owned(), options: owned(options) })
            .collect(),
        knows: owned(P::Knows::IDS),
        separable: P::ABOUT.separable,
        settings_schema: Some(P::Settings::SCHEMA.to_owned()),
    }
}

fn needs(needs: &[Need]) -> Vec<wire::Need> {
    let need = |need: &Need| wire::Need {
        name: need.name.to_owned(),
        value_type: need.value_type.into(),
        required: need.required,
    };
    needs.iter().map(need).collect()
}

macro_rules! same_names {
    ($($from:ty => $to:ty { $($variant:ident),* $(,)? })*) => { $(
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value { $(<$from>::$variant => Self::$variant),* }
            }
        }
    )* };
}
same_names! {
    Stage => wire::Stage { MarketSelection, DataAdaptation, Compliance, Culture, Output }
    wire::Stage => Stage { MarketSelection, DataAdaptation, Compliance, Culture, Output }
    ValueType => wire::ValueType { Flag, Count, Ratio, Money, Text, OneOf, Set, Date, Period }
    wire::TimeUnit => value::TimeUnit { Hour, Day, BusinessDay, Week, Month, Year }
    Cadence => wire::Cadence { Once, Yearly }
}

impl From<wire::Case> for RawCase {
    fn from(case: wire::Case) -> Self {
        Self {
            stage: case.stage.into(),
            currency: case.currency,
            facts: case.facts.into_iter().map(Into::into).collect(),
            params: case.params.into_iter().map(Into::into).collect(),
            choices: case.choices,
            obligations: case.obligations.into_iter().map(Into::into).collect(),
            settings: case.settings,
        }
    }
}

impl From<wire::Obligation> for RawObligation {
    fn from(obligation: wire::Obligation) -> Self {
        Self {
            known: obligation.known,
            once: obligation.once.map(Into::into),
            yearly: obligation.yearly.map(Into::into),
            demands: obligation.demands.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<wire::Value> for Value {
    fn from(value: wire::Value) -> Self {
        match value {
            wire::Value::Missing => Self::Missing,
            wire::Value::Flag(flag) => Self::Flag(flag),
            wire::Value::Count(count) => Self::Count(count),
            wire::Value::Ratio(ratio) => Self::Ratio(ratio),
            wire::Value::Money(money) => Self::Money(money),
            wire::Value::Text(text) => Self::Text(text),
            wire::Value::Set(set) => Self::Set(set),
            wire::Value::Date(wire::Date { year, month, day }) => {
                Self::Date(value::Date { year, month, day })
            }
            wire::Value::Period(wire::Period { n, unit }) => {
                Self::Period(value::Period { n, unit: unit.into() })
            }
        }
    }
}

impl From<wire::Spread> for Spread {
    fn from(spread: wire::Spread) -> Self {
        Self { low: Amount(spread.low), likely: Amount(spread.likely), high: Amount(spread.high) }
    }
}

impl From<Spread> for wire::Spread {
    fn from(spread: Spread) -> Self {
        Self { low: spread.low.0, likely: spread.likely.0, high: spread.high.0 }
    }
}

impl From<Line> for wire::LineItem {
    fn from(line: Line) -> Self {
        let Cost { amount, quantity } = line.cost;
        Self {
            obligation: line.obligation,
            label: line.label,
            cadence: line.cadence.into(),
            amount: amount.into(),
            used: line.used.into_iter().map(Into::into).collect(),
            quantity: quantity.map(|quantity| {
                let Volume(count) = quantity.count;
                wire::Quantity { count, unit: quantity.unit.to_owned(), price: quantity.price.into() }
            }),
        }
    }
}

impl From<Ground> for wire::Ground {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::Fact(at) => Self::Fact(at),
            Ground::Param(at) => Self::Param(at),
            Ground::Choice(at) => Self::Choice(at),
            Ground::Demand(at) => Self::Demand(at),
        }
    }
}

impl From<Failure> for wire::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NeedsFact(at) => Self::NeedsFact(at),
            Failure::NeedsParam(at) => Self::NeedsParam(at),
            Failure::Refused(reason) => Self::Refused(reason),
        }
    }
}
