// What a rule file sets for one plugin, declared once: the JSON Schema that the host checks it by, and how it is read.
//
// The host has checked the settings before the plugin sees them, and has turned text of `format` money and decimal into
// ten-thousandths, of ratio into billionths. They are read back here, and a key that nobody declared is still refused.

import { Amount, Range, Ratio, Spread, Volume } from "./exact.js";
import { Refused } from "./failure.js";

class Setting {
  constructor(schema, read, absent) {
    this.schema = schema;
    this.read = read;
    this.absent = absent;
    Object.freeze(this);
  }

  describe(description) {
    return new Setting({ description, ...this.schema }, this.read, this.absent);
  }

  optional() {
    return new Setting(this.schema, this.read, () => undefined);
  }

  least(minimum) {
    return new Setting({ ...this.schema, minimum: Number(minimum) }, this.read, this.absent);
  }
}

class Misfit extends Error {}

const misfit = (what) => new Misfit(`should be ${what}`);

const byFormat = (format, what, make) =>
  new Setting({ type: "string", format }, (json) => {
    if (typeof json !== "string" || !/^-?\d+$/.test(json)) throw misfit(what);
    return make(BigInt(json));
  });

const money = byFormat("money", "an amount as a string of ten-thousandths", (units) => new Amount(units));
const ratio = byFormat("ratio", "a ratio as a string of billionths", (billionths) => new Ratio(billionths));
const decimal = byFormat("decimal", "a decimal as a string of ten-thousandths", (units) => new Volume(units));

const range = new Setting(
  { default: { low: "100%", high: "100%" }, ...object({ low: ratio, high: ratio }).schema },
  (json) => {
    const { low, high } = object({ low: ratio, high: ratio }).read(json);
    try {
      return new Range(low, high);
    } catch (error) {
      throw error instanceof RangeError ? new Misfit(error.message) : error;
    }
  },
  () => Range.CERTAIN,
);

const three = object({ low: money, likely: money, high: money });
const spread = new Setting({ anyOf: [money.schema, three.schema] }, (json) => {
  if (typeof json === "string") return Spread.certain(money.read(json));
  const { low, likely, high } = three.read(json);
  const read = new Spread(low, likely, high);
  if (!read.isOrdered) throw misfit("low <= likely <= high, from 0");
  return read;
});

export const setting = Object.freeze({
  money,
  ratio,
  decimal,
  range,
  spread,
  flag: new Setting({ type: "boolean" }, (json) => {
    if (typeof json !== "boolean") throw misfit("true or false");
    return json;
  }),
  whole: new Setting({ type: "integer" }, (json) => {
    if (typeof json !== "bigint") throw misfit("a whole number");
    return json;
  }),
  text: new Setting({ type: "string" }, (json) => {
    if (typeof json !== "string") throw misfit("text");
    return json;
  }),
  oneOf: (...options) =>
    new Setting({ enum: options }, (json) => {
      if (!options.includes(json)) throw misfit(`one of ${options.map((option) => `\`${option}\``).join(", ")}`);
      return json;
    }),
  list: (item) =>
    new Setting({ type: "array", items: item.schema }, (json) => {
      if (!Array.isArray(json)) throw misfit("a list");
      return Object.freeze(json.map((each) => item.read(each)));
    }),
  map: (value) =>
    new Setting({ type: "object", additionalProperties: value.schema }, (json) => {
      const members = Object.entries(asObject(json));
      return new Map(members.map(([key, each]) => [key, within(key, () => value.read(each))]));
    }),
  object,
});

function object(declared) {
  const fields = Object.entries(declared);
  const required = fields.filter(([, field]) => field.absent === undefined).map(([key]) => key);
  const properties = Object.fromEntries(fields.map(([key, field]) => [key, field.schema]));
  const schema = { type: "object", additionalProperties: false, required, properties };
  if (required.length === 0) delete schema.required;
  return new Setting(schema, (json) => {
    const members = asObject(json);
    const read = fields.map(([key, field]) => [key, within(key, () => readMember(field, members[key]))]);
    const unknown = Object.keys(members).find((key) => !Object.hasOwn(declared, key));
    if (unknown !== undefined) throw new Misfit(`\`${unknown}\` is not known`);
    return Object.freeze(Object.fromEntries(read));
  });
}

function readMember(field, json) {
  const absent = json === undefined || json === null;
  return absent && field.absent !== undefined ? field.absent() : field.read(json);
}

function asObject(json) {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw misfit("a map");
  return json;
}

function within(key, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Misfit ? new Misfit(`\`${key}\` ${error.message}`) : error;
  }
}

export function readSettings(declared, text) {
  try {
    return object(declared).read(parse(text || "{}"));
  } catch (error) {
    throw error instanceof Misfit ? new Refused(`the settings do not fit: ${error.message}`) : error;
  }
}

export const schemaOf = (declared) => JSON.stringify(object(declared).schema);

/** JSON whose numbers are BigInts: JSON.parse would make binary ones of them, and lose digits beyond 2^53. */
function parse(text) {
  const WHOLE = "\u0000";
  const tagged = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"\\u0000${token}"`,
  );
  try {
    return JSON.parse(tagged, (_, value) =>
      typeof value === "string" && value.startsWith(WHOLE) ? BigInt(value.slice(1)) : value,
    );
  } catch (error) {
    throw error instanceof SyntaxError ? new Misfit("not JSON") : error;
  }
}
