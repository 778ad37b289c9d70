//! For tests of the middle of the house: rules and plugins in memory, loaded by the real reloader, asked
//! through the real host. The plugins are small, but real components: see [`plugins`].

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use arc_swap::ArcSwap;

use crate::{
    diagnostic::Diagnostic,
    host::Answering,
    id::Digest,
    plugin::{Engine, Limits, Plugin, tests::load_here},
    protocol::{Answer, QueryRequest, QueryResponse, Refusal, Spread, Status, StrategyText},
    reload::{Disk, Folder, ItemState, Loading, Loads, Published, Reloader},
    server::Host as _,
};

/// Two folders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    pub(crate) rules: BTreeMap<String, String>,
    pub(crate) plugins: BTreeMap<String, Arc<[u8]>>,
}

const FACTS: &str = "schema: landfall/facts@1
company:
  turnover: {type: money, doc: of the world}
  sme: {type: flag, doc: small, default: false}
product:
  personal_data: {type: flag, doc: any}
  systems: {type: count, doc: how many}
market:
  users: {type: count, doc: how many}
  revenue: {type: money, doc: there}
";
const ROLES: &str =
    "schema: landfall/roles@1\nroles: {counsel: {title: Counsel}, engineer: {title: Engineer}}\n";
const RATES: &str = "schema: landfall/rates@1
rates:
  counsel:
    global: {values: [{from: 2020-01-01, value: 700 EUR, assumption: true}]}
    br: {values: [{from: 2020-01-01, value: {low: 100 EUR, likely: 200 EUR, high: 400 EUR}, assumption: true}]}
";
const FX: &str = "schema: landfall/fx@1
source: {title: test}
rates:
  EUR/BRL: [{date: 2026-10-30, rate: 8}]
  EUR/USD: [{date: 2026-10-30, rate: 1.25}]
  EUR/CNY: [{date: 2026-10-30, rate: 7}]
  EUR/GBP: [{date: 2027-06-01, rate: 0.8}]
";
const GLOBAL: &str = "schema: landfall/jurisdiction@1
id: global
kind: bloc
title: Everywhere
currency: EUR
sources: {law: {title: The law}}
stages: {compliance: {statutory: {}}}
";
/// What a market says whose other four stages cost nothing.
pub(crate) const OTHERS_NONE: &str = "stages:
  market-selection: {none: not needed, by: test}
  data-adaptation: {none: not needed, by: test}
  culture: {none: not needed, by: test}
  output: {none: not needed, by: test}
";

impl Files {
    /// A base, a `global` that binds `statutory`, and `statutory`.
    pub(crate) fn new() -> Self {
        let rules = [("facts", FACTS), ("roles", ROLES), ("rates", RATES), ("fx", FX), ("global", GLOBAL)];
        let rules = rules.map(|(name, text)| (format!("{name}.yaml"), text.to_owned()));
        Self { rules: rules.into(), plugins: BTreeMap::new() }.plugin("statutory", plugins::statutory())
    }

    /// With a rule file as it is written.
    pub(crate) fn rule(mut self, name: &str, text: impl Into<String>) -> Self {
        self.rules.insert(format!("{name}.yaml"), text.into());
        self
    }

    /// With a country that extends `global`, and whose other four stages cost nothing.
    pub(crate) fn country(self, id: &str, rest: &str) -> Self {
        self.rule(id, country(id, "EUR", rest))
    }

    /// With one obligation `x` of that effort, in Germany.
    pub(crate) fn effort(effort: &str) -> Self {
        Self::new().country("de", &obligations(&[("x", "true", effort)]))
    }

    pub(crate) fn plugin(mut self, id: &str, bytes: Vec<u8>) -> Self {
        self.plugins.insert(format!("{id}.wasm"), bytes.into());
        self
    }

    /// With other words in one file; they must be there.
    pub(crate) fn replace(mut self, name: &str, from: &str, to: &str) -> Self {
        let text = self.rules.get_mut(&format!("{name}.yaml")).unwrap();
        assert!(text.contains(from), "{text}");
        *text = text.replace(from, to);
        self
    }

    /// Without a rule file or plugin.
    pub(crate) fn without(mut self, file: &str) -> Self {
        assert!(self.rules.remove(file).is_some() | self.plugins.remove(file).is_some(), "no {file}");
        self
    }

    pub(crate) fn disk(&self) -> Disk {
        let rules = self.rules.iter().map(|(name, text)| (name.clone(), Arc::from(text.as_bytes())));
        let plugins = self.plugins.iter().map(|(name, bytes)| (name.clone(), Arc::clone(bytes)));
        Disk { rules: Folder::of(rules), plugins: Some(Folder::of(plugins)) }
    }

    /// Read once.
    pub(crate) fn published(&self) -> Arc<Published> {
        reloader().reload(&self.disk())
    }

    /// The answer to a strategy; every file must be live.
    #[track_caller]
    pub(crate) fn ask(&self, strategy: &str) -> Answer {
        let published = self.published();
        assert_eq!(problems(&published), "");
        answer(&published, strategy)
    }
}

/// A country that extends `global`; its stages, unless it has some, are `statutory` and none.
pub(crate) fn country(id: &str, currency: &str, rest: &str) -> String {
    let stages = if rest.contains("stages:") { "" } else { OTHERS_NONE };
    format!(
        "schema: landfall/jurisdiction@1\nid: {id}\nkind: country\ntitle: {id}\nextends: [global]\ncurrency: {currency}\n{rest}{stages}"
    )
}

/// `obligations:` with a name, a condition and an effort each; an effort may say more after a line break.
pub(crate) fn obligations(all: &[(&str, &str, &str)]) -> String {
    let mut text = "obligations:\n".to_owned();
    for (name, when, effort) in all {
        let effort =
            if effort.contains("choice:") { (*effort).to_owned() } else { format!("effort: {effort}") };
        writeln!(
            text,
            "  {name}: {{title: {name}, cite: \"law#{name}\", confidence: high, when: \"{when}\", {effort}}}"
        )
        .unwrap();
    }
    text
}

/// A strategy in EUR over one year without discount, of 2026-11-23; what `rest` says takes precedence.
pub(crate) fn strategy(rest: &str) -> String {
    let mut text = "schema: landfall/strategy@1\n".to_owned();
    for (key, value) in
        [("as_of", "2026-11-23"), ("currency", "EUR"), ("horizon_years", "1"), ("discount", "0%")]
    {
        if !rest.lines().any(|line| line.starts_with(&format!("{key}:"))) {
            writeln!(text, "{key}: {value}").unwrap();
        }
    }
    text + rest
}

/// Germany alone, with weight 1.
pub(crate) const DE: &str = "markets: {de: {weight: 1}}\n";

pub(crate) fn request(strategy: &str) -> QueryRequest {
    let strategy = StrategyText { name: "s.yaml".into(), text: self::strategy(strategy) };
    QueryRequest::new(strategy)
}

/// The answer of a host that serves this.
pub(crate) fn query(published: &Arc<Published>, request: &QueryRequest) -> Result<QueryResponse, Refusal> {
    Answering::once(Arc::new(ArcSwap::new(Arc::clone(published))), None).query(request, "test")
}

#[track_caller]
pub(crate) fn answer(published: &Arc<Published>, strategy: &str) -> Answer {
    query(published, &request(strategy)).unwrap_or_else(|refusal| panic!("{refusal:?}")).answer
}

/// The messages of a refused strategy, a line each.
#[track_caller]
pub(crate) fn refusal(published: &Arc<Published>, strategy: &str) -> String {
    let refusal = query(published, &request(strategy)).unwrap_err();
    refusal.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Everything that is not live, with its first problem.
pub(crate) fn problems(published: &Published) -> String {
    let stale = published.items.iter().filter(|item| item.state != ItemState::Live);
    let line = |item: &crate::reload::Item| {
        let problem = item.problems.first().map(Diagnostic::to_string).unwrap_or_default();
        format!("{} {}: {problem}\n", item.file, item.state.as_str())
    };
    stale.map(line).collect()
}

/// `7.0000`, or `low likely high` where they differ.
pub(crate) fn spread(spread: &Spread) -> String {
    let Spread { low, likely, high } = spread;
    if low == likely && likely == high { likely.clone() } else { format!("{low} {likely} {high}") }
}

/// `complete 7.0000`; `incomplete missing_rate null, so far 0.0000`: the status, the kinds of reasons of all
/// markets, J, and what could be summed where J is null.
pub(crate) fn summary(answer: &Answer) -> String {
    let mut kinds: Vec<&str> =
        answer.markets.iter().flat_map(|market| &market.reasons).map(|reason| reason.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut text = answer.status.as_str().to_owned();
    for kind in kinds {
        write!(text, " {kind}").unwrap();
    }
    match (&answer.objective, &answer.partial) {
        (Some(objective), None) => {
            assert_eq!(answer.status, Status::Complete);
            write!(text, " {}", self::spread(objective)).unwrap();
        }
        (None, Some(partial)) => {
            assert_ne!(answer.status, Status::Complete);
            assert_eq!(answer.spend, None);
            let all = Spread {
                low: partial.low.clone(),
                likely: partial.likely.clone(),
                high: partial.high.clone(),
            };
            write!(text, " null, so far {}", self::spread(&all)).unwrap();
        }
        both => panic!("{both:?}"),
    }
    text
}

pub(crate) fn engine() -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    Arc::clone(ENGINE.get_or_init(|| {
        let limits = Limits { calls_at_once: 8, ..Limits::default() };
        Arc::new(Engine::new(limits).unwrap())
    }))
}

/// Compiles in this process, and each plugin once for all tests.
#[derive(Debug)]
pub(crate) struct Here;

impl Loads for Here {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        static LOADED: OnceLock<Mutex<HashMap<Digest, Loading>>> = OnceLock::new();
        let mut loaded = LOADED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        loaded
            .entry(Digest::of(bytes))
            .or_insert_with(|| match load_here(&engine(), bytes) {
                Ok(plugin) => Loading::Ready(Arc::new(plugin)),
                Err(why) => Loading::Refused(Diagnostic::error(why.to_string()).in_file(file)),
            })
            .clone()
    }

    fn is_loaded(&self, plugin: &Plugin) -> bool {
        plugin.is_under(&engine())
    }
}

/// A reloader that has read nothing yet.
pub(crate) fn reloader() -> Reloader {
    Reloader::new(engine(), Box::new(Here))
}

/// Plugins, each as cargo would leave it behind.
pub(crate) mod plugins {
    use crate::plugin::guests::{Guest, Says};

    /// Writes one line item: at, index of the obligation or -1, label, its length, cadence, spread, times.
    const PUT: &str = "(func $put (param $at i32) (param $duty i32) (param $label i32) (param $length i32)
        (param $cadence i32) (param $spread i32) (param $times i64)
        (i32.store8 (local.get $at) (i32.ge_s (local.get $duty) (i32.const 0)))
        (i32.store offset=4 (local.get $at) (local.get $duty))
        (i32.store offset=8 (local.get $at) (local.get $label))
        (i32.store offset=12 (local.get $at) (local.get $length))
        (i32.store8 offset=16 (local.get $at) (local.get $cadence))
        (i64.store offset=24 (local.get $at) (i64.mul (local.get $times) (i64.load (local.get $spread))))
        (i64.store offset=32 (local.get $at) (i64.mul (local.get $times) (i64.load offset=8 (local.get $spread))))
        (i64.store offset=40 (local.get $at) (i64.mul (local.get $times) (i64.load offset=16 (local.get $spread)))))";

    fn guest(id: &'static str) -> Guest {
        Guest { id, says: Says::nothing(), module: PUT.to_owned(), ..Guest::new() }
    }

    /// Passes the priced effort of every obligation from the `first` on through, `times` over. What
    /// reaches `estimate` is documented in the canonical ABI: obligations are at local 9, and 10 counts them.
    fn passing(id: &'static str, first: u32, times: &str, separable: bool) -> Guest {
        let mut guest = guest(id);
        let (once, yearly) = (guest.memory.place(b"once"), guest.memory.place(b"a year"));
        guest.says.separable = separable;
        guest.estimate = format!(
            "(local $out i32) (local $at i32) (local $duty i32)
            (local.set $out (call $realloc (i32.const 0) (i32.const 0) (i32.const 8)
              (i32.add (i32.const 16) (i32.mul (local.get 10) (i32.const 208)))))
            (local.set $at (i32.add (local.get $out) (i32.const 16)))
            (i32.store offset=4 (local.get $out) (local.get $at))
            (local.set $i (i32.const {first}))
            (block $done (loop $next
              (br_if $done (i32.ge_u (local.get $i) (local.get 10)))
              (local.set $duty (i32.add (local.get 9) (i32.mul (local.get $i) (i32.const 80))))
              (if (i32.load8_u offset=8 (local.get $duty)) (then
                (call $put (local.get $at) (local.get $i) (i32.const {once}) (i32.const 4) (i32.const 0)
                  (i32.add (local.get $duty) (i32.const 16)) {times})
                (local.set $at (i32.add (local.get $at) (i32.const 104)))))
              (if (i32.load8_u offset=40 (local.get $duty)) (then
                (call $put (local.get $at) (local.get $i) (i32.const {yearly}) (i32.const 6) (i32.const 1)
                  (i32.add (local.get $duty) (i32.const 48)) {times})
                (local.set $at (i32.add (local.get $at) (i32.const 104)))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $next)))
            (i32.store offset=8 (local.get $out) (i32.div_u
              (i32.sub (local.get $at) (i32.add (local.get $out) (i32.const 16))) (i32.const 104)))
            (local.get $out)"
        );
        guest
    }

    /// Passes priced effort through.
    pub(crate) fn statutory() -> Vec<u8> {
        passing("statutory", 0, "(i64.const 1)", true).core()
    }

    /// Says nothing about the first obligation it is given.
    pub(crate) fn forgetful(id: &'static str) -> Vec<u8> {
        passing(id, 1, "(i64.const 1)", true).core()
    }

    /// Takes every obligation as many times as it is given obligations, so it is not separable.
    pub(crate) fn crowded(id: &'static str) -> Vec<u8> {
        passing(id, 0, "(i64.extend_i32_u (local.get 10))", false).core()
    }

    /// A `statutory` for compliance alone, that feeds on this count of each obligation.
    pub(crate) fn compliance_only(id: &'static str) -> Vec<u8> {
        let mut guest = passing(id, 0, "(i64.const 1)", true);
        guest.says.stages = vec![2];
        guest.says.demands = vec![("requests", 1, false)];
        guest.core()
    }

    /// Costs nothing itself: for each obligation that feeds it with a count, a line of so many units.
    pub(crate) fn fed(id: &'static str, demand: &'static str) -> Vec<u8> {
        let mut guest = guest(id);
        guest.says.demands = vec![(demand, 1, false)];
        let label = guest.memory.place(b"by count");
        // The first demand is a variant: its case 2 is a count, which lies behind eight bytes.
        guest.estimate = format!(
            "(local $out i32) (local $at i32) (local $demand i32) (local $spread i32)
            (local.set $out (call $realloc (i32.const 0) (i32.const 0) (i32.const 8)
              (i32.add (i32.const 40) (i32.mul (local.get 10) (i32.const 104)))))
            (local.set $spread (i32.add (local.get $out) (i32.const 16)))
            (local.set $at (i32.add (local.get $out) (i32.const 40)))
            (i32.store offset=4 (local.get $out) (local.get $at))
            (block $done (loop $next
              (br_if $done (i32.ge_u (local.get $i) (local.get 10)))
              (local.set $demand (i32.load offset=72 (i32.add (local.get 9) (i32.mul (local.get $i) (i32.const 80)))))
              (if (i32.eq (i32.load8_u (local.get $demand)) (i32.const 2)) (then
                (i64.store (local.get $spread) (i64.const 10000))
                (i64.store offset=8 (local.get $spread) (i64.const 10000))
                (i64.store offset=16 (local.get $spread) (i64.const 10000))
                (call $put (local.get $at) (local.get $i) (i32.const {label}) (i32.const 8) (i32.const 0)
                  (local.get $spread) (i64.load offset=8 (local.get $demand)))
                (local.set $at (i32.add (local.get $at) (i32.const 104)))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $next)))
            (i32.store offset=8 (local.get $out) (i32.div_u
              (i32.sub (local.get $at) (i32.add (local.get $out) (i32.const 40))) (i32.const 104)))
            (local.get $out)"
        );
        guest.core()
    }

    /// A `statutory` that needs this param as money.
    pub(crate) fn needing_param(id: &'static str, param: &'static str) -> Vec<u8> {
        let mut guest = passing(id, 0, "(i64.const 1)", true);
        guest.says.params = vec![(param, 3, true)];
        guest.core()
    }

    /// A `statutory` that must be given this count.
    pub(crate) fn needing_fact(id: &'static str, fact: &'static str) -> Vec<u8> {
        let mut guest = passing(id, 0, "(i64.const 1)", true);
        guest.says.facts = vec![(fact, 1, true)];
        guest.core()
    }

    /// One line of the amount in its settings, once or a year, so many times over.
    pub(crate) fn fixed(id: &'static str, cadence: u8, times: u32) -> Vec<u8> {
        let mut guest = guest(id);
        guest.schema = Some(
            r#"{"type": "object", "properties": {"amount": {"type": "string", "format": "money"}},
                "required": ["amount"], "additionalProperties": false}"#
                .into(),
        );
        let label = guest.memory.place(b"fixed");
        guest.estimate = format!(
            "(local $out i32) (local $n i64) (local $digit i32)
            (block $done (loop $next
              (br_if $done (i32.ge_u (local.get $i) (local.get 12)))
              (local.set $digit (i32.sub (i32.load8_u (i32.add (local.get 11) (local.get $i))) (i32.const 48)))
              (if (i32.lt_u (local.get $digit) (i32.const 10)) (then (local.set $n (i64.add
                (i64.mul (local.get $n) (i64.const 10)) (i64.extend_i32_u (local.get $digit))))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $next)))
            {spread}
            (call $put (i32.add (local.get $out) (i32.const 16)) (i32.const -1) (i32.const {label}) (i32.const 5)
              (i32.const {cadence}) (i32.add (local.get $out) (i32.const 128)) (i64.const {times}))
            (local.get $out)",
            spread = one_line("(local.get $n)")
        );
        guest.core()
    }

    /// Room for a result of one line, with its spread behind it.
    fn one_line(amount: &str) -> String {
        let store = |offset: u32| format!("(i64.store offset={offset} (local.get $out) {amount})");
        format!(
            "(local.set $out (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 152)))
            (i32.store offset=4 (local.get $out) (i32.add (local.get $out) (i32.const 16)))
            (i32.store offset=8 (local.get $out) (i32.const 1))
            {} {} {}",
            store(128),
            store(136),
            store(144)
        )
    }

    /// Reads one choice, of which it knows these options: the first costs 1,000, the second 2,000, and so on.
    pub(crate) fn choosy(id: &'static str, choice: &'static str, options: &[&'static str]) -> Vec<u8> {
        let mut guest = guest(id);
        guest.says.choices = vec![(choice, options.to_vec())];
        let label = guest.memory.place(b"by option");
        guest.estimate = format!(
            "(local $out i32) {spread}
            (call $put (i32.add (local.get $out) (i32.const 16)) (i32.const -1) (i32.const {label}) (i32.const 9)
              (i32.const 0) (i32.add (local.get $out) (i32.const 128))
              (i64.add (i64.const 1) (i64.load32_u (local.get 7))))
            (local.get $out)",
            spread = one_line("(i64.const 10000000)")
        );
        guest.core()
    }

    /// Does these instructions and then traps, if they come to an end.
    pub(crate) fn hostile(id: &'static str, instructions: &str) -> Vec<u8> {
        Guest { id, says: Says::nothing(), ..Guest::running(instructions) }.core()
    }

    /// Reads these choices, of `one` and `two` each, and traps whatever they are.
    pub(crate) fn failing_by(id: &'static str, choices: &[&'static str]) -> Vec<u8> {
        let mut guest = Guest { id, says: Says::nothing(), ..Guest::running("unreachable") };
        guest.says.choices = choices.iter().map(|choice| (*choice, vec!["one", "two"])).collect();
        guest.says.separable = false;
        guest.core()
    }
}
