// Exact quantities: amounts, ratios, volumes, spreads, and the fractions between two roundings.
//
// Nothing here is binary floating point and nothing wraps. A formula is an `Exact` fraction of two BigInts; it is rounded
// once, half to even, where it becomes an amount, a ratio or a volume, and what does not fit 64 bits there is a failure.

import { tooLarge } from "./failure.js";

const AMOUNT_SCALE = 10_000n;
const RATIO_SCALE = 1_000_000_000n;
const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);
// A fraction is reduced only beyond this: reducing is most of the work, and most formulas never need it.
const REDUCED_FROM = 1n << 128n;

export class Exact {
  constructor(numerator, denominator = 1n) {
    if (typeof numerator !== "bigint" || typeof denominator !== "bigint") {
      throw new TypeError("a fraction is made of two BigInts: write exact(…)");
    }
    if (denominator === 0n) throw tooLarge();
    if (denominator < 0n) [numerator, denominator] = [-numerator, -denominator];
    if (denominator > REDUCED_FROM) {
      const divisor = greatestDivisor(numerator, denominator);
      [numerator, denominator] = [numerator / divisor, denominator / divisor];
    }
    this.numerator = numerator;
    this.denominator = denominator;
    if (new.target === Exact) Object.freeze(this);
  }

  plus(other) {
    const { numerator, denominator } = exact(other);
    if (denominator === this.denominator) return new Exact(this.numerator + numerator, denominator);
    return new Exact(
      this.numerator * denominator + numerator * this.denominator,
      this.denominator * denominator,
    );
  }

  minus(other) {
    const { numerator, denominator } = exact(other);
    return this.plus(new Exact(-numerator, denominator));
  }

  times(other) {
    const { numerator, denominator } = exact(other);
    return new Exact(this.numerator * numerator, this.denominator * denominator);
  }

  over(other) {
    const { numerator, denominator } = exact(other);
    return new Exact(this.numerator * denominator, this.denominator * numerator);
  }

  compare(other) {
    const difference = this.minus(other).numerator;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  amount() {
    return new Amount(round(this, AMOUNT_SCALE));
  }

  volume() {
    return new Volume(round(this, AMOUNT_SCALE));
  }

  ratio() {
    return new Ratio(round(this, RATIO_SCALE));
  }

  toString() {
    return this.denominator === 1n ? `${this.numerator}` : `${this.numerator}/${this.denominator}`;
  }

  // `amount * 2` and `amount < other` would go through a binary number, and `amount + 2` join text.
  [Symbol.toPrimitive](hint) {
    if (hint === "string") return this.toString();
    throw new TypeError(
      "operators do not take exact quantities: write .plus(…), .minus(…), .times(…), .over(…) or .compare(…)",
    );
  }
}

/** Ten-thousandths of one unit of the case's currency. */
export class Amount extends Exact {
  static ZERO = new Amount(0n);

  constructor(tenThousandths) {
    super(fitting(tenThousandths, "an amount is a BigInt of ten-thousandths", "Amount"), AMOUNT_SCALE);
    Object.freeze(this);
  }

  static of(units) {
    return exact(units).amount();
  }

  get tenThousandths() {
    return this.numerator;
  }

  amount() {
    return this;
  }

  toString() {
    return fixed(this.numerator);
  }
}

/** Ten-thousandths of one of whatever is counted. */
export class Volume extends Exact {
  constructor(tenThousandths) {
    super(fitting(tenThousandths, "a volume is a BigInt of ten-thousandths", "Volume"), AMOUNT_SCALE);
    Object.freeze(this);
  }

  static of(units) {
    return exact(units).volume();
  }

  get tenThousandths() {
    return this.numerator;
  }

  volume() {
    return this;
  }

  toString() {
    return fixed(this.numerator);
  }
}

/** Billionths of a whole: 2 % is 20_000_000n. */
export class Ratio extends Exact {
  static ZERO = new Ratio(0n);
  static ONE = new Ratio(RATIO_SCALE);

  constructor(billionths) {
    super(fitting(billionths, "a ratio is a BigInt of billionths", "Ratio"), RATIO_SCALE);
    Object.freeze(this);
  }

  static of(share) {
    const percent = typeof share === "string" && share.endsWith("%");
    return (percent ? exact(share.slice(0, -1).trimEnd()).over(100n) : exact(share)).ratio();
  }

  get billionths() {
    return this.numerator;
  }

  get isShare() {
    return 0n <= this.numerator && this.numerator <= RATIO_SCALE;
  }

  rest() {
    return exact(1n).minus(this);
  }

  ratio() {
    return this;
  }

  toString() {
    const { sign, whole, part } = digits(this.numerator, RATIO_SCALE / 100n, 7);
    const decimals = part.replace(/0+$/, "");
    return `${sign}${whole}${decimals && `.${decimals}`} %`;
  }
}

/** The same amount at its lowest, likeliest and highest; not percentiles. */
export class Spread {
  static ZERO = Spread.certain(Amount.ZERO);

  constructor(low, likely, high) {
    this.low = amount(low);
    this.likely = amount(likely);
    this.high = amount(high);
    Object.freeze(this);
  }

  static certain(likely) {
    return new Spread(likely, likely, likely);
  }

  map(change) {
    return new Spread(change(this.low), change(this.likely), change(this.high));
  }

  times(factor) {
    const by = exact(factor);
    return this.map((each) => each.times(by));
  }

  get isOrdered() {
    return (
      0n <= this.low.numerator &&
      this.low.numerator <= this.likely.numerator &&
      this.likely.numerator <= this.high.numerator
    );
  }

  toString() {
    const { low, likely, high } = this;
    const certain = low.numerator === likely.numerator && likely.numerator === high.numerator;
    return certain ? `${likely}` : `${low}..${likely}..${high}`;
  }
}

/** From how much to how much of the likely price a price may be. */
export class Range {
  static CERTAIN = new Range(Ratio.ONE, Ratio.ONE);

  constructor(low, high) {
    if (!low.isShare || high.compare(Ratio.ONE) < 0) {
      throw new RangeError("should be 0 % <= low <= 100 % <= high");
    }
    this.low = low;
    this.high = high;
    Object.freeze(this);
  }

  around(likely) {
    const price = quantity(likely);
    return new Spread(price.times(this.low), price, price.times(this.high));
  }
}

/** A fraction of whatever says exactly how much it is. */
export function exact(value) {
  if (value instanceof Exact) return value;
  if (typeof value === "bigint") return new Exact(value);
  if (typeof value === "string") return decimal(value);
  if (Number.isSafeInteger(value)) return new Exact(BigInt(value));
  if (typeof value === "number") {
    throw new TypeError(
      `\`${value}\` is a binary floating-point number, which is not exact: write exact("${value}"), ` +
        "or whole numbers and .over(…)",
    );
  }
  if (value === undefined) {
    throw new TypeError("a value is missing here: ask for an optional one with `given.require(…)`");
  }
  throw new TypeError(`\`${String(value)}\` is no quantity: write exact("0.5"), Amount.of("12.50") or 12n`);
}

/** Where an amount is wanted. A number of what would be a guess. */
export function amount(value) {
  return quantity(value).amount();
}

function quantity(value) {
  if (value instanceof Exact) return value;
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "string") {
    const units = typeof value === "string" || !Number.isSafeInteger(Number(value)) ? `"${value}"` : `${value}`;
    throw new TypeError(`\`${value}\` does not say that it is money: write Amount.of(${units})`);
  }
  return exact(value);
}

/** Where a spread is wanted, an amount is a certain one. */
export function spread(value) {
  return value instanceof Spread ? value : Spread.certain(value);
}

function decimal(text) {
  const read = /^(-?)(\d+(?:_\d+)*)(?:\.(\d+))?$/.exec(text);
  if (read === null) throw new TypeError(`\`${text}\` is no number: write digits, such as "12.50"`);
  const [, sign, whole, part = ""] = read;
  const magnitude = BigInt(whole.replaceAll("_", "") + part);
  return new Exact(sign ? -magnitude : magnitude, 10n ** BigInt(part.length));
}

/** Half to even. */
function round({ numerator, denominator }, scale) {
  const scaled = numerator * scale;
  let floor = scaled / denominator;
  let rest = scaled % denominator;
  if (rest < 0n) {
    floor -= 1n;
    rest += denominator;
  }
  const twice = rest * 2n;
  if (twice > denominator || (twice === denominator && floor % 2n !== 0n)) floor += 1n;
  return floor;
}

function fitting(value, what, of) {
  if (typeof value !== "bigint") {
    throw new TypeError(`${what}, and \`${String(value)}\` is none: write ${of}.of(…) to say it in units`);
  }
  if (value < LEAST || value > MOST) throw tooLarge();
  return value;
}

function greatestDivisor(a, b) {
  if (a < 0n) a = -a;
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function fixed(tenThousandths) {
  const { sign, whole, part } = digits(tenThousandths, AMOUNT_SCALE, 4);
  return `${sign}${whole}.${part}`;
}

function digits(value, scale, places) {
  const magnitude = value < 0n ? -value : value;
  const part = `${magnitude % scale}`.padStart(places, "0");
  return { sign: value < 0n ? "-" : "", whole: `${magnitude / scale}`, part };
}
