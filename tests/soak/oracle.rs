//! What an answer must be. It names what it rests on by digest; from exactly these contents follows what each
//! market costs, and J. And whatever names one generation must say one thing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use serde_json::Value;

use crate::contents::{Amount, Contents, FLEETING, Plugin};

/// A question, with the weights as they stand in it.
#[derive(Debug)]
pub(crate) struct Question {
    /// What it asks.
    pub(crate) text: String,
    weights: BTreeMap<&'static str, Amount>,
}

impl Question {
    /// Markets with weights in tenths.
    pub(crate) fn new(title: &str, years: u32, markets: &[(&'static str, Amount)]) -> Self {
        let mut text = format!(
            "schema: landfall/strategy@1\ntitle: {title}\nas_of: 2026-11-23\ncurrency: CNY\nhorizon_years: {years}\n\
             discount: 0%\nweight_means: priority\nmarkets:\n"
        );
        for (market, tenths) in markets {
            text.push_str(&format!("  {market}: {{weight: {}.{}}}\n", tenths / 10, tenths % 10));
        }
        Self { text, weights: markets.iter().copied().collect() }
    }

    /// Whether it asks of what is not always there.
    pub(crate) fn names_the_fleeting(&self) -> bool {
        self.weights.contains_key(FLEETING)
    }
}

/// What was seen, to hold the next against.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// By digest of the generation and market: what it rested on.
    closures: Mutex<HashMap<(String, String), String>>,
    /// By digest of the generation and question: the digest of the answer.
    answers: Mutex<HashMap<(String, usize), String>>,
    /// By number: the digest of the generation.
    numbers: Mutex<BTreeMap<u64, String>>,
}

/// What an answer said of itself.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The number of its generation.
    pub(crate) number: u64,
    /// Whether it has a J.
    pub(crate) complete: bool,
}

impl Seen {
    /// Holds an answer against its contents and against everything seen before.
    pub(crate) fn check(
        &self,
        contents: &Contents,
        index: usize,
        question: &Question,
        body: &str,
    ) -> Result<Checked, String> {
        let json: Value = serde_json::from_str(body).map_err(|error| format!("no JSON: {error}"))?;
        let generation = text(&json["served"]["generation"])?;
        let number = json["served"]["number"].as_u64().ok_or("no number")?;
        once(&self.numbers, number, &generation, "two generations have the number")?;
        let (answer, _) = body.split_once("\"receipt\":").ok_or("no receipt")?;
        let of = crate::contents::digest(answer.as_bytes());
        once(&self.answers, (generation.clone(), index), &of, "two answers from one generation")?;
        let answer = &json["answer"];
        for market in answer["markets"].as_array().ok_or("no markets")? {
            let key = (generation.clone(), text(&market["id"])?);
            once(&self.closures, key, &market["closure"].to_string(), "two closures in one generation")?;
        }
        let complete = worth(contents, question, answer)?;
        Ok(Checked { number, complete })
    }

    /// The numbers and digests of all generations that ever answered.
    pub(crate) fn generations(&self) -> BTreeMap<u64, String> {
        self.numbers.lock().unwrap().clone()
    }
}

/// One key, one value, for ever.
fn once<K, M>(seen: &Mutex<M>, key: K, value: &str, what: &str) -> Result<(), String>
where
    K: std::fmt::Debug + Clone,
    M: Remember<K>,
{
    match seen.lock().unwrap().remember(key.clone(), value) {
        Some(before) if before != value => Err(format!("{what} {key:?}:\n  {before}\n  {value}")),
        _ => Ok(()),
    }
}

/// Keeps the first value of a key, and returns it.
trait Remember<K> {
    fn remember(&mut self, key: K, value: &str) -> Option<String>;
}

impl<K: Eq + std::hash::Hash> Remember<K> for HashMap<K, String> {
    fn remember(&mut self, key: K, value: &str) -> Option<String> {
        Some(self.entry(key).or_insert_with(|| value.to_owned()).clone())
    }
}

impl<K: Ord> Remember<K> for BTreeMap<K, String> {
    fn remember(&mut self, key: K, value: &str) -> Option<String> {
        Some(self.entry(key).or_insert_with(|| value.to_owned()).clone())
    }
}

/// Whether every market, and J, is what the contents make it. Returns whether there is a J.
fn worth(contents: &Contents, question: &Question, answer: &Value) -> Result<bool, String> {
    let markets = answer["markets"].as_array().ok_or("no markets")?;
    let named: Vec<&str> = markets.iter().filter_map(|market| market["id"].as_str()).collect();
    if !named.iter().eq(question.weights.keys()) {
        return Err(format!("asked of {:?}, answered of {named:?}", question.weights.keys()));
    }
    let (mut objective, mut spend, mut complete) = (0, 0, true);
    for market in markets {
        let id = text(&market["id"])?;
        match expected(contents, &id, &market["closure"])? {
            Some(lines) => {
                let tenths = question.weights[id.as_str()];
                let total: Amount = lines.iter().sum();
                // A line is rounded at its weight, and a sum never is.
                let weighted: Amount = lines.iter().map(|line| tenth(line * tenths)).sum();
                equal(&format!("the total of {id}"), &market["total"], total)?;
                equal(&format!("the weighted total of {id}"), &market["weighted"], weighted)?;
                is(&format!("the status of {id}"), &market["status"], "complete")?;
                objective += weighted;
                spend += total;
            }
            None => {
                is(&format!("the status of {id}"), &market["status"], "incomplete")?;
                complete = false;
            }
        }
    }
    if complete {
        is("the status", &answer["status"], "complete")?;
        equal("J", &answer["objective"], objective)?;
        equal("the spend", &answer["spend"], spend)?;
    } else {
        is("the status", &answer["status"], "incomplete")?;
        if !answer["objective"].is_null() {
            return Err("there is a J, though a market is incomplete".to_owned());
        }
    }
    Ok(complete)
}

/// Half to even.
fn tenth(amount: Amount) -> Amount {
    let (whole, rest) = (amount / 10, amount % 10);
    if rest > 5 || (rest == 5 && whole % 2 == 1) { whole + 1 } else { whole }
}

/// What a market costs by the contents it rests on, line by line; none where it must be incomplete.
fn expected(contents: &Contents, id: &str, closure: &Value) -> Result<Option<Vec<Amount>>, String> {
    let rules = closure["rules"].as_object().ok_or("no closure")?;
    let plugins = closure["plugins"].as_object().ok_or("no closure")?;
    if rules.is_empty() && id == FLEETING {
        return Ok(None);
    }
    let own = format!("{id}.yaml");
    let whole = rules.len() == 2 && rules.contains_key(&own) && rules.contains_key("global.yaml");
    if !whole || !plugins.keys().eq(["fixed-cost", "steady"].iter()) {
        return Err(format!("{id} rests on {closure}"));
    }
    let (mut lines, mut steady) = (Vec::new(), 0);
    for (file, digest) in rules {
        let rules = contents.rules(&text(digest)?).map_err(|why| format!("{id} {why} (as {file})"))?;
        lines.extend(rules.stated);
        steady += rules.steady;
    }
    let plugin =
        |name: &str| contents.plugin(&text(&plugins[name])?).map_err(|why| format!("{id} {why} (as {name})"));
    match (plugin("fixed-cost")?, plugin("steady")?) {
        (Plugin::Fixed, Plugin::Adds(amount)) => {
            lines.extend(std::iter::repeat_n(amount, steady));
            Ok(Some(lines))
        }
        (Plugin::Fixed, Plugin::Fails) => Ok(None),
        other => Err(format!("{id} rests on plugins of other names: {other:?}")),
    }
}

/// Low, likely and high alike: nothing here is uncertain.
fn equal(what: &str, spread: &Value, expected: Amount) -> Result<(), String> {
    let expected = format!("{}.{:04}", expected / 10_000, expected % 10_000);
    ["low", "likely", "high"].iter().try_for_each(|member| is(what, &spread[member], &expected))
}

fn is(what: &str, found: &Value, expected: &str) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what} is {found}, and must be {expected}")),
    }
}

fn text(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no text"))
}
