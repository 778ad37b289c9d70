// Takes away what no plugin may reach for, before the plugin's module runs. Linked in first by the build.
//
// The build has refused what it could see. What it could not (a name put together at run time, a property of an object)
// ends here: it throws why, and even where that is caught, there is no answer. Nothing is replaced by a constant, which
// would be a wrong number that nobody sees.

import { Refused } from "./failure.js";
import { forbidden, local, unnamed, whyLocal } from "./forbidden.js";

// The language itself, less what depends on a machine; beside it two pure classes of the web.
const KEPT = new Set(
  (
    "globalThis Infinity NaN undefined isFinite isNaN parseFloat parseInt " +
    "decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape " +
    "Object Boolean Symbol Number BigInt Math String RegExp Array Map Set WeakMap WeakSet JSON Promise Proxy Reflect " +
    "Iterator Error AggregateError EvalError InternalError RangeError ReferenceError SyntaxError TypeError URIError " +
    "SuppressedError ArrayBuffer DataView BigInt64Array BigUint64Array Int8Array Uint8Array Uint8ClampedArray Int16Array " +
    "Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array TextDecoder TextEncoder structuredClone"
  ).split(" "),
);

let first;

/** What was reached for first, and why there is none; nothing where nothing was. */
export const reached = () => first;

export function seal() {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!KEPT.has(name)) remove(globalThis, name, name, forbidden[name] ?? unnamed);
  }
  for (const name of Object.keys(forbidden)) {
    if (!name.includes(".") && !Object.hasOwn(globalThis, name)) remove(globalThis, name, name, forbidden[name]);
  }
  refuse(Math, "random", "Math.random", forbidden["Math.random"]);
  for (const [name, methods] of Object.entries(local)) {
    const { prototype } = globalThis[name];
    for (const method of methods) refuse(prototype, method, method, whyLocal);
  }
  unmakeFunctions();
}

/** What makes code of text stands behind every function, too. */
function unmakeFunctions() {
  for (const made of [() => {}, async () => {}, function* () {}, async function* () {}]) {
    refuse(Object.getPrototypeOf(made), "constructor", "Function", forbidden.Function);
  }
}

/** Reading it throws. */
function remove(object, key, name, why) {
  const get = () => fail(name, why);
  Object.defineProperty(object, key, { get, set: get, enumerable: false, configurable: false });
}

/** Calling it throws. */
function refuse(object, key, name, why) {
  const value = () => fail(name, why);
  Object.defineProperty(object, key, { value, writable: false, enumerable: false, configurable: false });
}

function fail(name, why) {
  first ??= `\`${name}\`: ${why}`;
  throw new Refused(`\`${name}\`: ${why}`);
}
