"""{{summary}}: so much a year for each of them.

A plugin is a pure function from a case to line items. It declares what it needs and is given nothing else. What changes
by date or by place is a param or a setting of a rule file, and no constant in here.
"""

from typing import Annotated

from landfall_plugin import Case, Line, Money, Needs, Quantity, Range, Settings, fact, plugin


class Facts(Needs):
    """What the strategy says."""

    users: int = fact("market.users")


class Prices(Settings):
    """What the rule file says where it binds this plugin: `{price_per_user: 0.50 EUR, range: {low: 80%, high: 130%}}`."""

    price_per_user: Annotated[Money, "what one user costs a year, in the currency of the rule file"]
    range: Annotated[Range, "from how much to how much of the price it may be; left out, it is certain"] = Range.CERTAIN


class PerUser(Case):
    """What this plugin is given: one market, in one period."""

    facts: Facts
    settings: Prices


@plugin("{{stage}}", separable=True)
def estimate(case: PerUser) -> list[Line]:
    """One line: users times price, every year. The line says what it counts and what it rests on, so that an answer can
    explain it. A label is the line's name over all years: it carries no values."""
    price = case.settings.range.around(case.settings.price_per_user)
    users = Quantity(case.facts.users, "user", price)
    return [Line.yearly("users", users, used=[Facts.users])]
