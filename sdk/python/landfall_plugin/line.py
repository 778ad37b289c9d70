"""Line items: one amount with its cadence and its reason."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Union

from .exact import Exact, Spread, rounded
from .needs import Need, grounds

if TYPE_CHECKING:
    from .case import Obligation


@dataclass(frozen=True)
class Quantity:
    """`count` units at `price` each, which the host checks against the line's amount. The count is rounded to
    ten-thousandths of a unit, then the product to ten-thousandths of the currency.

    >>> print(Quantity(Decimal(71_000) / 1_000, "1,000 words", 130).amount)
    9230.0000
    """

    count: Decimal
    unit: str
    """In the singular: `hour`, `1,000 words`."""
    price: Spread

    def __init__(self, count: Exact, unit: str, price: Union[Exact, Spread]) -> None:
        object.__setattr__(self, "count", rounded(count))
        object.__setattr__(self, "unit", unit)
        object.__setattr__(self, "price", Spread.of(price))

    @property
    def amount(self) -> Spread:
        """The whole of it."""
        return self.price.times(self.count)


Cost = Union[Exact, Spread, Quantity]
"""What a line costs: a number, a spread, or a count times a price."""


@dataclass(frozen=True)
class Line:
    """One line of a plugin's answer.

    >>> print(Line.yearly("liaison", 90_000))
    yearly liaison: 90000.0000
    """

    cadence: str
    """`once` or `yearly`."""
    label: str
    """What it is for. Carries no values: with its obligation it is the line's identity over time."""
    amount: Spread
    quantity: Quantity | None = None
    obligation: Obligation | None = None
    """The one it meets: the host adds its citations and what triggered it."""
    used: tuple[Need, ...] = ()
    """What it rests on, each once; what nobody gave is left out when it is answered."""

    @classmethod
    def once(cls, label: str, cost: Cost, *, of: Obligation | None = None, used: Any = ()) -> Line:
        """A line paid once, in the first period in which it appears."""
        return cls._of_cost("once", label, cost, of, used)

    @classmethod
    def yearly(cls, label: str, cost: Cost, *, of: Obligation | None = None, used: Any = ()) -> Line:
        """A line paid every year; the host takes parts of years into account."""
        return cls._of_cost("yearly", label, cost, of, used)

    @classmethod
    def _of_cost(cls, cadence: str, label: str, cost: Cost, of: Obligation | None, used: Any) -> Line:
        quantity = cost if isinstance(cost, Quantity) else None
        amount = quantity.amount if quantity else Spread.of(cost)  # type: ignore[arg-type]
        return cls(cadence, label, amount, quantity, of, tuple(dict.fromkeys(grounds(used))))

    def __str__(self) -> str:
        """`once scan: 1200.0000 = 3.0000 day × 400.0000`, for tests and logs."""
        of = "" if self.obligation is None else f" (obligation {self.obligation.index})"
        text = f"{self.cadence} {self.label}{of}: {self.amount}"
        if self.quantity is None:
            return text
        return f"{text} = {self.quantity.count:f} {self.quantity.unit} × {self.quantity.price}"
