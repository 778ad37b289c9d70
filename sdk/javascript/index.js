// What a plugin imports. Types and documentation of every name stand in index.d.ts.
//
// Beside it lie what the build links in and no plugin names: `guest.js`, the WebAssembly side, and `seal.js`, which
// removes clock, randomness, network and the like before the plugin's own module runs.

export { Amount, Exact, Range, Ratio, Spread, Volume, exact } from "./exact.js";
export { NeedsFact, NeedsParam, Refused } from "./failure.js";
export { counted, once, yearly } from "./line.js";
export { log } from "./log.js";
export { Day, choice, count, date, flag, money, oneOf, optional, period, ratio, set, text } from "./needs.js";
export { plugin, share } from "./plugin.js";
export { setting } from "./settings.js";
