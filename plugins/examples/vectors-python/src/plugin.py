"""A complaints office in a market, and what the law asks of whoever has to keep one.

The same logic in every language there is an SDK for: `sdk/vectors` states it as formulas, and holds the cases that each
must answer alike. It uses every type of value, every kind of ground and every way to fail at least once; as a model of
an office it is as simple as that allows.
"""

from compliance import duties
from landfall_plugin import Line, plugin
from needs import Complaints
from office import office


@plugin("compliance", "output", separable=True)
def estimate(case: Complaints) -> list[Line]:
    """What the office costs a year, or what the law asks of it."""
    return list(office(case) if case.stage == "output" else duties(case))
