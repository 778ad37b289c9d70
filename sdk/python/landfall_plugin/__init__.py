"""Write Landfall plugins in Python.

A plugin is a pure function from a case (facts, params, triggered obligations, choices) to line items. Declare what
it needs as classes, mark the function with `plugin`, and `landfall plugin build` makes the component:

    from landfall_plugin import Case, Line, Money, Needs, Quantity, Ranged, fact, param, plugin


    class Facts(Needs):
        tickets: int = fact("market.monthly_tickets")


    class Params(Needs):
        ticket: Money = param("ticket_price")


    class Support(Case):
        facts: Facts
        params: Params
        settings: Ranged


    @plugin("output", separable=True)
    def estimate(case: Support) -> list[Line]:
        price = case.settings.range.around(case.params.ticket)
        answered = Quantity(case.facts.tickets * 12, "ticket", price)
        return [Line.yearly("support", answered, used=[Facts.tickets, Params.ticket])]

It does not price effort (the host does, from the rule file and the rate card), know dates (what changes by date is
a param) or convert currencies. It promises that nothing is rounded but where a number becomes an amount, once, half
to even; what does not fit is a failure, never another number.
"""

from . import log
from .case import Case, Obligation, Stage
from .exact import Exact, Spread, rounded
from .failure import Failure, NeedsFact, NeedsParam, Refused
from .line import Line, Quantity
from .needs import Needs, choice, demand, fact, param
from .contract import Plugin, plugin
from .settings import Range, Ranged, Settings
from .values import Money, OneOf, Period, Plain, Ratio, Set, TimeUnit, share

__all__ = [
    "Case",
    "Exact",
    "Failure",
    "Line",
    "Money",
    "Needs",
    "NeedsFact",
    "NeedsParam",
    "Obligation",
    "OneOf",
    "Period",
    "Plain",
    "Plugin",
    "Quantity",
    "Range",
    "Ranged",
    "Ratio",
    "Refused",
    "Set",
    "Settings",
    "Spread",
    "Stage",
    "TimeUnit",
    "choice",
    "demand",
    "fact",
    "log",
    "param",
    "plugin",
    "rounded",
    "share",
]
