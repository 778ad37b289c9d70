//! Calls to plugins within one query: counted, and each distinct case asked once.
//!
//! A plugin is a pure function of its case. So [`Calls`] remembers what was answered, for the query and, where one
//! is asked after another, beyond it; [`Memo`] shares that between threads. What is remembered changes no answer
//! and no budget: a query pays for each distinct case as if it were the first to ask.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::{BuildHasher as _, Hash, Hasher},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Budget, OverBudget};
use crate::{
    id::Digest,
    plugin::{CallError, Case, Engine, Estimate, Plugin},
};

/// Most that is remembered on one thread beyond a query, in lines and answers: some ten megabytes.
const MOST_HELD: usize = 60_000;
/// Parts of a memo, each with a lock of its own. Arbitrary: many times the threads of a machine.
const SHARDS: usize = 32;

type Answered = Result<Arc<Estimate>, CallError>;

/// What was asked, with its hash: it is looked up in several tables, and long.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    hash: u64,
    plugin: Digest,
    case: Case,
}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// What one query has asked plugins so far.
#[derive(Debug)]
pub struct Calls<'g> {
    engine: &'g Engine,
    budget: Budget,
    /// What makes enumerating options cheap: most plugins do not read most choices. With the query that asked last.
    answered: HashMap<Arc<Asked>, (Answered, u64)>,
    /// The lines and answers of it.
    held: usize,
    /// Where else an answer may be known.
    memo: Option<&'g Memo>,
    /// Which query it is.
    query: u64,
    spent: Spent,
    /// Those that were answered from here among them.
    asked: u64,
    /// What hashes cases; the same for all that share.
    hasher: RandomState,
    /// What was paid for, in order, where somebody else pays for it too.
    paid: Option<Vec<Receipt>>,
    /// What is asked, where somebody wants to ask it again.
    noted: Option<Vec<Receipt>>,
}

/// A case that was asked, with its answer: with it the same is asked again without making the case.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    key: Arc<Asked>,
    pub(super) answer: Answered,
    /// What it may have burnt if it failed.
    most_fuel: u64,
}

impl Receipt {
    /// Whether asking again would get the same, also in another query.
    pub(super) fn is_lasting(&self) -> bool {
        is_lasting(&self.answer)
    }
}

/// What of its budget a query has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    made: u64,
    fuel: u64,
    lines: usize,
}

impl<'g> Calls<'g> {
    /// None yet.
    #[must_use]
    pub fn new(engine: &'g Engine) -> Self {
        Self::within(engine, Budget::default())
    }

    /// The same with less, or more, to spend.
    pub(super) fn within(engine: &'g Engine, budget: Budget) -> Self {
        Self {
            engine,
            budget,
            answered: HashMap::new(),
            held: 0,
            memo: None,
            query: 0,
            spent: Spent::default(),
            asked: 0,
            hasher: RandomState::new(),
            paid: None,
            noted: None,
        }
    }

    /// What parts of a query share that are computed at the same time.
    pub(super) fn memo_of_parts(&self) -> Memo {
        Memo { hasher: self.hasher.clone(), ..Memo::default() }
    }

    /// For one of several parts of a query that are computed at the same time. What it spends is taken in afterwards
    /// by [`Self::join`].
    pub(super) fn part<'m>(&self, memo: &'m Memo) -> Calls<'m>
    where
        'g: 'm,
    {
        Calls { paid: Some(Vec::new()), ..Calls::within(self.engine, self.budget).sharing(memo) }
    }

    /// Takes in what a part has spent since it was last taken in, as if everything had been asked here: parts that are
    /// taken in in their order spend what they would have spent one after the other.
    ///
    /// # Errors
    /// The query's budget is used up.
    pub(super) fn join(&mut self, part: &mut Calls<'_>) -> Result<(), OverBudget> {
        self.asked = self.asked.saturating_add(std::mem::take(&mut part.asked));
        for Receipt { key, answer, most_fuel } in part.paid.iter_mut().flat_map(std::mem::take) {
            if self.answered.get(&key).is_some_and(|(_, query)| *query == self.query) {
                continue;
            }
            self.spent.calls(self.budget)?;
            self.spent.answer(&answer, most_fuel, self.budget)?;
            self.held += weight(&answer);
            self.answered.insert(key, (answer, self.query));
        }
        Ok(())
    }

    /// The same, with what others have asked before.
    #[must_use]
    pub fn sharing(self, memo: &'g Memo) -> Self {
        Self { memo: Some(memo), hasher: memo.hasher.clone(), ..self }
    }

    /// Begins another query, of which a part was asked before at that expense.
    pub fn begin(&mut self, spent: Spent) {
        self.query += 1;
        self.spent = spent;
        if self.held > MOST_HELD {
            self.answered.clear();
            self.held = 0;
        }
    }

    /// What this query has used so far.
    #[must_use]
    pub const fn spent(&self) -> Spent {
        self.spent
    }

    /// Counts what is known without asking.
    pub(super) const fn count(&mut self, asked: u64) {
        self.asked = self.asked.saturating_add(asked);
    }

    /// Pays for the same again; `paid` is the query that last paid for all of it.
    ///
    /// # Errors
    /// The query's budget is used up.
    pub(super) fn again(&mut self, receipts: &[Receipt], paid: &AtomicU64) -> Result<(), OverBudget> {
        if let Some(noted) = &mut self.noted {
            noted.extend(receipts.iter().cloned());
        }
        // Only one thread at a time has the market that this belongs to.
        if paid.load(Ordering::Relaxed) == self.query {
            return Ok(());
        }
        for Receipt { key, answer, most_fuel } in receipts {
            if self.answered.get(key).is_none_or(|(_, query)| *query != self.query) {
                self.spent.calls(self.budget)?;
                self.pay(Arc::clone(key), answer, *most_fuel)?;
            }
        }
        paid.store(self.query, Ordering::Relaxed);
        Ok(())
    }

    /// Which query it is.
    pub(super) const fn query(&self) -> u64 {
        self.query
    }

    /// Notes from now on what is asked.
    pub(super) fn note(&mut self) {
        self.noted = Some(Vec::new());
    }

    /// What was asked since, each once; notes no more.
    pub(super) fn noted(&mut self) -> Vec<Receipt> {
        let mut seen = HashSet::new();
        let mut noted = self.noted.take().unwrap_or_default();
        noted.retain(|receipt| seen.insert(Arc::clone(&receipt.key)));
        noted
    }

    /// How often anything was asked: a measure of the work, also where no plugin had to be called.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.asked
    }

    /// A plugin's answer to a case.
    ///
    /// # Errors
    /// The outer one where the query's budget is used up; the inner one is the plugin's.
    pub(super) fn ask(&mut self, plugin: &Plugin, case: Case) -> Result<Receipt, OverBudget> {
        let receipt = self.receipt(plugin, case)?;
        if let Some(noted) = &mut self.noted {
            noted.push(receipt.clone());
        }
        Ok(receipt)
    }

    fn receipt(&mut self, plugin: &Plugin, case: Case) -> Result<Receipt, OverBudget> {
        let hash = self.hasher.hash_one((&plugin.digest, &case));
        let key = Asked { hash, plugin: plugin.digest, case };
        self.asked = self.asked.saturating_add(1);
        let limits = self.engine.limits_of(plugin.description.id.as_str());
        let most_fuel = limits.call.fuel;
        let held = self.answered.get_key_value(&key).map(|(key, (answer, query))| (key, answer, *query));
        match held {
            Some((key, answer, query)) if query == self.query => {
                return Ok(Receipt { key: Arc::clone(key), answer: answer.clone(), most_fuel });
            }
            // What may pass is asked again by the next query.
            Some((key, answer, _)) if is_lasting(answer) => {
                let (key, answer) = (Arc::clone(key), answer.clone());
                self.spent.calls(self.budget)?;
                self.pay(Arc::clone(&key), &answer, most_fuel)?;
                return Ok(Receipt { key, answer, most_fuel });
            }
            _ => {}
        }
        self.spent.calls(self.budget)?;
        let known = self.memo.and_then(|memo| memo.find(&key));
        let is_known = known.is_some();
        let answer = known.unwrap_or_else(|| plugin.estimate_under(limits, &key.case).map(Arc::new));
        let key = Arc::new(key);
        if let Some(memo) = self.memo.filter(|_| !is_known) {
            memo.keep(Arc::clone(&key), &answer);
        }
        self.held += weight(&answer);
        self.pay(Arc::clone(&key), &answer, most_fuel)?;
        Ok(Receipt { key, answer, most_fuel })
    }

    /// Takes in what an answer took, the first time that this query asks for it.
    fn pay(&mut self, key: Arc<Asked>, answer: &Answered, most_fuel: u64) -> Result<(), OverBudget> {
        if let Some(paid) = &mut self.paid {
            paid.push(Receipt { key: Arc::clone(&key), answer: answer.clone(), most_fuel });
        }
        self.answered.insert(key, (answer.clone(), self.query));
        self.spent.answer(answer, most_fuel, self.budget)
    }
}

impl Spent {
    fn calls(&mut self, budget: Budget) -> Result<(), OverBudget> {
        self.made += 1;
        if self.made > budget.calls { Err(OverBudget::Calls) } else { Ok(()) }
    }

    fn answer(&mut self, answer: &Answered, all_fuel: u64, budget: Budget) -> Result<(), OverBudget> {
        self.lines += answer.as_ref().map_or(0, |estimate| estimate.lines.len());
        if self.lines > budget.lines {
            return Err(OverBudget::Lines);
        }
        // A call that failed may have burnt all it was allowed.
        let burnt = answer.as_ref().map_or(all_fuel, |estimate| estimate.used.fuel);
        self.fuel = self.fuel.saturating_add(burnt);
        if self.fuel > budget.fuel { Err(OverBudget::Fuel) } else { Ok(()) }
    }
}

/// Whether asking again would get the same.
fn is_lasting(answer: &Answered) -> bool {
    answer.as_ref().map_or_else(|error| !error.is_retryable(), |_| true)
}

fn weight(answer: &Answered) -> usize {
    1 + answer.as_ref().map_or(0, |estimate| estimate.lines.len())
}

/// What plugins answered, shared between threads and bounded. Each thread asks it only for what it has not
/// seen itself, so nobody waits here for what everybody asks all the time.
#[derive(Debug, Default)]
pub struct Memo {
    shards: [Mutex<Shard>; SHARDS],
    /// Whoever shares it hashes with this.
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    answered: HashMap<Arc<Asked>, Answered>,
    held: usize,
}

impl Memo {
    fn shard(&self, key: &Asked) -> &Mutex<Shard> {
        let place = usize::try_from(key.hash % SHARDS as u64).unwrap_or_default();
        let [first, ..] = &self.shards;
        self.shards.get(place).unwrap_or(first)
    }

    fn find(&self, key: &Asked) -> Option<Answered> {
        self.shard(key).lock().unwrap_or_else(PoisonError::into_inner).answered.get(key).cloned()
    }

    fn keep(&self, key: Arc<Asked>, answer: &Answered) {
        if !is_lasting(answer) {
            return;
        }
        let mut shard = self.shard(&key).lock().unwrap_or_else(PoisonError::into_inner);
        if shard.held > MOST_HELD / SHARDS {
            *shard = Shard::default();
        }
        shard.held += weight(answer);
        shard.answered.insert(key, answer.clone());
    }
}
