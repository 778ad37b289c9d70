// Needs as typed fields: declared once, filled from the host's positional values.

import { Amount, Ratio } from "./exact.js";
import { Refused } from "./failure.js";

/** One declared fact, param or demand; what a line names as used. */
export class Need {
  constructor(name, type, required = true) {
    if (typeof name !== "string") {
      throw new TypeError(`a need is declared by its name, such as ${type}("market.users")`);
    }
    this.name = name;
    this.type = type;
    this.required = required;
    Object.freeze(this);
  }

  // `facts.users * 12n` is a slip: the declaration where the value was meant.
  [Symbol.toPrimitive](hint) {
    if (hint === "string") return this.name;
    throw new TypeError(`\`${this.name}\` is declared here, and has its value in what estimate is given`);
  }
}

/** A declared choice. */
export class Choice {
  constructor(id, options) {
    if (typeof id !== "string" || options.length === 0) {
      throw new TypeError('a choice is declared by its id and options, such as choice("desk", "in_house", "outsourced")');
    }
    this.id = id;
    this.options = Object.freeze(options);
    Object.freeze(this);
  }
}

export const flag = (name) => new Need(name, "flag");
export const count = (name) => new Need(name, "count");
export const ratio = (name) => new Need(name, "ratio");
export const money = (name) => new Need(name, "money");
export const text = (name) => new Need(name, "text");
export const oneOf = (name) => new Need(name, "one-of");
export const set = (name) => new Need(name, "set");
export const date = (name) => new Need(name, "date");
export const period = (name) => new Need(name, "period");
export const optional = (need) => new Need(need.name, need.type, false);
export const choice = (id, ...options) => new Choice(id, options);

/** A day of the calendar; month and day count from 1. */
export class Day {
  constructor(year, month, day) {
    this.year = year;
    this.month = month;
    this.day = day;
    Object.freeze(this);
  }

  compare(other) {
    return Math.sign(this.year - other.year || this.month - other.month || this.day - other.day);
  }

  toString() {
    const padded = (number, places) => `${number}`.padStart(places, "0");
    return `${padded(this.year, 4)}-${padded(this.month, 2)}-${padded(this.day, 2)}`;
  }

  // Days compare by the numbers they are written as; a sum of days means nothing.
  [Symbol.toPrimitive](hint) {
    if (hint === "number") return this.year * 10_000 + this.month * 100 + this.day;
    return this.toString();
  }
}

const READ = {
  flag: ["flag", (flag) => flag],
  count: ["count", (count) => count],
  ratio: ["ratio", (billionths) => new Ratio(billionths)],
  money: ["money", (tenThousandths) => new Amount(tenThousandths)],
  text: ["text", (text) => text],
  "one-of": ["text", (text) => text],
  set: ["set", (members) => Object.freeze([...members])],
  date: ["date", ({ year, month, day }) => new Day(year, month, day)],
  period: ["period", ({ n, unit }) => Object.freeze({ n, unit })],
};

/** Every field with its value; `missing` makes the failure where a required one is not there. */
export function readNeeds(needs, values, missing) {
  const fields = Object.entries(needs);
  const read = fields.map(([field, need], at) => [field, readValue(need, values[at], at, missing)]);
  return Object.freeze(Object.fromEntries(read));
}

function readValue(need, value, at, missing) {
  if (value === undefined) throw new Refused(`the host gave no value at the place of \`${need.name}\``);
  if (value.tag === "missing") {
    if (need.required) throw missing(need, at);
    return undefined;
  }
  const [tag, read] = READ[need.type];
  if (value.tag !== tag) throw new Refused(`the host gave \`${need.name}\` with another type`);
  return read(value.val);
}

export function readChoices(choices, chosen) {
  const read = Object.entries(choices).map(([field, { id, options }], at) => {
    const option = options[chosen[at]];
    if (option === undefined) throw new Refused(`the host gave no known option of choice \`${id}\``);
    return [field, option];
  });
  return Object.freeze(Object.fromEntries(read));
}
