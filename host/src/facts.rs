//! The facts a strategy leaves open, with their declarations, and in which order to give them.
//!
//! Asks once, as a query does; which facts are wanted, `evaluate` says. Shows nothing and writes nothing.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    evaluate::{Need, NeedKind, OverBudget, Wanting, evaluate, wanted},
    generation::Generation,
    id::JurisdictionId,
    money::{Amount, Overflow},
    protocol::{Answer, Fact, FactNeed, FactNeedKind, Facts, Market, Status, Unseen},
    rules::{
        expression::Root,
        schema::base::{FactDeclaration, Scope},
        vocabulary::Vocabulary,
    },
    source::At,
    strategy::Strategy,
};

/// Why nobody can say what is missing.
#[derive(Debug, thiserror::Error)]
pub enum NoFacts {
    /// It takes too much.
    #[error(transparent)]
    Budget(#[from] OverBudget),
    /// A sum that cannot be held exactly.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// What a strategy leaves open.
///
/// # Errors
/// [`NoFacts`].
pub fn facts(generation: &Generation, strategy: Strategy) -> Result<Facts, NoFacts> {
    let evaluation = evaluate(generation, strategy)?;
    let answer = Answer::of(&evaluation);
    let wanted = wanted(generation, &evaluation);
    let declared = |wanting: &Wanting| declaration(generation, wanting);
    let mut missing = Vec::new();
    for (wanting, needs) in &wanted.missing {
        let Some(fact) = declared(wanting) else { continue };
        missing.push(needed(fact, needs)?);
    }
    let missing = sorted(missing);
    let is_countrys = |wanting: &Wanting| {
        let country = Wanting { region: None, ..wanting.clone() };
        wanting.region.is_some() && wanted.defaulted.contains_key(&country)
    };
    // Given of the country, it is given of the region.
    let defaulted = wanted.defaulted.iter().filter(|(wanting, _)| !is_countrys(wanting));
    let defaulted = defaulted
        .filter_map(|(wanting, value)| Some(Fact { default: Some(value.to_string()), ..declared(wanting)? }));
    let mut defaulted: Vec<Fact> = defaulted.collect();
    defaulted.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Facts {
        unseen: answer.markets.iter().filter_map(unseen).collect(),
        title: answer.title,
        as_of: answer.as_of,
        currency: answer.currency,
        scenarios: answer.scenarios,
        report: answer.report,
        status: answer.status,
        missing,
        defaulted,
    })
}

/// What decides most money first, then what most rules need, then by path.
fn sorted(mut facts: Vec<(Amount, Fact)>) -> Vec<Fact> {
    facts.sort_by(|(a, x), (b, y)| (b, y.rules, &x.path).cmp(&(a, x.rules, &y.path)));
    facts.into_iter().map(|(_, fact)| fact).collect()
}

/// A market that is blocked is not computed, and one without rules cannot be.
fn unseen(market: &Market) -> Option<Unseen> {
    let unavailable = market.reasons.iter().find(|reason| reason.kind == "unavailable");
    let reason = match (market.status, unavailable) {
        (_, Some(reason)) => reason.message.clone(),
        (Status::Blocked, None) => market.reason.clone().unwrap_or_else(|| "it is forbidden".to_owned()),
        _ => return None,
    };
    let status = if unavailable.is_some() { Status::Incomplete } else { Status::Blocked };
    Some(Unseen { market: market.id.clone(), status, reason })
}

/// A fact with what needs it; what is paid once for several markets counts once.
fn needed(fact: Fact, needs: &[Need]) -> Result<(Amount, Fact), Overflow> {
    let mut counted = BTreeSet::new();
    let mut decides = Amount::default();
    let mut needed_by: Vec<(NeedKind, FactNeed)> = Vec::new();
    for need in needs {
        if need.shared && !counted.insert((need.kind, &need.id)) {
            continue;
        }
        decides = decides.add(need.if_applies.unwrap_or_default())?;
        needed_by.push((need.kind, written(need)));
    }
    needed_by.sort_by(|(a, x), (b, y)| (a, &x.id, &x.market).cmp(&(b, &y.id, &y.market)));
    let rules: BTreeSet<_> = needs.iter().map(|need| (need.kind, &need.id)).collect();
    let needed_by = needed_by.into_iter().map(|(_, need)| need).collect();
    Ok((decides, Fact { decides: decides.to_string(), rules: rules.len(), needed_by, ..fact }))
}

fn written(need: &Need) -> FactNeed {
    FactNeed {
        kind: match need.kind {
            NeedKind::Obligation => FactNeedKind::Obligation,
            NeedKind::Penalty => FactNeedKind::Penalty,
            NeedKind::Block => FactNeedKind::Block,
            NeedKind::Choice => FactNeedKind::Choice,
            NeedKind::Gap => FactNeedKind::Gap,
            NeedKind::Plugin => FactNeedKind::Plugin,
        },
        id: need.id.clone(),
        market: need.market.to_string(),
        title: need.title.as_deref().map(str::to_owned),
        at: need.at.to_string(),
        if_applies: need.if_applies.map(|amount| amount.to_string()),
    }
}

/// A fact as it is declared: in `facts.yaml`, or in a rule file of the place.
fn declaration(generation: &Generation, wanting: &Wanting) -> Option<Fact> {
    let name = &wanting.reference.name;
    let of_scope = |scope: Scope| {
        let declared = generation.base.facts.get(&(scope, name.clone()))?;
        let source = generation.base.sources.get("facts.yaml")?;
        Some((declared, source.at(declared.span)))
    };
    let (declared, at) = match wanting.reference.root {
        Root::Company => of_scope(Scope::Company),
        Root::Product => of_scope(Scope::Product),
        Root::Market => of_scope(Scope::Market),
        Root::Local => local(generation, wanting),
        Root::Param | Root::Choice | Root::Term => None,
    }?;
    Some(fact(wanting, path(wanting), declared, &at))
}

fn local<'g>(generation: &'g Generation, wanting: &Wanting) -> Option<(&'g Arc<FactDeclaration>, At)> {
    let place: &JurisdictionId = wanting.region.as_ref().or(wanting.market.as_ref())?;
    let jurisdiction = &generation.closures.get(place)?.jurisdiction;
    let (by, declared) = jurisdiction.merged.facts.get(&wanting.reference.name)?;
    Some((declared, jurisdiction.lineage.get(by)?.source.at(declared.span)))
}

fn path(wanting: &Wanting) -> String {
    let name = &wanting.reference.name;
    match (&wanting.market, &wanting.region) {
        (Some(market), Some(region)) => format!("markets.{market}.within.{region}.{name}"),
        (Some(market), None) => format!("markets.{market}.{name}"),
        (None, _) => wanting.reference.to_string(),
    }
}

fn fact(wanting: &Wanting, path: String, declared: &FactDeclaration, at: &At) -> Fact {
    let (values, vocabulary) = match &declared.vocabulary {
        Vocabulary::None => (Vec::new(), None),
        Vocabulary::Values(values) => (values.iter().map(ToString::to_string).collect(), None),
        Vocabulary::Iso3166 => (Vec::new(), Some("iso-3166".to_owned())),
        Vocabulary::Bcp47 => (Vec::new(), Some("bcp-47".to_owned())),
    };
    Fact {
        path,
        scope: wanting.reference.root.to_string(),
        market: wanting.market.as_ref().map(ToString::to_string),
        region: wanting.region.as_ref().map(ToString::to_string),
        name: wanting.reference.name.to_string(),
        value_type: declared.value_type.to_string(),
        unit: declared.unit.as_deref().map(str::to_owned),
        doc: declared.doc.to_string(),
        values,
        vocabulary,
        default: None,
        at: at.to_string(),
        decides: Amount::default().to_string(),
        rules: 0,
        needed_by: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture,
        host::Answering,
        protocol::QueryRequest,
        server::Host as _,
        testing::{DE, Files, OTHERS_NONE, obligations, plugins, problems, request},
    };

    fn asked(files: &Files, request: &QueryRequest) -> Facts {
        let published = files.published();
        assert_eq!(problems(&published), "");
        let current = Arc::new(arc_swap::ArcSwap::new(published));
        Answering::once(current, None)
            .facts(request, "test")
            .unwrap_or_else(|refusal| panic!("{refusal:?}"))
            .facts
    }

    /// Each missing fact as `path money: what needs it`.
    #[track_caller]
    fn check(files: &Files, strategy: &str, expected: &[&str]) {
        let facts = asked(files, &request(strategy));
        let shown = facts.missing.iter().map(|fact| {
            let needs = fact.needed_by.iter().map(|need| format!(" {} {}", need.kind.as_str(), need.id));
            format!("{} {}:{}", fact.path, fact.decides, needs.collect::<String>())
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn money_comes_first_then_rules_then_the_path() {
        let fact = |path, money: i64, rules| (Amount(money), Fact { rules, ..fixture::fact(path, "0", &[]) });
        let facts = vec![
            fact("product.b", 0, 1),
            fact("product.a", 0, 1),
            fact("product.c", 0, 2),
            fact("product.d", 20_000, 1),
            fact("product.e", 100_000, 1),
        ];
        let paths: Vec<String> = sorted(facts).into_iter().map(|fact| fact.path).collect();
        assert_eq!(paths, ["product.e", "product.d", "product.c", "product.a", "product.b"]);
    }

    #[test]
    fn a_fact_decides_what_its_obligations_would_cost() {
        let rules = obligations(&[
            ("small", "market.users > 5", "{once: {fixed: 10 EUR}}"),
            ("large", "product.personal_data", "{once: {fixed: {low: 1 EUR, likely: 2 EUR, high: 90 EUR}}}"),
            ("both", "product.personal_data && market.users > 7", "{once: {fixed: 5 EUR}}"),
        ]);
        let files = Files::new().country("de", &rules);
        let expected = [
            "product.personal_data 95.0000: obligation de.both obligation de.large",
            "markets.de.users 15.0000: obligation de.both obligation de.small",
        ];
        check(&files, DE, &expected);
        // Nothing depends on what decides nothing.
        check(
            &files,
            "product: {personal_data: false}\n{DE}".replace("{DE}", DE).as_str(),
            &["markets.de.users 10.0000: obligation de.small"],
        );
    }

    #[test]
    fn penalties_counts_and_plugins_need_facts_too() {
        let penalty = "penalties: {fine: {cite: \"law#x\", confidence: high, when: \"true\", maximum: \"market.revenue\", per: infringement, liable: company}}\n";
        let rules = obligations(&[("some", "true", "{once: {fixed: 10 EUR}, times: \"product.systems\"}")]);
        let stages = OTHERS_NONE.replace("culture: {none: not needed, by: test}", "culture: {heads: {}}");
        let files = Files::new()
            .country("de", &format!("{penalty}{rules}{stages}"))
            .plugin("heads", plugins::needing_fact("heads", "market.users"));
        check(
            &files,
            DE,
            &[
                "markets.de.revenue 0.0000: penalty de.fine",
                "markets.de.users 0.0000: plugin heads",
                "product.systems 0.0000: obligation de.some",
            ],
        );
    }

    #[test]
    fn what_may_forbid_and_what_may_be_forbidden_need_facts() {
        let rules = "blocks: {wall: {title: Wall, cite: \"law#w\", confidence: high, when: \"product.personal_data\"}}
choices: {dpo: {options: {own: {}, hired: {allowed_when: \"market.users < 5\", cite: \"law#d\"}}}}\n";
        let files = Files::new().country("de", rules);
        check(
            &files,
            DE,
            &["markets.de.users 0.0000: choice de.dpo", "product.personal_data 0.0000: block de.wall"],
        );
        // A pinned option is the only one that counts.
        check(
            &files,
            "markets: {de: {weight: 1, choices: {dpo: own}}}\n",
            &["product.personal_data 0.0000: block de.wall"],
        );
    }

    #[test]
    fn a_regions_fact_is_given_within_and_a_local_one_where_it_is_declared() {
        let own = |name: &str| format!("facts: {{{name}: {{type: flag, doc: any}}}}\n");
        let duty = |name: &str| {
            obligations(&[(name, &format!("local.{name} && market.users > 1"), "{once: {fixed: 1 EUR}}")])
        };
        let region = format!(
            "schema: landfall/jurisdiction@1\nid: de-by\nkind: region\ntitle: by\nextends: [de]\ncurrency: EUR\n{}{}",
            own("deep"),
            duty("deep")
        );
        let files = Files::new().country("de", &(own("near") + &duty("near"))).rule("de-by", region);
        check(
            &files,
            "markets: {de: {weight: 1, within: {de-by: {}}}}\n",
            &[
                "markets.de.near 1.0000: obligation de.near",
                "markets.de.users 1.0000: obligation de.near",
                "markets.de.within.de-by.deep 1.0000: obligation de-by.deep",
                "markets.de.within.de-by.users 1.0000: obligation de-by.deep",
            ],
        );
        let facts = asked(&files, &request("markets: {de: {weight: 1, users: 2, within: {de-by: {}}}}\n"));
        let (first, last) = (&facts.missing[0], facts.missing.last().unwrap());
        assert_eq!((first.scope.as_str(), first.at.as_str()), ("local", "de.yaml:7:9"));
        assert_eq!(last.path, "markets.de.within.de-by.deep");
    }

    #[test]
    fn a_default_stands_in_and_is_listed() {
        let files =
            Files::new().country("de", &obligations(&[("x", "!company.sme", "{once: {fixed: 1 EUR}}")]));
        let facts = asked(&files, &request(DE));
        assert_eq!((facts.missing.len(), facts.status), (0, Status::Complete));
        let [sme] = facts.defaulted.as_slice() else { panic!("{facts:?}") };
        assert_eq!((sme.path.as_str(), sme.default.as_deref()), ("company.sme", Some("false")));
    }

    #[test]
    fn what_is_paid_once_counts_once() {
        let shared = "obligations: {once: {title: Once, cite: \"law#o\", confidence: high, shared: true, when: \"product.personal_data\", effort: {once: {fixed: 7 EUR}}}}\n";
        let files = Files::new().country("de", "").country("br", "");
        let files = files.replace("global", "stages:", &format!("{shared}stages:"));
        check(
            &files,
            "markets: {de: {weight: 1}, br: {weight: 1}}\n",
            &["product.personal_data 7.0000: obligation global.once"],
        );
    }

    #[test]
    fn a_market_nobody_looked_into_is_named() {
        let rules = "blocks: {wall: {title: Wall, cite: \"law#w\", confidence: high, when: \"true\"}}\n";
        let facts = asked(&Files::new().country("de", rules), &request(DE));
        let [unseen] = facts.unseen.as_slice() else { panic!("{facts:?}") };
        assert_eq!((unseen.market.as_str(), unseen.status), ("de", Status::Blocked));
    }
}
