// The WebAssembly side: the way from a plugin to the world's guest. Linked in by the build; not for authors.

import { NeedsFact, NeedsParam, Refused } from "./failure.js";
import { Line } from "./line.js";
import { log, sendBy } from "./log.js";
import { Given, Plugin } from "./plugin.js";
import { schemaOf } from "./settings.js";

/**
 * @param plugin what the plugin's module exports by default
 * @param about id, version and summary from package.json
 * @param send the host's log
 * @param reached what the plugin reached for that it must not, if anything
 * @param place from a line and column of the bundle to one of the source
 */
export function guest(plugin, about, send, reached = () => undefined, place = () => undefined) {
  sendBy(send);
  return {
    describe: () => stopping(place, () => described(plugin, about, reached)),
    estimate: (wire) => stopping(place, () => answered(plugin, wire, reached)),
  };
}

/** What is no typed failure ends in a trap, which has no message; the log has it. */
function stopping(place, run) {
  try {
    return run();
  } catch (error) {
    if (error instanceof Typed) throw error;
    const said = words(error, place);
    log.error(said);
    // Another one, since whatever has a `payload` would cross as if it were typed.
    throw new Error(said);
  }
}

/** As the component's boundary wants a typed failure thrown. */
class Typed extends Error {
  constructor(message, tag, val) {
    super(message);
    this.payload = { tag, val };
  }
}

function described(plugin, about, reached) {
  must(plugin);
  if (reached() !== undefined) throw new Error(reached());
  const needs = (declared) =>
    Object.values(declared).map(({ name, type, required }) => ({ name, valueType: type, required }));
  return {
    ...about,
    stages: plugin.stages,
    facts: needs(plugin.facts),
    params: needs(plugin.params),
    demands: needs(plugin.demands),
    choices: Object.values(plugin.choices).map(({ id, options }) => ({ id, options })),
    knows: plugin.knows,
    separable: plugin.separable,
    settingsSchema: schemaOf(plugin.settings),
  };
}

function answered(plugin, wire, reached) {
  must(plugin);
  try {
    const lines = listed(plugin.estimate(new Given(plugin, wire)));
    const answer = lines.map((line) => lineItem(plugin, line));
    // Whoever catches what a forbidden thing throws has no number all the same.
    if (reached() !== undefined) throw new Refused(reached());
    return answer;
  } catch (error) {
    throw failure(plugin, reached() === undefined ? error : new Refused(reached()));
  }
}

function must(plugin) {
  if (!(plugin instanceof Plugin)) {
    throw new TypeError("the module exports no plugin: write `export default plugin({…})`");
  }
}

function listed(answer) {
  if (typeof answer?.then === "function") {
    throw new TypeError("`estimate` is async, and a plugin has nothing to wait for: write it without `async`");
  }
  if (typeof answer?.[Symbol.iterator] !== "function" || typeof answer === "string") {
    throw new TypeError("`estimate` returns a list of lines, such as [yearly(\"users\", cost)]");
  }
  return [...answer];
}

function lineItem(plugin, line) {
  if (!(line instanceof Line)) {
    throw new TypeError(`\`estimate\` returns lines, made with once(…) or yearly(…), and \`${String(line)}\` is none`);
  }
  const { obligation, label, cadence, amount, quantity, needs } = line;
  const used = needs.map((need) => ground(plugin, need));
  const priced = quantity && {
    count: quantity.count.tenThousandths,
    unit: quantity.unit,
    price: spread(quantity.price),
  };
  return { obligation, label, cadence, amount: spread(amount), used, quantity: priced };
}

function ground(plugin, need) {
  const found = plugin.grounds.get(need);
  if (found === undefined) {
    throw new TypeError(`a line rests on \`${need.name ?? need.id}\`, which the plugin does not declare`);
  }
  return found;
}

const spread = ({ low, likely, high }) => ({
  low: low.tenThousandths,
  likely: likely.tenThousandths,
  high: high.tenThousandths,
});

/** A typed failure as it crosses; anything else as it is. */
function failure(plugin, error) {
  if (error instanceof Refused) return new Typed(error.message, "refused", error.message);
  if (error instanceof NeedsFact) return new Typed(error.message, "needs-fact", position(plugin, error.need, "fact"));
  if (error instanceof NeedsParam) return new Typed(error.message, "needs-param", position(plugin, error.need, "param"));
  return error;
}

function position(plugin, need, kind) {
  const { tag, val } = plugin.grounds.get(need) ?? {};
  if (tag !== kind) throw new TypeError(`\`${need?.name}\` is no ${kind} that the plugin declares`);
  return val;
}

/** Name, message and place in the source, as far as they can be had. */
function words(error, place) {
  if (!(error instanceof Error)) return `an exception that is no error: ${String(error)}`;
  const at = /:(\d+):(\d+)\)?$/;
  const frames = String(error.stack ?? "").split("\n").map((frame) => at.exec(frame.trim()));
  const places = frames.filter(Boolean).map(([, line, column]) => place(Number(line), Number(column)));
  const found = places.find((each) => each !== undefined);
  return `${error.name}: ${error.message}${found ? `, at ${found}` : ""}`;
}
