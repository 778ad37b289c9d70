// The office itself: rent, agents, the register, the notice.

import { Refused, counted, exact, once, share, yearly } from "#landfall";

import { THOUSAND_CHARACTERS, choices, facts, params, withOverhead } from "./needs.js";

const MONTHS = 12;

/** Lines of a year of the office. */
export function office(given) {
  if (given.facts.users < 0n) throw new Refused("`market.users` must not be negative");
  if (given.obligations.length > 0) throw new Refused("obligations are costed in the stage compliance");
  if (given.facts.users === 0n) return [];
  const lines = [rent(given), agents(given)];
  if (given.params.keepsRegister) lines.push(register(given));
  return [...lines, notice(given)];
}

function rent({ settings }) {
  const paid = settings.pay === "once" ? once : yearly;
  return paid("rent", settings.range.around(settings.rent));
}

/** Agents in house are counted, in ten-thousandths of one; a service is paid for the exact part. */
function agents(given) {
  const rate = share(given.facts.complaintRate, "market.complaint_rate");
  if (given.params.perAgent <= 0n) throw new Refused("`complaints_per_agent` must be more than 0");
  const agents = rate.times(given.facts.users).over(given.params.perAgent);
  const wage = given.params.wage.times(withOverhead(given.settings));
  const { range } = given.settings;
  const cost =
    given.choices.desk === "in_house"
      ? counted(agents, "agent à plein temps", range.around(wage))
      : range.around(agents.times(wage));
  return yearly("réclamations · 投诉", cost).used(
    facts.users,
    facts.complaintRate,
    params.perAgent,
    params.wage,
    choices.desk,
  );
}

function register({ params: { wage }, settings }) {
  const hour = settings.range.around(wage.over(settings.hours_a_year));
  const cost = counted(settings.register_hours.times(MONTHS), "時間", hour);
  return yearly("registre · 登録簿", cost).used(params.keepsRegister, params.wage);
}

/** The notice with the product's name, by characters as Unicode counts them. */
function notice(given) {
  const { name } = given.facts;
  const characters = [...given.params.notice, ...(name ?? "")].length;
  const price = given.settings.range.around(given.params.textPrice);
  const cost = counted(exact(characters).over(1000), THOUSAND_CHARACTERS, price);
  return once("notice", cost).used(params.notice, name !== undefined && facts.name, params.textPrice);
}
