// What no plugin may reach for is gone once it is sealed. In a process of its own, as it cannot be undone.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** What a module says that runs after the seal. */
function sealed(source) {
  const module = `
    const { writeSync } = await import("node:fs");
    const { reached } = await import(${JSON.stringify(new URL("../sealed.js", import.meta.url).href)});
    const say = (value) => writeSync(1, String(value) + "\\n");
    try { ${source} } catch (error) { say(error.name + ": " + error.message); }
    say(reached());`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "--eval", module], { encoding: "utf8" });
  return ran.stdout.trim().split("\n");
}

test("a forbidden thing throws why, however it is named", () => {
  const clock = "`Date`: a plugin has no clock: what changes by date is a param";
  const chance = "`Math.random`: a plugin has no randomness: the same case must give the same lines";
  for (const [source, message] of [
    ["Date.now()", clock],
    ['globalThis["Da" + "te"]', clock],
    ["const { random } = Math; random()", chance],
    ["crypto", "`crypto`: a plugin has no randomness: the same case must give the same lines"],
    ["(() => {}).constructor('return 1')()", "`Function`: a plugin runs no code but what it was built from"],
    ["'a'.localeCompare('b')", "`localeCompare`: a plugin knows no locale: the same case must give the same lines everywhere"],
    ["(1.5).toLocaleString()", "`toLocaleString`: a plugin knows no locale: the same case must give the same lines everywhere"],
    ["process.env", "`process`: a plugin has no environment: what it needs is a fact, a param or a setting"],
  ]) {
    assert.deepEqual(sealed(source), [`Refused: ${message}`, message], source);
  }
});

test("what is caught is not forgotten", () => {
  assert.deepEqual(sealed("try { Math.random() } catch {} say('went on')"), [
    "went on",
    "`Math.random`: a plugin has no randomness: the same case must give the same lines",
  ]);
});

test("the language itself stays", () => {
  const source = "say([3n, 1n, 2n].sort().join() + JSON.stringify({ a: [...new Map([[1, 2]])] }) + /b+/.exec('abbc')[0])";
  assert.deepEqual(sealed(source), ['1,2,3{"a":[[1,2]]}bb', "undefined"]);
});
