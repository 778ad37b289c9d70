// A complaints office in a market, and what the law asks of whoever has to keep one.
//
// The same logic in every language there is an SDK for: `sdk/vectors` states it as formulas, and holds the cases that
// each must answer alike.

import { plugin } from "#landfall";

import { duties } from "./compliance.js";
import { choices, demands, facts, knows, params, settings } from "./needs.js";
import { office } from "./output.js";

export default plugin({
  stages: ["compliance", "output"],
  separable: true,
  facts,
  params,
  demands,
  choices,
  knows,
  settings,

  /** What the office costs, or what the law asks of it, by the stage. */
  estimate(given) {
    return given.stage === "output" ? office(given) : duties(given);
  },
});
