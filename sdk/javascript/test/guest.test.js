// A plugin as the host sees it: what it describes, what it answers, how it fails.

import assert from "node:assert/strict";
import { test } from "node:test";

import { guest } from "../guest.js";
import {
  Amount,
  NeedsFact,
  NeedsParam,
  Refused,
  choice,
  count,
  counted,
  date,
  flag,
  money,
  once,
  oneOf,
  optional,
  period,
  plugin,
  ratio,
  set,
  setting,
  text,
  yearly,
} from "../index.js";

const ABOUT = { id: "office", version: "1.0.0", summary: "An office" };
const facts = { users: count("market.users"), rate: optional(ratio("market.rate")) };
const params = { price: optional(money("price")) };
const demands = { words: count("words") };
const choices = { desk: choice("desk", "own", "service") };
const settings = { range: setting.range };

function asked(estimate, wire = {}) {
  const said = [];
  const made = plugin({
    stages: ["output"],
    facts,
    params,
    demands,
    choices,
    knows: ["dpo"],
    settings,
    estimate,
  });
  const office = guest(made, ABOUT, (level, message) => said.push(`${level}: ${message}`));
  const whole = {
    stage: "output",
    currency: "EUR",
    facts: [{ tag: "count", val: 100n }, { tag: "missing" }],
    params: [{ tag: "missing" }],
    choices: Uint32Array.of(1),
    obligations: [],
    settings: "{}",
    ...wire,
  };
  return { office, said, answer: () => office.estimate(whole) };
}

function failsWith(estimate, payload, wire) {
  assert.throws(asked(estimate, wire).answer, (error) => {
    assert.deepEqual(error.payload, payload);
    return true;
  });
}

function stopsWith(estimate, message) {
  const { answer, said } = asked(estimate);
  assert.throws(answer, (error) => error.payload === undefined);
  assert.match(said.join(), message);
}

test("a plugin is described in the order of its declarations", () => {
  const described = asked(() => []).office.describe();
  assert.deepEqual(described, {
    ...ABOUT,
    stages: ["output"],
    facts: [
      { name: "market.users", valueType: "count", required: true },
      { name: "market.rate", valueType: "ratio", required: false },
    ],
    params: [{ name: "price", valueType: "money", required: false }],
    demands: [{ name: "words", valueType: "count", required: true }],
    choices: [{ id: "desk", options: ["own", "service"] }],
    knows: ["dpo"],
    separable: false,
    settingsSchema: described.settingsSchema,
  });
  assert.deepEqual(JSON.parse(described.settingsSchema).properties.range.required, ["low", "high"]);
  assert.deepEqual(JSON.parse(described.settingsSchema).properties.range.default, { low: "100%", high: "100%" });
});

test("a line crosses with its amount, its quantity and what it rests on", () => {
  const price = Amount.of("0.50");
  const { answer } = asked((given) => [
    yearly("users", counted(given.facts.users, "user", given.settings.range.around(price))).used(
      facts.users,
      undefined,
      [facts.users, choices.desk],
    ),
    once("fee", Amount.of(1)),
  ], { settings: '{"range": {"low": "800000000", "high": "1300000000"}}' });
  const [users, fee] = answer();
  assert.deepEqual(users, {
    obligation: undefined,
    label: "users",
    cadence: "yearly",
    amount: { low: 400_000n, likely: 500_000n, high: 650_000n },
    used: [{ tag: "fact", val: 0 }, { tag: "choice", val: 0 }],
    quantity: { count: 1_000_000n, unit: "user", price: { low: 4000n, likely: 5000n, high: 6500n } },
  });
  assert.deepEqual(fee.amount, { low: 10_000n, likely: 10_000n, high: 10_000n });
  assert.equal(fee.quantity, undefined);
});

test("values are typed fields", () => {
  const needs = {
    a: flag("a"),
    b: text("b"),
    c: oneOf("c"),
    d: set("d"),
    e: date("e"),
    f: period("f"),
  };
  const wire = {
    facts: [
      { tag: "flag", val: true },
      { tag: "text", val: "é" },
      { tag: "text", val: "cn" },
      { tag: "set", val: ["a", "b"] },
      { tag: "date", val: { year: 2026, month: 2, day: 3 } },
      { tag: "period", val: { n: 3, unit: "business-day" } },
    ],
  };
  let seen;
  const made = plugin({
    stages: ["output"],
    facts: needs,
    estimate({ facts }) {
      seen = facts;
      return [];
    },
  });
  const call = { stage: "output", currency: "EUR", params: [], choices: [], obligations: [], settings: "{}", ...wire };
  assert.deepEqual(guest(made, ABOUT, () => {}).estimate(call), []);
  assert.deepEqual([seen.a, seen.b, seen.c, seen.d, `${seen.e}`], [true, "é", "cn", ["a", "b"], "2026-02-03"]);
  assert.deepEqual({ ...seen.f }, { n: 3, unit: "business-day" });
  assert.ok(Object.isFrozen(seen) && Object.isFrozen(seen.d));
});

test("what is thrown with a type is a typed failure", () => {
  failsWith((given) => given.require(facts.rate), { tag: "needs-fact", val: 1 });
  failsWith((given) => given.require(params.price), { tag: "needs-param", val: 0 });
  failsWith(() => { throw new NeedsFact(facts.users); }, { tag: "needs-fact", val: 0 });
  failsWith(() => { throw new NeedsParam(params.price); }, { tag: "needs-param", val: 0 });
  failsWith(() => { throw new Refused("no"); }, { tag: "refused", val: "no" });
  failsWith(() => [], { tag: "needs-fact", val: 0 }, { facts: [{ tag: "missing" }, { tag: "missing" }] });
  failsWith(() => [], { tag: "refused", val: "the host gave `market.users` with another type" }, {
    facts: [{ tag: "flag", val: true }, { tag: "missing" }],
  });
  failsWith(
    () => [],
    { tag: "refused", val: "the settings do not fit: `range` should be 0 % <= low <= 100 % <= high" },
    { settings: '{"range": {"low": "1300000000", "high": "800000000"}}' },
  );
});

test("what is thrown without one stops the plugin, and the log has its message", () => {
  stopsWith(() => null.x, /^error: TypeError: Cannot read properties of null/);
  stopsWith(() => { throw Object.assign(new Error("own"), { payload: 1 }); }, /^error: Error: own/);
  stopsWith(() => { throw new NeedsFact(params.price); }, /`price` is no fact that the plugin declares/);
  stopsWith(() => { throw "no error"; }, /^error: an exception that is no error: no error$/);
  stopsWith(() => undefined, /returns a list of lines/);
  stopsWith(async () => [], /is async/);
  stopsWith(() => ["users"], /made with once\(…\) or yearly\(…\), and `users` is none/);
  stopsWith((given) => [yearly("a", Amount.ZERO).used(given.facts.users)], /a line rests on needs, and `100` is none/);
  stopsWith(() => [yearly("a", Amount.ZERO).used(count("market.users"))], /which the plugin does not declare/);
  stopsWith((given) => [yearly("a", given.facts.users)], /write Amount\.of\(100\)/);
  stopsWith(() => [yearly("a", facts.users * 2)], /`market\.users` is declared here/);
});

test("effort is passed on, in full or less what is saved", () => {
  const rates = { parts: ratio("part"), saves: ratio("saves") };
  const made = plugin({
    stages: ["compliance"],
    facts: { part: rates.parts },
    params: { saves: rates.saves },
    knows: ["dpo"],
    separable: true,
    estimate: (given) =>
      given.obligations.flatMap((one) =>
        one.known === "dpo"
          ? one.effortLess({ parts: [rates.parts], once: rates.saves, yearly: rates.saves })
          : one.pricedEffort(),
      ),
  });
  const effort = { low: 10_000n, likely: 20_000n, high: 30_000n };
  const lines = guest(made, ABOUT, () => {}).estimate({
    stage: "compliance",
    currency: "EUR",
    facts: [{ tag: "ratio", val: 500_000_000n }],
    params: [{ tag: "ratio", val: 500_000_000n }],
    choices: [],
    obligations: [
      { known: undefined, once: effort, yearly: effort, demands: [] },
      { known: 0, once: effort, yearly: undefined, demands: [] },
    ],
    settings: "",
  });
  assert.deepEqual(
    lines.map(({ obligation, label, amount, used }) => [obligation, label, amount.likely, used.length]),
    [[0, "once", 20_000n, 0], [0, "yearly", 20_000n, 0], [1, "once", 15_000n, 2]],
  );
});

test("a declaration that cannot hold is said at once", () => {
  const estimate = () => [];
  const says = (declared, message) => assert.throws(() => plugin(declared), { name: "TypeError", message });
  says({ stages: [], estimate }, /`stages` names the stages/);
  says({ stages: ["outputs"], estimate }, /`stages` names the stages/);
  says({ stages: ["output"] }, /function `estimate`/);
  says({ stages: ["output"], fact: {}, estimate }, "a plugin has no `fact`: it has stages, separable, facts, params, demands, choices, knows, settings, estimate");
  says({ stages: ["output"], facts: { users: "market.users" }, estimate }, /write users: count\("market\.users"\)/);
  const twice = count("market.users");
  says({ stages: ["output"], facts: { a: twice, b: twice }, estimate }, "`market.users` is declared twice: declare each need on its own");
});
