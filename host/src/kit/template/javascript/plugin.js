// {{summary}}: so much a year for each of them.
//
// A plugin is a pure function from a case to line items. It declares what it needs and is given nothing else. What
// changes by date or by place is a param or a setting of a rule file, and no constant in here.

import { count, counted, plugin, setting, yearly } from "#landfall";

// What the strategy says.
const facts = {
  // People who use the product in the market.
  users: count("market.users"),
};

// What the rule file says where it binds this plugin: `{price_per_user: 0.50 EUR, range: {low: 80%, high: 130%}}`.
const settings = {
  price_per_user: setting.money.describe("what one user costs a year, in the currency of the rule file"),
  range: setting.range.describe("from how much to how much of the price it may be; left out, it is certain"),
};

export default plugin({
  stages: ["{{stage}}"],
  separable: true,
  facts,
  settings,

  /**
   * One line: users times price, every year. The line says what it counts and what it rests on, so that an answer can
   * explain it. A label is the line's name over all years: it carries no values.
   */
  estimate(given) {
    const price = given.settings.range.around(given.settings.price_per_user);
    return [yearly("users", counted(given.facts.users, "user", price)).used(facts.users)];
  },
});
