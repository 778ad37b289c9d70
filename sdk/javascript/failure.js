// The typed ways in which there is no answer. Whatever else is thrown stops the plugin, and the host shows its message.

/** Anything that a case lacks or asks too much of: lower case, no full stop. */
export class Refused extends Error {
  name = "Refused";
}

/** An optional fact that turned out to be needed. */
export class NeedsFact extends Error {
  name = "NeedsFact";
  constructor(need) {
    super(`the fact \`${need.name}\` is needed`);
    this.need = need;
  }
}

/** An optional param that turned out to be needed. */
export class NeedsParam extends Error {
  name = "NeedsParam";
  constructor(need) {
    super(`the param \`${need.name}\` is needed`);
    this.need = need;
  }
}

export const tooLarge = () => new Refused("the amount is too large to be held exactly");
