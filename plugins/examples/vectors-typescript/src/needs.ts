// What the plugin needs, in the order in which every language declares it.

import {
  type Exact,
  type Given,
  type Obligation,
  Ratio,
  choice,
  count,
  date,
  exact,
  flag,
  money,
  oneOf,
  optional,
  period,
  ratio,
  set,
  setting,
  text,
} from "#landfall";

/** What the strategy says. */
export const facts = {
  users: count("market.users"),
  sme: flag("company.sme"),
  complaintRate: ratio("market.complaint_rate"),
  revenue: optional(money("market.revenue")),
  name: optional(text("product.name")),
  home: oneOf("company.home"),
  sectors: set("product.sectors"),
  registered: optional(date("company.registered")),
  answersWithin: optional(period("company.answers_within")),
  maturity: optional(ratio("company.privacy_maturity")),
};

/** What the rule files say. */
export const params = {
  keepsRegister: flag("keeps_register"),
  perAgent: count("complaints_per_agent"),
  levyRate: optional(ratio("levy_rate")),
  wage: money("agent_wage"),
  notice: text("notice"),
  authority: oneOf("authority"),
  supervised: set("supervised_sectors"),
  levyFrom: optional(date("levy_from")),
  deadline: period("answer_deadline"),
  levyCap: optional(money("levy_cap")),
  saves: optional(ratio("programme_saves")),
  textPrice: money("text_price"),
  fee: money("supervision_fee"),
};

/** What an obligation may demand. */
export const demands = {
  languages: set("languages"),
  characters: count("characters"),
  certified: optional(flag("certified")),
};

/** What is open. */
export const choices = {
  desk: choice("desk", "in_house", "outsourced"),
  translation: choice("translation", "human", "post_edit"),
};

/** Obligations treated in their own way: less where there is a programme, dearer at a service. */
export const knows = ["breach_notice", "complaints_officer"] as const;

/** What a rule file sets. */
export const settings = {
  rent: setting.money.describe("rent of the office"),
  pay: setting.oneOf("once", "yearly").describe("how often it is paid; yearly where left out").optional(),
  overhead: setting.ratio.describe("on top of a wage; none where left out").optional(),
  register_hours: setting.decimal.describe("hours a month that the register takes"),
  hours_a_year: setting.whole.least(1).describe("hours that an agent works a year"),
  post_edit: setting.ratio
    .describe("price of post-edited machine translation against that of people; the same where left out")
    .optional(),
  levels: setting
    .map(setting.ratio)
    .describe("price of a language against the param text_price; 100% where left out")
    .optional(),
  range: setting.range.describe("how far prices may be off"),
};

type Known = (typeof knows)[number];

/** What the plugin is asked about. */
export type Case = Given<typeof facts, typeof params, typeof demands, typeof choices, Known, typeof settings>;

/** One of the obligations in it. */
export type Duty = Obligation<typeof demands, Known>;

/** What a wage is times, with what comes on top. */
export const withOverhead = ({ overhead }: Case["settings"]): Exact => exact(1).plus(overhead ?? Ratio.ZERO);

/** Characters that a text is priced by. */
export const THOUSAND_CHARACTERS = "1.000 caractères";
