// The plugin's only way out besides its answer: a bounded log. No part of an answer depends on it. Outside a host, in
// tests, messages go nowhere.

let send = () => {};

/** What the guest has from the host. */
export function sendBy(hosts) {
  send = hosts;
}

export const log = Object.freeze({
  debug: (message) => send("debug", String(message)),
  info: (message) => send("info", String(message)),
  warn: (message) => send("warn", String(message)),
  error: (message) => send("error", String(message)),
});
