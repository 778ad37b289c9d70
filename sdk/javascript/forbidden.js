// What no plugin has, and why. The build looks for these names in the source, and `seal.js` removes them before the
// plugin's module runs.

const clock = "a plugin has no clock: what changes by date is a param";
const waiting = "a plugin cannot wait: it has no clock, and answers at once";
const chance = "a plugin has no randomness: the same case must give the same lines";
const network = "a plugin has no network: what it needs is a fact, a param or a setting";
const storage = "a plugin has no files: what it needs is a fact, a param or a setting";
const environment = "a plugin has no environment: what it needs is a fact, a param or a setting";
const code = "a plugin runs no code but what it was built from";
const imported = "a plugin is one module: write `import` at the head of the file";
const threads = "a plugin has one thread: the same case must give the same lines";
const collected = "a plugin does not see what its memory is used for: the same case must give the same lines";
const console = "a plugin has no console: write log.info(…) with the `log` of the SDK";
const locale = "a plugin knows no locale: the same case must give the same lines everywhere";

export const forbidden = {
  Date: clock,
  Temporal: clock,
  performance: clock,
  setTimeout: waiting,
  setInterval: waiting,
  setImmediate: waiting,
  requestAnimationFrame: waiting,
  "Math.random": chance,
  crypto: chance,
  fetch: network,
  XMLHttpRequest: network,
  WebSocket: network,
  EventSource: network,
  WebTransport: network,
  addEventListener: network,
  navigator: environment,
  location: environment,
  document: environment,
  window: environment,
  self: environment,
  global: environment,
  process: environment,
  Deno: environment,
  Bun: environment,
  Buffer: environment,
  localStorage: storage,
  sessionStorage: storage,
  indexedDB: storage,
  caches: storage,
  eval: code,
  Function: code,
  WebAssembly: code,
  require: imported,
  importScripts: code,
  Worker: threads,
  SharedArrayBuffer: threads,
  Atomics: threads,
  WeakRef: collected,
  FinalizationRegistry: collected,
  console,
  alert: console,
  Intl: locale,
};

/** Methods that answer by the locale of the machine, by the class that has them. */
export const local = {
  String: ["localeCompare", "toLocaleLowerCase", "toLocaleUpperCase"],
  Number: ["toLocaleString"],
  BigInt: ["toLocaleString"],
  Array: ["toLocaleString"],
  Object: ["toLocaleString"],
};

export const whyLocal = locale;

/** Modules by the part before the first slash; what is not named here is no module of a plugin's either. */
export const modules = {
  fs: storage,
  path: storage,
  os: environment,
  process: environment,
  crypto: chance,
  timers: waiting,
  perf_hooks: clock,
  child_process: environment,
  worker_threads: threads,
  http: network,
  https: network,
  http2: network,
  net: network,
  dns: network,
  tls: network,
  dgram: network,
  console,
  vm: code,
  module: code,
};

export const otherwise = "a plugin has none of the modules of a machine: only what lies under src/ and vendor/";

/** What a global is refused with that nobody thought of. */
export const unnamed = "a plugin has nothing but the language itself and its SDK";
