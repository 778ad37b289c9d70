//! A hand-made answer, for tests of the wire and of rendering alone.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    diagnostic::Diagnostic,
    id::Stage,
    protocol::*,
    server::Host,
    source::{SourceFile, Span as At},
};

pub(crate) fn amount(likely: &str) -> Spread {
    spread(likely, likely, likely)
}

pub(crate) fn spread(low: &str, likely: &str, high: &str) -> Spread {
    let four = |text: &str| format!("{text}.0000");
    Spread { low: four(low), likely: four(likely), high: four(high) }
}

fn digest(letter: char) -> String {
    format!("blake3:{}", letter.to_string().repeat(64))
}

pub(crate) fn line(label: &str, total: Spread, weighted: Spread) -> Line {
    Line {
        plugin: PluginRef { id: "fixed-cost".into(), version: "1.0.0".into(), digest: digest('f') },
        obligation: None,
        title: None,
        label: label.into(),
        at: "seed.yaml:9:3".into(),
        cadence: Cadence::Once,
        undetermined: false,
        spans: vec![Span {
            from: "2026-11-23".into(),
            to: "2029-11-23".into(),
            native: Money { currency: "CNY".into(), amount: total.clone() },
            quantity: None,
        }],
        fx: None,
        total,
        weighted,
        confidence: None,
        verified: None,
        note: None,
        basis: Basis::Assumption,
        cites: vec![],
        flips: vec![],
        because: vec![],
        used: vec![],
    }
}

fn market(id: &str, title: &str, weight: u32) -> Market {
    Market {
        id: id.into(),
        title: title.into(),
        currency: "CNY".into(),
        regions: Vec::new(),
        weight: weight.to_string(),
        status: Status::Complete,
        total: None,
        weighted: None,
        closure: Closure::default(),
        stages: BTreeMap::new(),
        choices: BTreeMap::new(),
        penalties: vec![],
        undetermined: vec![],
        not_triggered: vec![],
        gaps: vec![],
        blocks: vec![],
        sources: BTreeMap::new(),
        conversions: vec![],
        defaulted: vec![],
        grounds: BTreeMap::new(),
        reason: None,
        reasons: vec![],
    }
}

fn seed_market(id: &str, title: &str, weight: u32, costs: [u32; 5]) -> Market {
    let mut market = market(id, title, weight);
    let cny = |n: u32| amount(&(n * 10_000).to_string());
    for (stage, cost) in Stage::ALL.into_iter().zip(costs) {
        let (total, weighted) = (cny(cost), cny(cost * weight));
        let lines = vec![line("fixed", total.clone(), weighted.clone())];
        let answer = StageAnswer { total: Some(total), weighted: Some(weighted), lines, none: None };
        market.stages.insert(stage, answer);
    }
    let total: u32 = costs.iter().sum();
    market.total = Some(cny(total));
    market.weighted = Some(cny(total * weight));
    market
}

/// The article's five markets.
pub(crate) fn seed() -> QueryResponse {
    let markets = vec![
        seed_market("br", "Brazil", 1, [100, 50, 30, 40, 60]),
        seed_market("cn", "China", 2, [80, 40, 20, 35, 50]),
        seed_market("gb", "United Kingdom", 5, [70, 40, 25, 30, 45]),
        seed_market("in", "India", 4, [90, 60, 25, 40, 55]),
        seed_market("us", "United States", 3, [60, 30, 15, 30, 45]),
    ];
    let answer = Answer {
        title: Some("The five markets of the article".into()),
        as_of: "2026-11-23".into(),
        currency: "CNY".into(),
        horizon_years: 1,
        discount: "0%".into(),
        weight_means: "priority".into(),
        scenarios: vec![],
        report: Some(Report { scale: 10_000, label: "万元".into() }),
        status: Status::Complete,
        minimum: Minimum::Exact,
        objective: Some(amount("34000000")),
        partial: None,
        spend: Some(amount("11650000")),
        shared: vec![],
        markets,
        drivers: vec![],
        upcoming: vec![],
        warnings: vec![],
    };
    respond(answer)
}

fn respond(answer: Answer) -> QueryResponse {
    QueryResponse {
        answer,
        receipt: digest('e'),
        served: Served { generation: digest('a'), number: 7, stale_items: vec![], not_recorded: None },
    }
}

fn dpo() -> Line {
    Line {
        plugin: PluginRef { id: "lgpd".into(), version: "1.0.0".into(), digest: digest('1') },
        obligation: Some("br.dpo".into()),
        title: Some("Appoint a data protection officer".into()),
        label: "officer, outsourced".into(),
        at: "br.yaml:31:3".into(),
        cadence: Cadence::Yearly,
        spans: vec![
            Span {
                from: "2026-11-23".into(),
                to: "2027-11-23".into(),
                native: Money { currency: "BRL".into(), amount: spread("60000", "110000", "240000") },
                quantity: None,
            },
            Span {
                from: "2027-11-23".into(),
                to: "2028-11-23".into(),
                native: Money { currency: "BRL".into(), amount: spread("60000", "110000", "240000") },
                quantity: Some(Quantity {
                    count: "2.5".into(),
                    unit: "request".into(),
                    price: spread("24000", "44000", "96000"),
                }),
            },
        ],
        fx: Some(Fx {
            rate: "0.164766".into(),
            date: "2026-10-30".into(),
            source: "ECB reference rates".into(),
        }),
        basis: Basis::Assumption,
        cites: vec!["lgpd#art-41".into()],
        because: vec![
            Because { text: "product.personal_data".into(), value: "true".into(), source: Origin::Strategy },
            Because {
                text: "market.users 2,500,000 ≥ 1,000,000".into(),
                value: "true".into(),
                source: Origin::Strategy,
            },
        ],
        used: vec!["param.dpo_price".into(), "market.users".into()],
        ..line("", spread("19000", "35000", "76000"), spread("38000", "70000", "152000"))
    }
}

/// Brazil with everything that can keep a market from being complete, and text that means harm.
pub(crate) fn troubled() -> QueryResponse {
    let mut br = market("br", "Brazil", 2);
    let mut evil = line("=HYPERLINK(\"x\")|\u{1b}[31m*red*\n<b>", amount("500"), amount("1000"));
    evil.undetermined = true;
    evil.obligation = Some("br.impact_assessment".into());
    br.status = Status::Incomplete;
    br.currency = "BRL".into();
    br.stages.insert(
        Stage::MarketSelection,
        StageAnswer {
            total: Some(amount("1000")),
            weighted: Some(amount("2000")),
            lines: vec![line("entry", amount("1000"), amount("2000"))],
            none: None,
        },
    );
    br.stages.insert(Stage::DataAdaptation, StageAnswer::default());
    br.stages.insert(
        Stage::Compliance,
        StageAnswer {
            total: Some(spread("19000", "35000", "76500")),
            weighted: Some(spread("38000", "70000", "153000")),
            lines: vec![dpo(), evil],
            none: None,
        },
    );
    let none = NoStage { reason: "the team is local".into(), by: "latam".into(), at: "br.yaml:80:3".into() };
    br.stages.insert(
        Stage::Culture,
        StageAnswer {
            total: Some(amount("0")),
            weighted: Some(amount("0")),
            lines: vec![],
            none: Some(none),
        },
    );
    br.stages.insert(Stage::Output, StageAnswer::default());
    trouble(&mut br);
    let mut de = market("de", "Germany", 1);
    de.status = Status::Blocked;
    de.blocks.push(Block {
        id: "de.banned".into(),
        title: Some("The practice is banned".into()),
        from: "2026-12-02".into(),
        cites: vec!["ai_act#art-5".into()],
        at: "eu.yaml:40:3".into(),
        because: vec![],
    });
    de.reason = Some("blocked by `de.banned` from 2026-12-02".into());
    let mut response = seed();
    response.served.stale_items.push(StaleItem {
        file: "br.yaml".into(),
        state: ItemState::LastGood,
        since: Some("2026-11-23T08:00:00Z".into()),
        reason: Some("unknown key `tittle`".into()),
        at: Some("br.yaml:12:3".into()),
    });
    response.answer = Answer {
        title: Some("Assistant for Brazil and Germany".into()),
        currency: "EUR".into(),
        horizon_years: 3,
        discount: "8%".into(),
        weight_means: "probability".into(),
        report: None,
        status: Status::Incomplete,
        minimum: Minimum::Unknown,
        objective: None,
        spend: None,
        partial: Some(Partial {
            low: "40000.0000".into(),
            likely: "72000.0000".into(),
            high: "155000.1250".into(),
            spend: spread("20000", "36000", "77500"),
            markets: vec!["br".into()],
        }),
        markets: vec![br, de],
        drivers: vec![Driver {
            market: "br".into(),
            stage: Stage::Compliance,
            plugin: "lgpd".into(),
            obligation: Some("br.dpo".into()),
            label: "officer, outsourced".into(),
            weighted: spread("38000", "70000", "152000"),
            share: Some("0.9722".into()),
        }],
        upcoming: vec![Upcoming {
            on: "2027-05-14".into(),
            id: "br.audit".into(),
            what: "comes into force".into(),
            cites: vec!["anpd_9#art-2".into()],
        }],
        warnings: vec!["EUR/BRL is 24 days old".into()],
        ..response.answer
    };
    response
}

fn trouble(br: &mut Market) {
    br.choices.insert(
        "dpo".into(),
        Choice {
            chosen: Some("outsourced".into()),
            open: true,
            runner_up: Some("inhouse".into()),
            gap: Some("12500.0000".into()),
            struck: vec![Struck {
                option: "shared".into(),
                reason: "not allowed for a large agent".into(),
                cites: vec!["lgpd#art-41".into()],
            }],
        },
    );
    br.choices.insert(
        "translation".into(),
        Choice { chosen: None, open: true, runner_up: None, gap: None, struck: vec![] },
    );
    br.penalties.push(Penalty {
        id: "br.fine".into(),
        title: Some("Fine".into()),
        maximum: Some("8238300.0000".into()),
        native: Some(Native { currency: "BRL".into(), amount: "50000000.0000".into() }),
        per: "infringement".into(),
        liable: "company".into(),
        cites: vec!["lgpd#art-52-II".into()],
        confidence: Some("high".into()),
        verified: false,
        at: "br.yaml:50:3".into(),
        because: vec![],
        needs: vec![],
    });
    br.penalties.push(Penalty {
        id: "br.eca".into(),
        title: None,
        maximum: None,
        native: None,
        per: "violation".into(),
        liable: "individual".into(),
        cites: vec![],
        confidence: None,
        verified: true,
        at: "br.yaml:57:3".into(),
        because: vec![],
        needs: vec!["market.minors".into()],
    });
    br.undetermined.push(Undetermined {
        obligation: "br.impact_assessment".into(),
        title: Some("Data protection impact report (RIPD)".into()),
        needs: vec!["product.high_risk_processings".into()],
        if_applies: Some(amount("500")),
        at: "br.yaml:44:3".into(),
        cites: vec!["lgpd#art-38".into()],
    });
    br.gaps.push(Gap {
        id: "br.legitimate_interest".into(),
        stage: Stage::Compliance,
        cites: vec!["lgpd#art-10".into()],
        at: "br.yaml:70:3".into(),
        reason: "balancing test is case by case".into(),
        accepted: None,
    });
    br.defaulted.push(Defaulted { fact: "company.sme".into(), value: "false".into() });
    br.reason = Some("2 stages have no total".into());
    br.reasons.push(Reason {
        stage: Some(Stage::DataAdaptation),
        kind: "out_of_fuel".into(),
        message: "plugin `language-adaptation` used more than 1000000 fuel".into(),
        at: Some("br.yaml:78:3".into()),
    });
    br.reasons.push(Reason {
        stage: Some(Stage::Output),
        kind: "not_bound".into(),
        message: "nothing computes stage `output` here".into(),
        at: None,
    });
    let ground = |value: &str, source, at: Option<&str>, cites: &[&str]| Ground {
        value: value.into(),
        source,
        at: at.map(Into::into),
        cites: cites.iter().map(|c| (*c).into()).collect(),
    };
    br.grounds.insert("market.users".into(), ground("2,500,000", Origin::Strategy, None, &[]));
    br.grounds.insert(
        "param.dpo_price".into(),
        ground("44,000 BRL", Origin::Rule, Some("br.yaml:21:3"), &["study_7#p-12"]),
    );
}

/// What a strategy with an unknown fact gets.
pub(crate) fn refusal() -> Refusal {
    let text = "schema: landfall/strategy@1\nmarkets:\n  br: {weight: 1, usres: 5}\n";
    let source = SourceFile::new("s.yaml", text.as_bytes()).unwrap();
    Refusal::strategy(vec![
        Diagnostic::error("unknown fact `usres`")
            .at(&source, At { line: 3, column: 20, length: 5 })
            .help("did you mean `users`?"),
    ])
}

/// A host that knows one strategy for each thing a host can do.
#[derive(Debug, Default)]
pub(crate) struct FixtureHost {
    /// Held by a test to keep queries named `wait` at work.
    pub(crate) held: std::sync::Mutex<()>,
    /// How many of those are at work or done.
    pub(crate) entered: std::sync::atomic::AtomicUsize,
    /// Raised by a test when something happened.
    pub(crate) newest: tokio::sync::watch::Sender<u64>,
}

/// A generation, and a file that broke.
pub(crate) fn events() -> EventsResponse {
    let broken = status().items.remove(1);
    let change = |seq: u64, kind| Change {
        seq,
        at: format!("2026-11-23T08:00:0{}Z", seq - 1),
        kind,
        file: None,
        state: None,
        was: None,
        number: None,
        generation: None,
        cause: None,
        problems: vec![],
    };
    EventsResponse {
        events: vec![
            Change {
                number: Some(7),
                generation: Some(digest('a')),
                cause: Some("br.yaml changed".into()),
                ..change(1, ChangeKind::Generation)
            },
            Change {
                file: Some(broken.file),
                was: Some(ItemState::Live),
                state: Some(broken.state),
                problems: broken.problems,
                ..change(2, ChangeKind::File)
            },
        ],
        next: "seen".into(),
        restarted: false,
        missed: 0,
    }
}

impl Host for FixtureHost {
    fn query(&self, request: &QueryRequest, _: &str) -> Result<QueryResponse, Refusal> {
        match request.strategy.text.as_str() {
            "panic" => panic!("as asked"),
            "wrong" => Err(refusal()),
            "troubled" => Ok(troubled()),
            "wait" => {
                self.entered.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                drop(self.held.lock());
                Ok(seed())
            }
            _ => Ok(seed()),
        }
    }

    fn timeline(&self, request: &TimelineRequest, _: &str) -> Result<TimelineResponse, Refusal> {
        match request.query.strategy.text.as_str() {
            "wrong" => Err(refusal()),
            _ => Ok(timeline()),
        }
    }

    fn facts(&self, request: &QueryRequest, _: &str) -> Result<FactsResponse, Refusal> {
        match request.strategy.text.as_str() {
            "wrong" => Err(refusal()),
            _ => Ok(facts()),
        }
    }

    fn rules(&self, generation: Option<&str>) -> Result<RulesResponse, Refusal> {
        match generation {
            Some("8") => Err(Refusal::new(RefusalKind::Generation, "no generation `8` is kept")),
            _ => Ok(RulesResponse {
                generation: digest('a'),
                number: 7,
                files: [("br.yaml".to_owned(), "id: br\n".to_owned())].into(),
            }),
        }
    }

    fn status(&self) -> StatusResponse {
        status()
    }

    fn reload(&self) -> StatusResponse {
        StatusResponse { number: 8, ..status() }
    }

    fn events(&self, after: Option<&str>) -> EventsResponse {
        match after {
            Some("seen") if *self.newest.borrow() == 0 => EventsResponse { events: vec![], ..events() },
            _ => events(),
        }
    }

    fn newest(&self) -> tokio::sync::watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn metrics(&self) -> Vec<crate::metrics::Family> {
        vec![crate::metrics::Family::gauge("landfall_generation_number", "A number", 7)]
    }

    fn generations(&self) -> Result<GenerationsResponse, Refusal> {
        Ok(GenerationsResponse { generations: Vec::new() })
    }

    fn rollback(&self, request: &RollbackRequest) -> Result<StatusResponse, Refusal> {
        Ok(StatusResponse { rolled_back_to: request.to.parse().ok(), ..status() })
    }

    fn pin(&self, _: &PinRequest) -> Result<StatusResponse, Refusal> {
        Ok(status())
    }

    fn unpin(&self, _: &UnpinRequest) -> Result<StatusResponse, Refusal> {
        Ok(status())
    }

    fn accept(&self, _: &AcceptRequest) -> Result<StatusResponse, Refusal> {
        Ok(status())
    }
}

pub(crate) fn status() -> StatusResponse {
    let item = |file: &str, kind, state, problems: Vec<Diagnostic>| Item {
        file: file.into(),
        kind,
        state,
        digest: Some(digest('b')),
        since: Some("2026-11-23T08:00:00Z".into()),
        problems: problems.into_iter().map(Problem::from).collect(),
        signed_by: None,
    };
    let source = SourceFile::new("br.yaml", b"id: br\ntittle: Brazil\n").unwrap();
    let wrong = Diagnostic::error("unknown key `tittle`")
        .at(&source, At { line: 2, column: 1, length: 6 })
        .help("did you mean `title`?");
    StatusResponse {
        generation: Some(digest('a')),
        number: 7,
        items: vec![
            item("facts.yaml", ItemKind::Base, ItemState::Live, vec![]),
            item("br.yaml", ItemKind::Jurisdiction, ItemState::LastGood, vec![wrong]),
            item("lgpd.wasm", ItemKind::Plugin, ItemState::Live, vec![]),
        ],
        rolled_back_to: None,
        not_kept: Vec::new(),
    }
}

pub(crate) fn host() -> Arc<FixtureHost> {
    Arc::default()
}

pub(crate) fn ask(text: &str) -> QueryRequest {
    QueryRequest::new(StrategyText { name: "s.yaml".into(), text: text.into() })
}

/// A fact as a rule file declares it.
pub(crate) fn fact(path: &str, decides: &str, needed_by: &[&str]) -> Fact {
    let segments: Vec<&str> = path.split('.').collect();
    let under = |word: &str| segments.iter().skip_while(|of| **of != word).nth(1).map(ToString::to_string);
    let market = under("markets");
    Fact {
        path: path.into(),
        scope: if market.is_some() { "market".into() } else { segments[0].into() },
        market: market.clone(),
        region: under("within"),
        name: segments.last().unwrap().to_string(),
        value_type: "count".into(),
        unit: Some("people".into()),
        doc: "how many people\nuse it".into(),
        values: vec![],
        vocabulary: None,
        default: None,
        at: "facts.yaml:9:3".into(),
        decides: format!("{decides}.0000"),
        rules: needed_by.len(),
        needed_by: needed_by
            .iter()
            .map(|id| FactNeed {
                kind: FactNeedKind::Obligation,
                id: (*id).into(),
                market: market.clone().unwrap_or_else(|| "br".into()),
                title: None,
                at: "br.yaml:31:3".into(),
                if_applies: Some(format!("{decides}.0000")),
            })
            .collect(),
    }
}

/// Two facts that are missing, one default, and a market that nobody looked into.
pub(crate) fn facts() -> FactsResponse {
    let seed = seed();
    let familiar = Fact { default: Some("0%".into()), ..fact("markets.br.familiarity", "0", &[]) };
    FactsResponse {
        facts: Facts {
            title: Some("Brazil <b>\u{1b}".into()),
            as_of: "2026-11-23".into(),
            currency: "EUR".into(),
            scenarios: vec![],
            report: None,
            status: Status::Incomplete,
            missing: vec![
                fact("markets.br.users", "5000", &["br.dpo", "br.fine"]),
                fact("product.kinds", "0", &[]),
            ],
            defaulted: vec![familiar],
            unseen: vec![Unseen {
                market: "de".into(),
                status: Status::Incomplete,
                reason: "the rules of `de` are unavailable: no rule file".into(),
            }],
        },
        receipt: seed.receipt,
        served: seed.served,
    }
}

/// A law that begins, a day without a number, and a penalty; with text that no output may take as it is.
/// Ten samples of a thousand, of which three have no J.
pub(crate) fn sweep() -> SweepResponse {
    let four = |text: &str| format!("{text}.0000");
    let of = |low: &str, high: &str| Distribution {
        min: four(low),
        p10: four(low),
        p50: four("110"),
        p90: four(high),
        max: four(high),
        mean: four("110"),
    };
    let nothing = || Distribution {
        min: four("0"),
        p10: four("0"),
        p50: four("0"),
        p90: four("0"),
        max: four("0"),
        mean: four("0"),
    };
    let stages = || -> BTreeMap<Stage, Distribution> {
        [(Stage::Compliance, of("100", "120")), (Stage::Culture, nothing())].into()
    };
    let bar = |input: &str, low: &str, high: Option<&str>| TornadoBar {
        input: input.into(),
        kind: "fact".into(),
        market: None,
        stage: None,
        rule: None,
        low: "1".into(),
        high: "5".into(),
        j_at_low: Some(four(low)),
        j_at_high: high.map(four),
        swing: high.map(|_| four("20")),
    };
    let line = TornadoBar {
        kind: "line".into(),
        market: Some("de".into()),
        stage: Some(Stage::Compliance),
        rule: Some("eu.dpo".into()),
        low: four("1"),
        high: four("5"),
        ..bar("officer <b>", "90", Some("110"))
    };
    let seed = seed();
    SweepResponse {
        sweep: Sweep {
            title: Some("Many <of> these".into()),
            as_of: "2026-11-23".into(),
            currency: "EUR".into(),
            horizon_years: 3,
            discount: "8%".into(),
            weight_means: "priority".into(),
            scenarios: vec![],
            report: None,
            method: SweepMethod::MonteCarlo,
            definition: "drawn".into(),
            seed: Some(7),
            status: Status::Incomplete,
            asked: 1_000,
            samples: 10,
            interrupted: true,
            complete: 7,
            blocked: 1,
            incomplete: 2,
            reasons: vec![SweepReason {
                status: Status::Incomplete,
                market: Some("de".into()),
                kind: "undetermined".into(),
                message: "`eu.dpo` is undetermined".into(),
                samples: 2,
            }],
            inputs: vec![],
            lines_drawn: 1,
            likely: Some(amount("100")),
            results: Some(SweepResults {
                objective: of("100", "120"),
                spend: of("100", "120"),
                markets: [("de".to_owned(), SweepMarket { total: of("100", "120"), stages: stages() })]
                    .into(),
                stages: stages(),
            }),
            tornado: vec![
                bar("markets.de.users", "80", None),
                bar("product.systems", "95", Some("115")),
                line,
            ],
            tornado_more: 4,
            points: vec![],
            warnings: vec![],
        },
        receipt: digest('e'),
        served: seed.served,
    }
}

pub(crate) fn timeline() -> TimelineResponse {
    let spread = |likely: &str| amount(likely);
    let seed = seed();
    let step = |on: &str, until: &str, likely: &str, delta: Option<&str>| Step {
        on: on.into(),
        until: until.into(),
        status: Status::Complete,
        objective: Some(spread(likely)),
        partial: None,
        delta: delta.map(spread),
        reasons: vec![],
        lines: vec![],
        penalties: vec![],
        matters: vec![],
    };
    let mut begun = step("2026-08-02", "2027-01-01", "150000", Some("50000"));
    begun.lines.push(StepLine {
        market: Some("de".into()),
        stage: Stage::Compliance,
        rule: "eu.high_risk".into(),
        title: Some("Assess <the> \"risk\" & more".into()),
        presence: Presence::Added,
        at: "eu.yaml:31:3".into(),
        cites: vec!["ai_act#art-16".into()],
        delta: Some(spread("50000")),
        causes: vec![],
    });
    begun.penalties.push(StepPenalty {
        market: "de".into(),
        id: "eu.fine".into(),
        title: None,
        presence: Presence::Added,
        before: None,
        after: Some("15000000.0000".into()),
        per: "infringement".into(),
        liable: "company".into(),
        at: "eu.yaml:40:3".into(),
        cites: vec!["ai_act#art-99-4".into()],
    });
    let mut unknown = step("2027-01-01", "2027-06-01", "0", None);
    unknown.status = Status::Incomplete;
    unknown.objective = None;
    unknown.reasons.push("de: `compliance` cannot be computed".into());
    TimelineResponse {
        timeline: Timeline {
            title: Some("Germany <b>".into()),
            from: "2026-01-01".into(),
            to: "2028-01-01".into(),
            definition: "J of each day is J under its law".into(),
            as_of: "2026-01-01".into(),
            currency: "EUR".into(),
            horizon_years: 3,
            discount: "8%".into(),
            weight_means: "priority".into(),
            scenarios: vec![],
            report: None,
            status: Status::Incomplete,
            dates: 4,
            steps: vec![
                step("2026-01-01", "2026-08-02", "100000", None),
                begun,
                unknown,
                step("2027-06-01", "2028-01-01", "120000", None),
            ],
            warnings: vec![],
        },
        receipt: seed.receipt,
        served: seed.served,
    }
}
