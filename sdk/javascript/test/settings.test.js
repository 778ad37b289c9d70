// Settings: the schema that the host checks by, and what is read.

import assert from "node:assert/strict";
import { test } from "node:test";

import { setting } from "../index.js";
import { readSettings, schemaOf } from "../settings.js";

const declared = {
  fee: setting.money.describe("what to pay"),
  due: setting.oneOf("before", "after").optional(),
  hours: setting.whole.least(1).optional(),
  levels: setting.map(setting.ratio).optional(),
  rows: setting.list(setting.object({ name: setting.text, on: setting.flag.optional() })).optional(),
  cost: setting.spread.optional(),
  range: setting.range,
};

const refused = (text, message) =>
  assert.throws(() => readSettings(declared, text), { name: "Refused", message: `the settings do not fit: ${message}` });

test("a schema is made of what is declared", () => {
  assert.deepEqual(JSON.parse(schemaOf({ fee: declared.fee, due: declared.due, hours: declared.hours })), {
    type: "object",
    additionalProperties: false,
    required: ["fee"],
    properties: {
      fee: { description: "what to pay", type: "string", format: "money" },
      due: { enum: ["before", "after"] },
      hours: { type: "integer", minimum: 1 },
    },
  });
  assert.equal(schemaOf({}), '{"type":"object","additionalProperties":false,"properties":{}}');
});

test("what is set is read with its type, and what is left out is nothing", () => {
  const read = readSettings(
    declared,
    '{"fee": "9223372036854775807", "hours": 9007199254740993, "levels": {"ja": "1400000000", "1": "1"}, ' +
      '"rows": [{"name": "a\\"1", "on": true}], "cost": {"low": "1", "likely": "2", "high": "3"}}',
  );
  assert.equal(read.fee.tenThousandths, 9_223_372_036_854_775_807n);
  assert.equal(read.hours, 9_007_199_254_740_993n);
  assert.equal(`${read.levels.get("ja")}`, "140 %");
  assert.equal(read.rows[0].name, 'a"1');
  assert.equal(`${read.cost}`, "0.0001..0.0002..0.0003");
  assert.equal(read.due, undefined);
  assert.equal(`${read.range.low} ${read.range.high}`, "100 % 100 %");
});

test("what does not fit is refused with its key", () => {
  refused("{}", "`fee` should be an amount as a string of ten-thousandths");
  refused('{"fee": 1}', "`fee` should be an amount as a string of ten-thousandths");
  refused('{"fee": "1", "duo": "after"}', "`duo` is not known");
  refused('{"fee": "1", "due": "now"}', "`due` should be one of `before`, `after`");
  refused('{"fee": "1", "hours": "2"}', "`hours` should be a whole number");
  refused('{"fee": "1", "rows": [{"name": 1}]}', "`rows` `name` should be text");
  refused('{"fee": "1", "range": {"low": "1"}}', "`range` `high` should be a ratio as a string of billionths");
  refused('{"fee": "1", "cost": {"low": "3", "likely": "2", "high": "3"}}', "`cost` should be low <= likely <= high, from 0");
  refused("{", "not JSON");
  refused("[]", "should be a map");
});
