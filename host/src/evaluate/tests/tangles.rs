//! Choices that hang together at random: beside a brute force, and beside what is learnt later.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use proptest::prelude::*;

use super::{laws::units, *};
use crate::{
    protocol::{Answer, Status},
    reload::Published,
    testing::{answer, country, plugins},
};

/// What a market's choices cost, at random.
#[derive(Debug, Clone)]
struct Tangle {
    /// How many options each choice has.
    choices: Vec<usize>,
    duties: Vec<Duty>,
    /// What an option asks for, by choice and option.
    guards: BTreeMap<(usize, usize), Guard>,
    /// Whether every obligation costs as many times as there are obligations.
    crowded: bool,
    /// In ten-thousandths.
    weight: u32,
}

#[derive(Debug, Clone, Copy)]
enum Leaf {
    /// This choice has this option.
    Taken(usize, usize),
    /// This fact is so.
    Fact(usize, bool),
}

#[derive(Debug, Clone, Copy)]
enum Guard {
    Leaf(Leaf),
    /// This obligation does not apply.
    Untriggered(usize),
}

#[derive(Debug, Clone)]
struct Duty {
    /// Holds if all of these do.
    when: Vec<Leaf>,
    /// Its own choice; the cost is multiplied by the option's place and one.
    by: Option<usize>,
    /// Ten-thousandths: low, likely, high.
    cost: [u32; 3],
}

const FACTS: usize = 3;
const NAMES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
/// Not in alphabetical order, so that the written order is not that of the names.
const OPTIONS: [&str; 3] = ["tertius", "primus", "secundus"];

fn tangle() -> impl Strategy<Value = Tangle> {
    let choices = proptest::collection::vec(2..=3_usize, 1..=4);
    let weight = prop_oneof![Just(10_000), Just(25_000), Just(5_000), Just(3), Just(0), 1..30_000_u32];
    (choices, any::<bool>(), weight).prop_flat_map(|(choices, crowded, weight)| {
        let count = choices.len();
        let leaf = prop_oneof![
            (0..count, 0..3_usize).prop_map(|(choice, option)| Leaf::Taken(choice, option)),
            (0..FACTS, any::<bool>()).prop_map(|(fact, value)| Leaf::Fact(fact, value)),
        ];
        let condition = proptest::collection::vec(leaf.clone(), 0..3);
        let guard = prop_oneof![leaf.prop_map(Guard::Leaf), (0..5_usize).prop_map(Guard::Untriggered)];
        let guards = proptest::collection::btree_map((0..count, 0..3_usize), guard, 0..4);
        // Few amounts, so that there are ties.
        let amount = prop_oneof![0..9_u32, 0..9_u32, 0..20_000_u32, Just(1_000_000)];
        let cost = (amount.clone(), 0..3_u32, 0..3_u32)
            .prop_map(|(low, more, most)| [low, low + more, low + more + most]);
        let duty = (condition, proptest::option::of(0..count), cost).prop_map(|(when, by, cost)| Duty {
            when,
            by,
            cost,
        });
        (proptest::collection::vec(duty, 1..6), guards).prop_map(move |(duties, guards)| Tangle {
            choices: choices.clone(),
            duties,
            guards,
            crowded,
            weight,
        })
    })
}

impl Tangle {
    fn rules(&self) -> String {
        let mut text = "choices:\n".to_owned();
        for (choice, options) in self.choices.iter().enumerate() {
            let option = |option: usize| {
                let guard = self.guards.get(&(choice, option)).map(|guard| self.guard(*guard));
                let guard = guard
                    .map_or_else(String::new, |guard| format!("allowed_when: \"{guard}\", cite: \"law#2\""));
                format!("{}: {{{guard}}}", OPTIONS[option])
            };
            let options: Vec<_> = (0..*options).map(option).collect();
            writeln!(text, "  {}: {{options: {{{}}}}}", NAMES[choice], options.join(", ")).unwrap();
        }
        text += "obligations:\n";
        let euros = |amount: u32| format!("{}.{:04} EUR", amount / 10_000, amount % 10_000);
        for (index, duty) in self.duties.iter().enumerate() {
            let when: Vec<_> = duty.when.iter().map(|leaf| self.leaf(*leaf)).collect();
            let when = if when.is_empty() { "true".to_owned() } else { when.join(" && ") };
            let effort = |times: u32| {
                let [low, likely, high] = duty.cost.map(|cost| euros(cost * times));
                format!("{{once: {{fixed: {{low: {low}, likely: {likely}, high: {high}}}}}}}")
            };
            let effort = match duty.by {
                None => format!("effort: {}", effort(1)),
                Some(choice) => {
                    let options = (0..self.choices[choice])
                        .zip(1..)
                        .map(|(option, times)| format!("{}: {}", OPTIONS[option], effort(times)));
                    format!(
                        "choice: {}, options: {{{}}}",
                        NAMES[choice],
                        options.collect::<Vec<_>>().join(", ")
                    )
                }
            };
            writeln!(
                text,
                "  d{index}: {{title: t, cite: \"law#1\", confidence: high, when: \"{when}\", {effort}}}"
            )
            .unwrap();
        }
        text
    }

    fn leaf(&self, leaf: Leaf) -> String {
        match leaf {
            Leaf::Taken(choice, option) => {
                format!("choice.{} == '{}'", NAMES[choice], self.option(choice, option))
            }
            Leaf::Fact(fact, true) => format!("product.f{fact}"),
            Leaf::Fact(fact, false) => format!("!product.f{fact}"),
        }
    }

    fn guard(&self, guard: Guard) -> String {
        match guard {
            Guard::Leaf(leaf) => self.leaf(leaf),
            Guard::Untriggered(duty) => format!("!triggered('d{}')", duty % self.duties.len()),
        }
    }

    /// An option that the choice has.
    fn option(&self, choice: usize, option: usize) -> &'static str {
        OPTIONS[option % self.choices[choice]]
    }

    /// Every combination, in the written order: choices by name, options as written.
    fn combinations(&self) -> Vec<Vec<usize>> {
        let mut by_name: Vec<usize> = (0..self.choices.len()).collect();
        by_name.sort_by_key(|choice| NAMES[*choice]);
        let mut all = vec![vec![0; self.choices.len()]];
        for choice in by_name {
            all = all
                .into_iter()
                .flat_map(|taken| {
                    (0..self.choices[choice]).map(move |option| {
                        let mut taken = taken.clone();
                        taken[choice] = option;
                        taken
                    })
                })
                .collect();
        }
        all
    }

    fn holds(&self, leaf: Leaf, taken: &[usize], facts: [bool; FACTS]) -> bool {
        match leaf {
            Leaf::Taken(choice, option) => taken[choice] == option % self.choices[choice],
            Leaf::Fact(fact, value) => facts[fact] == value,
        }
    }

    fn applies(&self, duty: &Duty, taken: &[usize], facts: [bool; FACTS]) -> bool {
        duty.when.iter().all(|leaf| self.holds(*leaf, taken, facts))
    }

    fn is_allowed(&self, taken: &[usize], facts: [bool; FACTS]) -> bool {
        taken.iter().enumerate().all(|place| match self.guards.get(&(place.0, *place.1)) {
            None => true,
            Some(Guard::Leaf(leaf)) => self.holds(*leaf, taken, facts),
            Some(Guard::Untriggered(duty)) => {
                !self.applies(&self.duties[duty % self.duties.len()], taken, facts)
            }
        })
    }

    /// J of a combination, likely and high, and the same without weights.
    fn cost(&self, taken: &[usize], facts: [bool; FACTS]) -> [u64; 4] {
        let held: Vec<&Duty> = self.duties.iter().filter(|duty| self.applies(duty, taken, facts)).collect();
        let crowd = if self.crowded { held.len() as u64 } else { 1 };
        let lines = held.iter().map(|duty| {
            let times = duty.by.map_or(1, |choice| taken[choice] as u64 + 1) * crowd;
            let [_, likely, high] = duty.cost.map(|cost| u64::from(cost) * times);
            [self.weighed(likely), self.weighed(high), likely, high]
        });
        lines.fold([0; 4], |sum, line| std::array::from_fn(|i| sum[i] + line[i]))
    }

    /// Times the weight, half to even.
    fn weighed(&self, amount: u64) -> u64 {
        let (floor, rest) =
            (amount * u64::from(self.weight) / 10_000, amount * u64::from(self.weight) % 10_000);
        floor + u64::from(rest > 5_000 || (rest == 5_000 && floor % 2 == 1))
    }

    /// The least of the combinations that are allowed and admitted.
    fn least(
        &self,
        facts: [bool; FACTS],
        admit: impl Fn(&[usize]) -> bool,
    ) -> Option<(Vec<usize>, [u64; 4])> {
        let combinations = self.combinations().into_iter();
        let admitted = combinations.filter(|taken| self.is_allowed(taken, facts) && admit(taken));
        admitted.map(|taken| (taken.clone(), self.cost(&taken, facts))).min_by_key(|(_, cost)| *cost)
    }

    fn published(&self) -> Arc<Published> {
        let facts: String = (0..FACTS).map(|fact| format!("  f{fact}: {{type: flag, doc: any}}\n")).collect();
        let mut files = Files::new()
            .replace("facts", "product:\n", &format!("product:\n{facts}"))
            .rule("de", country("de", "EUR", &self.rules()));
        if self.crowded {
            files = files.plugin("statutory", plugins::crowded("statutory"));
        }
        let published = files.published();
        assert_eq!(crate::testing::problems(&published), "");
        published
    }

    /// The answer where these facts are given.
    fn ask(&self, published: &Arc<Published>, facts: [Option<bool>; FACTS]) -> Answer {
        let given =
            facts.iter().enumerate().filter_map(|(fact, value)| Some(format!("f{fact}: {}", (*value)?)));
        let given: Vec<_> = given.collect();
        let weight = amount(self.weight.into());
        let text = format!("product: {{{}}}\nmarkets: {{de: {{weight: {weight}}}}}\n", given.join(", "));
        answer(published, &text)
    }
}

fn amount(units: u64) -> String {
    format!("{}.{:04}", units / 10_000, units % 10_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_decision_is_what_a_brute_force_finds(tangle in tangle(), facts: [bool; FACTS]) {
        let answer = tangle.ask(&tangle.published(), facts.map(Some));
        let Some((best, cost)) = tangle.least(facts, |_| true) else {
            prop_assert_eq!(answer.status, Status::Blocked);
            return Ok(());
        };
        prop_assert_eq!(answer.status, Status::Complete);
        prop_assert_eq!(&answer.objective.as_ref().unwrap().likely, &amount(cost[0]));
        for (index, taken) in best.iter().enumerate() {
            let found = &answer.markets[0].choices[NAMES[index]];
            prop_assert_eq!(found.chosen.as_deref(), Some(OPTIONS[*taken]));
            let other = tangle.least(facts, |other| other[index] != *taken);
            prop_assert_eq!(found.runner_up.as_deref(), other.as_ref().map(|(other, _)| OPTIONS[other[index]]));
            let gap = other.map(|(_, without)| amount(without[0] - cost[0]));
            prop_assert_eq!(&found.gap, &gap);
        }
    }

    #[test]
    fn what_is_decided_stays_decided_whatever_is_learnt(tangle in tangle(), facts: [Option<bool>; FACTS]) {
        let published = tangle.published();
        let known = tangle.ask(&published, facts);
        let market = &known.markets[0];
        for learnt in 0..1 << FACTS {
            let all = std::array::from_fn(|fact| facts[fact].unwrap_or(learnt & (1 << fact) != 0));
            let full = tangle.ask(&published, all.map(Some));
            match known.status {
                Status::Complete => prop_assert_eq!((&full.objective, &full.spend), (&known.objective, &known.spend)),
                Status::Blocked => prop_assert_eq!(full.status, Status::Blocked),
                Status::Incomplete => {}
            }
            if full.status == Status::Blocked {
                continue;
            }
            let decisions = market.choices.iter().filter_map(|(name, choice)| Some((name, choice.chosen.as_ref()?)));
            for (name, chosen) in decisions.clone() {
                prop_assert_eq!(full.markets[0].choices[name].chosen.as_ref(), Some(chosen), "{}", name);
            }
            if decisions.count() == market.choices.len() {
                // Then the range that is shown holds whatever it comes to.
                let (shown, found) = (units(market.total.as_ref().unwrap()), units(full.markets[0].total.as_ref().unwrap()));
                prop_assert!(shown[0] <= found[0] && shown[1] <= found[1] && found[2] <= shown[2], "{shown:?} {found:?}");
            }
        }
    }
}
