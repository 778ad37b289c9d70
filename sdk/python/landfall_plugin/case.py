"""The case: everything a plugin is given.

Subclass `Case` and annotate what is typed; what you leave out is not declared:

    class Support(Case):
        facts: Facts
        params: Params
        choices: Choices
        settings: Settings
        obligations: tuple[Duty, ...]


    class Duty(Obligation):
        known: Optional[Literal["subject_requests"]]
        demands: Optional[Demands]
"""

from __future__ import annotations

import enum
from typing import Any, Optional

from .exact import Exact, Spread
from .line import Line


class Stage(str, enum.Enum):
    """One of the five stage costs, in the order of the objective."""

    MARKET_SELECTION = "market-selection"
    DATA_ADAPTATION = "data-adaptation"
    COMPLIANCE = "compliance"
    CULTURE = "culture"
    OUTPUT = "output"

    def __str__(self) -> str:
        return self.value


class Obligation:
    """A triggered obligation: one that this plugin costs, or that demands something of it."""

    index: int
    """Its position in the case."""
    known: Any = None
    """Which of the obligations the plugin knows this is."""
    once: Optional[Spread]
    """What its effort costs once, priced by the host."""
    yearly: Optional[Spread]
    """What its effort costs every year, priced by the host."""
    demands: Any = None
    """What it demands of this plugin."""

    def priced_effort(self, times: Exact = 1, used: Any = ()) -> list[Line]:
        """The priced effort of this obligation, as lines `once` and `yearly`; or so many times it, and why:

            saved = case.facts.maturity * case.params.saves
            obligation.priced_effort(1 - saved, used=[Facts.maturity, Params.saves])
        """
        lines = []
        if self.once is not None:
            lines.append(Line.once("once", self.once.times(times), of=self, used=used))
        if self.yearly is not None:
            lines.append(Line.yearly("yearly", self.yearly.times(times), of=self, used=used))
        return lines


class Case:
    """What a plugin is asked about: one market, one period, one set of options."""

    stage: Stage
    """The stage asked for; one of those the plugin declares."""
    currency: str
    """ISO 4217 code that every amount here and in the answer is in."""
    facts: Any = None
    """What the strategy says."""
    params: Any = None
    """What the rule files say, as in force in this period."""
    choices: Any = None
    """Which option is being tried."""
    settings: Any = None
    """What the rule file sets for this plugin."""
    obligations: tuple[Any, ...] = ()
    """Triggered obligations: those this plugin costs, priced, and those that demand something of it."""

    def priced_effort(self) -> list[Line]:
        """The priced effort of every obligation, as lines `once` and `yearly`. A plugin that adds nothing of its
        own to an obligation must still pass its effort through, or it would be lost."""
        return [line for obligation in self.obligations for line in obligation.priced_effort()]
