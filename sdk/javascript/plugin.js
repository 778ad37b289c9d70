// What a plugin is: what it needs, and one pure function from a case to lines.

import { Spread, exact } from "./exact.js";
import { NeedsFact, NeedsParam, Refused } from "./failure.js";
import { Line } from "./line.js";
import { Choice, Need, readChoices, readNeeds } from "./needs.js";
import { readSettings } from "./settings.js";

const STAGES = ["market-selection", "data-adaptation", "compliance", "culture", "output"];
const KEYS = ["stages", "separable", "facts", "params", "demands", "choices", "knows", "settings", "estimate"];

/** What the build exports; made with `plugin`. */
export class Plugin {
  constructor(declared) {
    const unknown = Object.keys(declared).find((key) => !KEYS.includes(key));
    if (unknown !== undefined) throw new TypeError(`a plugin has no \`${unknown}\`: it has ${KEYS.join(", ")}`);
    const { stages, separable = false, facts = {}, params = {}, demands = {}, choices = {}, knows = [], settings = {} } =
      declared;
    if (!Array.isArray(stages) || stages.length === 0 || !stages.every((stage) => STAGES.includes(stage))) {
      throw new TypeError(`\`stages\` names the stages that the plugin costs, of ${STAGES.join(", ")}`);
    }
    if (typeof declared.estimate !== "function") {
      throw new TypeError("a plugin has a function `estimate` from what it is given to lines");
    }
    Object.assign(this, { stages, separable, facts, params, demands, choices, knows, settings });
    this.estimate = declared.estimate;
    this.grounds = grounds({ fact: facts, param: params, choice: choices, demand: demands });
    Object.freeze(this);
  }
}

export const plugin = (declared) => new Plugin(declared);

/** Where each need stands: what a line says that it rests on. */
function grounds(kinds) {
  const places = new Map();
  for (const [tag, needs] of Object.entries(kinds)) {
    for (const [at, [field, need]] of Object.entries(needs).entries()) {
      if (!(need instanceof (tag === "choice" ? Choice : Need))) {
        const example = tag === "choice" ? 'choice("desk", "in_house")' : 'count("market.users")';
        throw new TypeError(`the ${tag} \`${field}\` is not declared with a type: write ${field}: ${example}`);
      }
      if (places.has(need)) throw new TypeError(`\`${need.name ?? need.id}\` is declared twice: declare each need on its own`);
      places.set(need, Object.freeze({ tag, val: at }));
    }
  }
  return places;
}

/** What a plugin is asked about: one market, one period, one set of options. */
export class Given {
  #plugin;

  constructor(plugin, wire) {
    this.#plugin = plugin;
    this.stage = wire.stage;
    this.currency = wire.currency;
    this.facts = readNeeds(plugin.facts, wire.facts, (need) => new NeedsFact(need));
    this.params = readNeeds(plugin.params, wire.params, (need) => new NeedsParam(need));
    this.choices = readChoices(plugin.choices, wire.choices);
    this.obligations = Object.freeze(wire.obligations.map((one, at) => new Obligation(this, plugin, one, at)));
    this.settings = readSettings(plugin.settings, wire.settings);
    Object.freeze(this);
  }

  /** The value of a fact or param; where an optional one turns out to be needed and is not there, that failure. */
  require(need) {
    const tag = this.#plugin.grounds.get(need)?.tag;
    if (tag !== "fact" && tag !== "param") {
      throw new TypeError("only a declared fact or param can be required: given.require(facts.users)");
    }
    const declared = tag === "fact" ? this.#plugin.facts : this.#plugin.params;
    const [field] = Object.entries(declared).find(([, one]) => one === need);
    const value = (tag === "fact" ? this.facts : this.params)[field];
    if (value === undefined) throw tag === "fact" ? new NeedsFact(need) : new NeedsParam(need);
    return value;
  }

  /** The priced effort of every obligation, as lines `once` and `yearly`. */
  pricedEffort() {
    return this.obligations.flatMap((obligation) => obligation.pricedEffort());
  }
}

/** A triggered obligation. */
export class Obligation {
  #given;

  constructor(given, plugin, wire, index) {
    this.#given = given;
    this.index = index;
    this.known = known(plugin.knows, wire.known);
    this.once = effort(wire.once);
    this.yearly = effort(wire.yearly);
    // An obligation that is here to be costed, and demands nothing, has only missing demands.
    const silent = wire.demands.every((value) => value.tag === "missing");
    const missing = (_, at) => new Refused(`demand ${at} is missing`);
    this.demands = silent ? undefined : readNeeds(plugin.demands, wire.demands, missing);
    Object.freeze(this);
  }

  /** Its priced effort, as lines `once` and `yearly`, each times a factor. */
  pricedEffort(factor = 1n) {
    return this.#lines(() => factor, () => []);
  }

  /** Its priced effort less what something that exists already saves of it: the product of the parts and the share. */
  effortLess({ parts, once, yearly }) {
    const share = (cadence) => (cadence === "once" ? once : yearly);
    const saved = (cadence) =>
      [...parts, share(cadence)].reduce((product, need) => product.times(this.#given.require(need)), exact(1n));
    return this.#lines((cadence) => exact(1n).minus(saved(cadence)), (cadence) => [...parts, share(cadence)]);
  }

  #lines(factor, used) {
    const priced = ["once", "yearly"].filter((cadence) => this[cadence] !== undefined);
    return priced.map((cadence) => {
      const amount = this[cadence].times(factor(cadence));
      return new Line(cadence, cadence, amount).of(this).used(used(cadence));
    });
  }
}

function known(knows, at) {
  if (at === undefined) return undefined;
  if (knows[at] === undefined) throw new Refused("the host named an obligation this plugin does not know");
  return knows[at];
}

const effort = (wire) => wire && new Spread(...[wire.low, wire.likely, wire.high].map((each) => exact(each).over(10_000n)));

/** Refuses a ratio that is no share of a whole. */
export function share(ratio, name) {
  if (!ratio.isShare) throw new Refused(`\`${name}\` must be from 0 % to 100 %`);
  return ratio;
}
