// Line items: one amount with its cadence and its reason.

import { Exact, Spread, exact, spread } from "./exact.js";
import { Choice, Need } from "./needs.js";

/** What a line costs, as a count times a price: exactly what the host computes again. */
class Counted {
  constructor(count, unit, price) {
    this.count = exact(count).volume();
    this.unit = word(unit, "unit");
    this.price = spread(price);
    this.amount = this.price.times(this.count);
    Object.freeze(this);
  }
}

export class Line {
  constructor(cadence, label, cost, obligation, needs = []) {
    this.cadence = cadence;
    this.label = word(label, "label");
    this.quantity = cost instanceof Counted ? cost : undefined;
    this.amount = cost instanceof Counted ? cost.amount : spread(cost);
    this.obligation = obligation;
    this.needs = Object.freeze(needs);
    Object.freeze(this);
  }

  /** The obligation that this line meets. */
  of(obligation) {
    return new Line(this.cadence, this.label, this.quantity ?? this.amount, obligation.index, this.needs);
  }

  /** What this line rests on, each named once. */
  used(...needs) {
    const all = [...this.needs];
    for (const need of needs.flat(Infinity)) {
      if (need === undefined || need === null || need === false) continue;
      if (!(need instanceof Need || need instanceof Choice)) throw notDeclared(need);
      if (!all.includes(need)) all.push(need);
    }
    return new Line(this.cadence, this.label, this.quantity ?? this.amount, this.obligation, all);
  }

  toString() {
    const { count, unit, price } = this.quantity ?? {};
    const of = this.obligation === undefined ? "" : ` (obligation ${this.obligation})`;
    return `${this.cadence} ${this.label}${of}: ${this.amount}${unit ? ` = ${count} ${unit} × ${price}` : ""}`;
  }
}

export const once = (label, cost) => new Line("once", label, cost);
export const yearly = (label, cost) => new Line("yearly", label, cost);
export const counted = (count, unit, price) => new Counted(count, unit, price);

function word(text, what) {
  if (typeof text !== "string") throw new TypeError(`a ${what} is text, and \`${String(text)}\` is none`);
  return text;
}

function notDeclared(value) {
  const kind = value instanceof Exact || value instanceof Spread ? `the value ${value}` : `\`${String(value)}\``;
  return new TypeError(
    `a line rests on needs, and ${kind} is none: name it as it was declared, such as .used(facts.users)`,
  );
}
