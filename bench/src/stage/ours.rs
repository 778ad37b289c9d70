//! Landfall's side: the plugin as a host loads it, and a call as a host makes it.

use std::{fs, sync::Arc};

use landfall::{
    id::Stage,
    money::{Amount, Currency, Spread as Amounts},
    plugin::{
        self, Cadence as Often, Case, CaseObligation, CaseValue, Compiler, Engine, Estimate, Ground, Limits,
        Plugin, Warm,
    },
    state,
};

use super::given::{Cadence, Duty, Given, Line, Quantity, Spread};
use crate::{failed::Failed, setting::Setting};

/// The plugin with its case.
pub(super) struct Ours {
    plugin: Plugin,
    case: Case,
}

impl Ours {
    /// As a host does: compiled in a child process, loaded into the pooling engine under the limits nobody changed.
    pub(super) fn load(setting: &Setting, given: &Given) -> Result<Self, Failed> {
        let cache = setting.target.join("bench").join("compiled");
        state::private_folder(&cache).map_err(Failed::new)?;
        let engine = Engine::new(Limits::default()).map_err(Failed::new)?;
        let program = Compiler::this_program().map_err(Failed::new)?;
        let compiler = Compiler::new(program, &cache).map_err(Failed::new)?;
        let path = setting.plugins().join("lgpd.wasm");
        let wasm = fs::read(&path).map_err(Failed::io("read", &path))?;
        let artifact = compiler.compile(&engine, "lgpd.wasm", &wasm).map_err(Failed::new)?;
        let plugin = plugin::load(&engine, &artifact).map_err(Failed::new)?;
        let case = case(&plugin, given)?;
        Ok(Self { plugin, case })
    }

    pub(super) fn case(&self) -> &Case {
        &self.case
    }

    /// A fresh sandbox, all limits, everything that comes back checked.
    pub(super) fn call(&self) -> Result<Estimate, Failed> {
        self.plugin.estimate(&self.case).map_err(Failed::new)
    }

    pub(super) fn ask(&self) -> Result<Vec<Line>, Failed> {
        self.lines(&self.call()?)
    }

    /// One instance for many calls, which no host has.
    pub(super) fn warm(&self) -> Result<Again<'_>, Failed> {
        Ok(Again { ours: self, instance: self.plugin.warm().map_err(Failed::new)? })
    }

    fn lines(&self, estimate: &Estimate) -> Result<Vec<Line>, Failed> {
        estimate.lines.iter().map(|line| self.line(line)).collect()
    }

    fn line(&self, line: &plugin::Line) -> Result<Line, Failed> {
        let description = &self.plugin.description;
        let name = |ground: &Ground| match *ground {
            Ground::Fact(at) => Some(description.facts.get(at as usize)?.name.clone()),
            Ground::Param(at) => Some(format!("param.{}", description.params.get(at as usize)?.name)),
            Ground::Choice(_) | Ground::Demand(_) => None,
        };
        let used: Option<Vec<String>> = line.used.iter().map(name).collect();
        Ok(Line {
            obligation: line.obligation.ok_or_else(|| Failed::new("a line of no obligation"))?,
            label: line.label.clone(),
            cadence: match line.cadence {
                Often::Once => Cadence::Once,
                Often::Yearly => Cadence::Yearly,
            },
            amount: spread(line.amount),
            used: used.ok_or_else(|| Failed::new("a line that rests on nothing that is known"))?,
            quantity: line.quantity.as_ref().map(|quantity| Quantity {
                count: quantity.count,
                unit: quantity.unit.clone(),
                price: spread(quantity.price),
            }),
        })
    }
}

/// An instance that is kept. A plugin frees nothing: when its memory is full there is another.
pub(super) struct Again<'p> {
    ours: &'p Ours,
    instance: Warm<'p>,
}

impl Again<'_> {
    pub(super) fn call(&mut self) -> Result<Estimate, Failed> {
        if let Ok(estimate) = self.instance.estimate(&self.ours.case) {
            return Ok(estimate);
        }
        self.instance = self.ours.plugin.warm().map_err(Failed::new)?;
        self.instance.estimate(&self.ours.case).map_err(Failed::new)
    }
}

fn spread(amount: Amounts) -> Spread {
    Spread { low: amount.low.0, likely: amount.likely.0, high: amount.high.0 }
}

/// By the names that the plugin declares.
fn case(plugin: &Plugin, given: &Given) -> Result<Case, Failed> {
    let description = &plugin.description;
    let set = |members: &[&str]| CaseValue::Set(members.iter().map(|member| Arc::from(*member)).collect());
    let value = |name: &str| {
        Ok(match name {
            "company.privacy_maturity" => CaseValue::Ratio(given.maturity),
            "market.users" => CaseValue::Count(given.users),
            "market.transfer_destinations" => set(&given.destinations),
            "programme_reuse" => CaseValue::Ratio(given.reuse),
            "programme_saves_once" => CaseValue::Ratio(given.saves_once),
            "programme_saves_yearly" => CaseValue::Ratio(given.saves_yearly),
            "requests_per_million" => CaseValue::Count(given.per_million),
            "request_price_per_1000" => CaseValue::Money(Amount(given.request_price)),
            "adequate_countries" => set(&given.adequate),
            "transfer_clauses" => CaseValue::Money(Amount(given.clauses)),
            "transfer_publication" => CaseValue::Money(Amount(given.publication)),
            other => return Err(Failed(format!("the plugin needs {other}, which the case does not have"))),
        })
    };
    let values = |needs: &[plugin::Need]| -> Result<Vec<CaseValue>, Failed> {
        needs.iter().map(|need| value(&need.name)).collect()
    };
    let known = |duty: &Duty| {
        let at = |id: &str| description.knows.iter().position(|known| known.as_str() == id);
        duty.known.and_then(at).and_then(|at| u32::try_from(at).ok())
    };
    let amounts = |spread: Spread| Amounts {
        low: Amount(spread.low),
        likely: Amount(spread.likely),
        high: Amount(spread.high),
    };
    let obligations = given.obligations.iter().map(|duty| CaseObligation {
        known: known(duty),
        once: duty.once.map(amounts),
        yearly: duty.yearly.map(amounts),
        demands: Vec::new(),
    });
    Ok(Case {
        stage: Stage::Compliance,
        currency: Currency::parse("BRL").map_err(Failed::new)?,
        facts: values(&description.facts)?,
        params: values(&description.params)?,
        choices: Vec::new(),
        obligations: obligations.collect(),
        settings: "{}".into(),
    })
}
