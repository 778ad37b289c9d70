// What the law asks: supervision, a representative, a levy, faster answers, and its obligations.

import { type Line, Ratio, Refused, counted, exact, once, share, yearly } from "#landfall";

import { type Case, type Duty, THOUSAND_CHARACTERS, choices, demands, facts, params, withOverhead } from "./needs.js";

/** Lines of what the law asks. */
export function* duties(given: Case): Iterable<Line> {
  yield* supervision(given);
  yield* representative(given);
  yield* levy(given);
  yield* fasterAnswers(given);
  for (const obligation of given.obligations) {
    yield* effort(given, obligation);
    if (obligation.demands) yield* texts(given, obligation, obligation.demands);
  }
}

/** A fee for every sector of the product that is supervised. */
function* supervision(given: Case): Iterable<Line> {
  const fee = given.settings.range.around(given.params.fee);
  for (const sector of given.facts.sectors) {
    if (!given.params.supervised.includes(sector)) continue;
    yield once(`supervision ${sector}`, fee).used(facts.sectors, params.supervised, params.fee);
  }
}

/** Where the authority is abroad. */
function* representative(given: Case): Iterable<Line> {
  if (given.facts.home === given.params.authority) return;
  const fee = given.settings.range.around(given.params.fee);
  yield yearly("représentant · 代表", fee).used(facts.home, params.authority, params.fee);
}

/** A part of the revenue, half of it for small companies, none for new ones, and never more than the cap. */
function* levy(given: Case): Iterable<Line> {
  const { levyRate, levyFrom, levyCap } = given.params;
  if (levyRate === undefined) return;
  if (levyFrom !== undefined && given.require(facts.registered) >= levyFrom) return;
  const revenue = given.require(facts.revenue);
  const levied = revenue.times(levyRate).over(given.facts.sme ? 2 : 1).amount();
  const most = levyCap !== undefined && levyCap.compare(levied) < 0 ? levyCap : levied;
  yield yearly("levy", most).used(
    facts.revenue,
    params.levyRate,
    facts.sme,
    levyFrom !== undefined && [params.levyFrom, facts.registered],
    levyCap !== undefined && params.levyCap,
  );
}

/** An agent for that part of the time that must be saved. */
function* fasterAnswers(given: Case): Iterable<Line> {
  const { answersWithin: today } = given.facts;
  if (today === undefined) return;
  const { deadline, wage } = given.params;
  if (today.unit !== deadline.unit) {
    throw new Refused(`cannot compare ${today.n} ${today.unit} with ${deadline.n} ${deadline.unit}`);
  }
  if (today.n <= deadline.n) return;
  const part = exact(today.n - deadline.n).over(today.n);
  const cost = given.settings.range.around(wage.times(part));
  yield once("faster answers", cost).used(facts.answersWithin, params.deadline, params.wage);
}

/** Priced effort, passed on: in full, less what a programme saves, or with a service's overhead. */
function effort(given: Case, obligation: Duty): Line[] {
  switch (obligation.known) {
    case "breach_notice": {
      const [maturity, saves] = [given.require(facts.maturity), given.require(params.saves)];
      share(maturity, "company.privacy_maturity");
      share(saves, "programme_saves");
      return obligation.effortLess({ parts: [facts.maturity], once: params.saves, yearly: params.saves });
    }
    case "complaints_officer": {
      const factor = given.choices.desk === "in_house" ? 1 : withOverhead(given.settings);
      return obligation.pricedEffort(factor).map((line) => line.used(choices.desk));
    }
    default:
      return obligation.pricedEffort();
  }
}

/** A text that the law requires, in every language it requires it in. */
function* texts(given: Case, obligation: Duty, demanded: NonNullable<Duty["demands"]>): Iterable<Line> {
  const { languages, characters, certified } = demanded;
  const { settings } = given;
  const mode = given.choices.translation === "post_edit" ? (settings.post_edit ?? Ratio.ONE) : Ratio.ONE;
  const counts = exact(characters).times(certified ? 2 : 1).over(1000);
  for (const language of languages) {
    const level = settings.levels?.get(language) ?? Ratio.ONE;
    const price = settings.range.around(given.params.textPrice.times(level).times(mode));
    yield once(`text ${language}`, counted(counts, THOUSAND_CHARACTERS, price))
      .of(obligation)
      .used(
        demands.languages,
        demands.characters,
        certified !== undefined && demands.certified,
        params.textPrice,
        choices.translation,
      );
  }
}
