"""Cases for tests in plain Python: given by name, answered natively, checked as the host checks.

    from landfall_plugin.testing import rendered
    from plugin import estimate

    assert rendered(estimate, facts={"market.monthly_tickets": 100}, params={"ticket_price": 8}) == (
        "yearly support: 9600.0000 = 1200.0000 ticket × 8.0000"
    )

`landfall plugin test` runs `cases/*.yaml` in the real component; this is for the small tests of a large plugin.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Mapping, Optional, Sequence

from .exact import AMOUNT_PLACES, RATIO_PLACES, Spread, decimals, parts
from .failure import Failure, NeedsFact, NeedsParam
from .line import Line
from .needs import Need, needs_of
from .contract import Given, GivenObligation, Plugin


def obligation(
    *, known: Optional[str] = None, once: Any = None, yearly: Any = None, demands: Mapping[str, Any] = {}
) -> dict[str, Any]:
    """A triggered obligation of a case: which it is, its priced effort, what it demands."""
    return {"known": known, "once": once, "yearly": yearly, "demands": demands}


def answer(
    plugin: Plugin,
    *,
    stage: Optional[str] = None,
    currency: str = "EUR",
    facts: Mapping[str, Any] = {},
    params: Mapping[str, Any] = {},
    choices: Mapping[str, str] = {},
    settings: Any = "{}",
    obligations: Sequence[Mapping[str, Any]] = (),
) -> list[Line]:
    """The plugin's answer to a case. What is not given is missing, as it is when a strategy leaves it out; a choice
    starts at its first option; settings are JSON as the plugin sees it, with money in ten-thousandths.

    Raises the plugin's failure, and `AssertionError` where the host would refuse the answer.
    """
    given = Given(
        stage=stage or plugin.stages[0].value,
        currency=currency,
        facts=_values("fact", needs_of(plugin.facts), facts),
        params=_values("param", needs_of(plugin.params), params),
        choices=_choices(plugin, choices),
        obligations=[_obligation(plugin, one) for one in obligations],
        settings=settings if isinstance(settings, str) else json.dumps(settings),
    )
    lines = plugin.answer(given)
    seen: set[tuple[Any, str]] = set()
    for line in lines:
        _accept(line, len(given.obligations))
        identity = (line.obligation and line.obligation.index, line.label)
        assert identity not in seen, f"the host would refuse two lines like `{line}`"
        seen.add(identity)
    return lines


def rendered(plugin: Plugin, **case: Any) -> str:
    """The answer as text, a line per line item; a failure as its message."""
    try:
        return "\n".join(str(line) for line in answer(plugin, **case))
    except (NeedsFact, NeedsParam) as failure:
        return f"failure: {failure.need.kind} {failure.need.name} is needed"
    except Failure as failure:
        return f"failure: {failure}"


def _values(kind: str, needs: Sequence[Need], given: Mapping[str, Any]) -> list[Any]:
    names = [need.name for need in needs]
    for name in given:
        assert name in names, f"the plugin declares no {kind} `{name}`"
    return [_exact(need, given[need.name]) if need.name in given else None for need in needs]


def _exact(need: Need, value: Any) -> Any:
    """A number as it comes over the boundary: with the places of its type."""
    if need.type.python is not Decimal:
        return value
    places = AMOUNT_PLACES if need.type.value_type == "money" else RATIO_PLACES
    return decimals(parts(value, places), places)


def _choices(plugin: Plugin, given: Mapping[str, str]) -> list[int]:
    choices = needs_of(plugin.choices)
    for name, option in given.items():
        found = any(name == choice.name and option in choice.type.options for choice in choices)
        assert found, f"the plugin declares no option `{option}` of a choice `{name}`"
    return [choice.type.options.index(given.get(choice.name, choice.type.options[0])) for choice in choices]


def _obligation(plugin: Plugin, given: Mapping[str, Any]) -> GivenObligation:
    known = given["known"]
    assert known is None or known in plugin.knows, f"the plugin knows no obligation `{known}`"
    return GivenObligation(
        known=None if known is None else plugin.knows.index(known),
        once=None if given["once"] is None else Spread.of(given["once"]),
        yearly=None if given["yearly"] is None else Spread.of(given["yearly"]),
        demands=_values("demand", needs_of(plugin.demands), given["demands"]),
    )


def _accept(line: Line, obligations: int) -> None:
    assert line.amount.is_ordered, f"the host would refuse `{line}`: its spread is not in order"
    index = 0 if line.obligation is None else line.obligation.index + 1
    assert index <= obligations, f"the host would refuse `{line}`: its obligation is not in the case"
