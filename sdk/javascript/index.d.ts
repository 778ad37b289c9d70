/**
 * Write Landfall plugins in JavaScript and TypeScript.
 *
 * A plugin is a pure function from a case (facts, params, triggered obligations, choices) to line items. Export what
 * {@link plugin} makes of it, and `landfall plugin build` makes it a file that a host takes.
 *
 * ```js
 * import { count, counted, money, plugin, setting, yearly } from "#landfall";
 *
 * const facts = { tickets: count("market.monthly_tickets") };
 * const params = { ticket: money("ticket_price") };
 *
 * export default plugin({
 *   stages: ["output"],
 *   separable: true,
 *   facts,
 *   params,
 *   settings: { range: setting.range },
 *   estimate(given) {
 *     const price = given.settings.range.around(given.params.ticket);
 *     const cost = counted(given.facts.tickets * 12n, "ticket", price);
 *     return [yearly("support", cost).used(facts.tickets, params.ticket)];
 *   },
 * });
 * ```
 *
 * It does not price effort (the host does), know dates (what changes by date is a param) or convert currencies. It
 * promises that nothing wraps and nothing is rounded but where it becomes an amount: arithmetic is exact.
 */

// Quantities

/** Whatever says exactly how much it is. A `number` is taken where it is whole; `0.5` is not exact and a TypeError. */
export type Quantity = Exact | bigint | number | string;

/** Where money is wanted. A bare number does not say that it is money: write `Amount.of(12)`. */
export type Money = Amount | Exact;

/** An exact fraction: `exact("0.5")`, `exact(users).times(rate).over(1000)`. */
export function exact(value: Quantity): Exact;

/**
 * An exact fraction of two BigInts. Arithmetic never rounds; {@link amount}, {@link volume} and {@link ratio} do, once,
 * half to even, and throw {@link Refused} where the result does not fit 64 bits. Division by nought is refused alike.
 */
export class Exact {
  constructor(numerator: bigint, denominator?: bigint);
  readonly numerator: bigint;
  readonly denominator: bigint;
  plus(other: Quantity): Exact;
  minus(other: Quantity): Exact;
  times(other: Quantity): Exact;
  over(other: Quantity): Exact;
  /** Below nought where this is less, nought where both are the same, above it where this is more. */
  compare(other: Quantity): -1 | 0 | 1;
  /** So many units of the currency, rounded to ten-thousandths. */
  amount(): Amount;
  /** So many of whatever is counted, rounded to ten-thousandths. */
  volume(): Volume;
  /** A ratio, rounded to billionths. */
  ratio(): Ratio;
  toString(): string;
}

/** Money in ten-thousandths of one unit of the case's currency: `new Amount(12_500n)` is 1.25. */
export class Amount extends Exact {
  static readonly ZERO: Amount;
  constructor(tenThousandths: bigint);
  /** Units of the currency: `Amount.of("12.50")`, `Amount.of(12)`. */
  static of(units: Quantity): Amount;
  readonly tenThousandths: bigint;
  #private;
}

/** How many of a unit a line counts, in ten-thousandths of it. */
export class Volume extends Exact {
  constructor(tenThousandths: bigint);
  static of(units: Quantity): Volume;
  readonly tenThousandths: bigint;
  #private;
}

/** A share or rate in billionths: `Ratio.of("2%")` is `new Ratio(20_000_000n)`. */
export class Ratio extends Exact {
  static readonly ZERO: Ratio;
  static readonly ONE: Ratio;
  constructor(billionths: bigint);
  /** A part of a whole: `Ratio.of("2%")`, `Ratio.of("0.02")`. */
  static of(share: Quantity): Ratio;
  readonly billionths: bigint;
  #private;
  /** Whether it is from 0 % to 100 %. */
  readonly isShare: boolean;
  /** What is left of a whole. */
  rest(): Exact;
}

/** The same amount at its lowest, likeliest and highest; not percentiles. */
export class Spread {
  static readonly ZERO: Spread;
  constructor(low: Money, likely: Money, high: Money);
  /** The same three times. */
  static certain(likely: Money): Spread;
  readonly low: Amount;
  readonly likely: Amount;
  readonly high: Amount;
  /** Each of the three. */
  map(change: (amount: Amount) => Money): Spread;
  /** Each times a factor, rounded half to even. */
  times(factor: Quantity): Spread;
  /** Whether a host takes it: 0 ≤ low ≤ likely ≤ high. */
  readonly isOrdered: boolean;
  toString(): string;
}

/** From how much to how much of the likely price a price may be; what the setting `range` is read into. */
export class Range {
  static readonly CERTAIN: Range;
  constructor(low: Ratio, high: Ratio);
  readonly low: Ratio;
  readonly high: Ratio;
  /** The likely price, with its low and high, each rounded from what it is exactly. */
  around(likely: Money): Spread;
}

/** A day; month and day count from 1. `<` and `>=` compare two of them. */
export class Day {
  constructor(year: number, month: number, day: number);
  readonly year: number;
  readonly month: number;
  readonly day: number;
  compare(other: Day): number;
  toString(): string;
}

/** A length of time in the unit that the law counts in: 3 business days are not 72 hours. */
export interface Period {
  readonly n: number;
  readonly unit: "hour" | "day" | "business-day" | "week" | "month" | "year";
}

// Needs

/** A declared fact, param or demand. Its value has the same name in what `estimate` is given. */
export interface Need<T> {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** Only for the type checker. */
  readonly " type"?: T;
}

/** true or false. */
export function flag(name: string): Need<boolean>;
/** A whole number: a BigInt. */
export function count(name: string): Need<bigint>;
/** A share or rate. */
export function ratio(name: string): Need<Ratio>;
/** Money in the case's currency. */
export function money(name: string): Need<Amount>;
/** Free text. */
export function text(name: string): Need<string>;
/** One of declared values, such as a country. */
export function oneOf(name: string): Need<string>;
/** Some of declared values, distinct and sorted. */
export function set(name: string): Need<readonly string[]>;
/** A day of the calendar. */
export function date(name: string): Need<Day>;
/** A length of time. */
export function period(name: string): Need<Period>;
/** A need whose value may be missing, and is `undefined` then; see `given.require`. */
export function optional<T>(need: Need<T>): Need<T | undefined>;

/** A declared choice, and the options that the plugin can price. */
export interface Choice<O extends string> {
  readonly id: string;
  readonly options: readonly O[];
}

/** A choice by its id in the rule file, and its options: `choice("desk", "in_house", "outsourced")`. */
export function choice<const O extends string>(id: string, ...options: [O, ...O[]]): Choice<O>;

export type Needs = Readonly<Record<string, Need<unknown>>>;
export type Choices = Readonly<Record<string, Choice<string>>>;
export type Values<N> = { readonly [Field in keyof N]: N[Field] extends Need<infer T> ? T : never };
export type Chosen<C> = { readonly [Field in keyof C]: C[Field] extends Choice<infer O> ? O : never };

// Settings

/** A declared setting: its schema, and what it is read into. */
export interface Setting<T> {
  /** What people read about it. */
  describe(description: string): Setting<T>;
  /** It may be left out, and is `undefined` then. */
  optional(): Setting<T | undefined>;
  /** Of whole numbers: the least. */
  least(minimum: bigint | number): Setting<T>;
  /** Only for the type checker. */
  readonly " type"?: T;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type SetTo<S> = { readonly [Field in keyof S]: S[Field] extends Setting<infer T> ? T : never };

/** What a rule file can set, by its type. */
export const setting: {
  /** `0.50 EUR` */
  readonly money: Setting<Amount>;
  /** `80%` */
  readonly ratio: Setting<Ratio>;
  /** `2.5` */
  readonly decimal: Setting<Volume>;
  /** `{low: 80%, high: 130%}`; left out, prices are certain. */
  readonly range: Setting<Range>;
  /** `5 EUR`, or `{low: 4 EUR, likely: 5 EUR, high: 8 EUR}` */
  readonly spread: Setting<Spread>;
  readonly flag: Setting<boolean>;
  readonly whole: Setting<bigint>;
  readonly text: Setting<string>;
  oneOf<const O extends string>(...options: [O, ...O[]]): Setting<O>;
  list<T>(item: Setting<T>): Setting<readonly T[]>;
  map<T>(value: Setting<T>): Setting<ReadonlyMap<string, T>>;
  object<S extends Settings>(fields: S): Setting<SetTo<S>>;
};

// Lines

export type Cadence = "once" | "yearly";

/** What a line costs: an amount, a spread, or a count times a price. */
export type Cost = Money | Spread | Counted;

/** A count times a price, which the host checks against the line's amount. */
export interface Counted {
  readonly count: Volume;
  readonly unit: string;
  readonly price: Spread;
  readonly amount: Spread;
}

/** `count` units at `price` each; the count is rounded to ten-thousandths of a unit, then the product. */
export function counted(count: Quantity, unit: string, price: Money | Spread): Counted;

/** What a line rests on: needs and choices as they were declared, also in lists; what is not there is left out. */
export type Ground = Need<unknown> | Choice<string> | undefined | null | false | readonly Ground[];

/** A line item. */
export interface Line {
  readonly cadence: Cadence;
  readonly label: string;
  readonly amount: Spread;
  readonly quantity: Counted | undefined;
  readonly obligation: number | undefined;
  /** The same line, of an obligation that it meets. */
  of(obligation: Obligation): Line;
  /** The same line, with what it rests on: `.used(facts.users, params.price)`. */
  used(...needs: Ground[]): Line;
  toString(): string;
}

/** A line paid once. A label carries no values: with its obligation it is the line's identity over time. */
export function once(label: string, cost: Cost): Line;
/** A line paid every year; the host takes parts of years into account. */
export function yearly(label: string, cost: Cost): Line;

// The plugin

export type Stage = "market-selection" | "data-adaptation" | "compliance" | "culture" | "output";

/** A triggered obligation. */
export interface Obligation<D = unknown, K extends string = string> {
  readonly index: number;
  /** Which of those that the plugin knows this is. */
  readonly known: K | undefined;
  /** What its effort costs once, priced by the host. */
  readonly once: Spread | undefined;
  /** What its effort costs every year, priced by the host. */
  readonly yearly: Spread | undefined;
  /** What it demands of the plugin. */
  readonly demands: Values<D> | undefined;
  /** Its priced effort as lines `once` and `yearly`, times a factor. */
  pricedEffort(factor?: Quantity): Line[];
  /**
   * Its priced effort less what something that exists already saves of it: the parts (how complete it is, how much of
   * it serves here) times the share that the whole of it would save. Facts and params, as they were declared.
   */
  effortLess(saved: { parts: readonly Need<Ratio | undefined>[]; once: Need<Ratio | undefined>; yearly: Need<Ratio | undefined> }): Line[];
}

/** What a plugin is asked about: one market, one period, one set of options. */
export interface Given<F = {}, P = {}, D = {}, C = {}, K extends string = string, S = {}> {
  readonly stage: Stage;
  /** ISO 4217 code that every amount here and in the answer is in. */
  readonly currency: string;
  /** What the strategy says. */
  readonly facts: Values<F>;
  /** What the rule files say, as in force in this period. */
  readonly params: Values<P>;
  /** Which option is being tried. */
  readonly choices: Chosen<C>;
  /** Those that this plugin costs, priced, and those that demand something of it. */
  readonly obligations: readonly Obligation<D, K>[];
  /** What the rule file sets for this plugin. */
  readonly settings: SetTo<S>;
  /** The value of a declared fact or param; an optional one that is not there ends as {@link NeedsFact} or {@link NeedsParam}. */
  require<T>(need: Need<T>): Exclude<T, undefined>;
  /** The priced effort of every obligation. A plugin that costs obligations passes it on, or it would be lost. */
  pricedEffort(): Line[];
}

/** What a plugin declares. */
export interface Declared<F, P, D, C, K extends string, S> {
  /** The stages that it costs. */
  stages: readonly [Stage, ...Stage[]];
  /** Whether each line depends on no other obligation than its own. */
  separable?: boolean;
  facts?: F;
  params?: P;
  /** What obligations may demand of it. */
  demands?: D;
  choices?: C;
  /** Ids of obligations that it treats in its own way. */
  knows?: readonly K[];
  settings?: S;
  /** What a stage costs in this case. Pure: the same case, the same lines. */
  estimate(given: Given<F, P, D, C, K, S>): Iterable<Line>;
}

/** What a module exports. */
export interface Plugin<F = any, P = any, D = any, C = any, K extends string = any, S = any> {
  readonly " given"?: Given<F, P, D, C, K, S>;
}

/** A plugin of what it needs and how it answers. Id, version and summary are those of package.json. */
export function plugin<
  const F extends Needs = {},
  const P extends Needs = {},
  const D extends Needs = {},
  const C extends Choices = {},
  const K extends string = never,
  const S extends Settings = {},
>(declared: Declared<F, P, D, C, K, S>): Plugin<F, P, D, C, K, S>;

/** Refuses a ratio that is not from 0 % to 100 %; `name` is what it is called. */
export function share(ratio: Ratio, name: string): Ratio;

// No answer

/** Why there is no answer: lower case, no full stop. */
export class Refused extends Error {}
/** An optional fact that turned out to be needed. */
export class NeedsFact extends Error {
  constructor(need: Need<unknown>);
}
/** An optional param that turned out to be needed. */
export class NeedsParam extends Error {
  constructor(need: Need<unknown>);
}

/** The plugin's only way out besides its answer; no part of the answer. */
export const log: {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
};
