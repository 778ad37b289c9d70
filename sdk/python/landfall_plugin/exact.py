"""Exact numbers: decimals that never lose a digit, and the one rounding where they become an amount.

An `int`, a `Decimal` and a `Fraction` are exact, and so is what `+ - *` make of them. A quotient without an end
(`price / 3`) is no decimal: `Decimal` refuses it here, and `Fraction(price) / 3` holds it. A float is refused
wherever a number is taken.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Union

from .failure import too_large

Exact = Union[int, Decimal, Fraction]
"""A number without a rounding in it."""

AMOUNT_PLACES = 4
"""Amounts and counts of units are held in ten-thousandths."""
RATIO_PLACES = 9
"""Ratios are held in billionths."""

_LARGEST = 2**63 - 1

CONTEXT = decimal.Context(
    # Ten 64-bit numbers multiplied, and no answer needs more; beyond it, losing a digit is an error.
    prec=200,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=decimal.MIN_EMIN,
    Emax=decimal.MAX_EMAX,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[
        decimal.Inexact,
        decimal.InvalidOperation,
        decimal.DivisionByZero,
        decimal.Overflow,
        decimal.FloatOperation,
    ],
)
"""The context of every call: exact, or an exception."""


def rounded(value: Exact, places: int = AMOUNT_PLACES) -> Decimal:
    """The number with so many decimals, rounded half to even: ten-thousandths, as an amount is, where you do not say.

    >>> rounded(Fraction(1, 3))
    Decimal('0.3333')
    >>> rounded(Decimal("2.5"), 0)
    Decimal('2')
    """
    return decimals(parts(value, places), places)


def decimals(whole: int, places: int) -> Decimal:
    """So many parts of which ten to the power of `places` make one."""
    return Decimal(whole).scaleb(-places, CONTEXT)


def parts(value: Exact, places: int) -> int:
    """The number in parts of which ten to the power of `places` make one, rounded half to even.

    Raises `Refused` where it does not fit in 64 bits, and `TypeError` where it is no exact number.
    """
    numerator, denominator = fraction(value).as_integer_ratio()
    whole, rest = divmod(numerator * 10**places, denominator)
    if rest * 2 > denominator or (rest * 2 == denominator and whole % 2):
        whole += 1
    if not -_LARGEST - 1 <= whole <= _LARGEST:
        raise too_large()
    return whole


def fraction(value: Exact) -> Fraction:
    """The number as a fraction, which every exact one is.

    Raises `TypeError` where it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction)):
        raise TypeError(_instead(value))
    return Fraction(value)


def _instead(value: object) -> str:
    if isinstance(value, float):
        return (
            f'`{value}` is a float, which is not exact: write `Decimal("{value}")` for a constant, '
            "and `Decimal(a) / b` or `Fraction(a, b)` for a quotient of counts"
        )
    if value is None:
        return "`None` is no number: ask whether an optional need is there before you compute with it"
    return f"`{value}` is a {type(value).__name__}: write an int, a `Decimal` or a `Fraction`"


@dataclass(frozen=True, init=False)
class Spread:
    """The same amount at its lowest, likeliest and highest; not percentiles. Each becomes an amount here: rounded
    half to even to ten-thousandths. The host wants 0 <= low <= likely <= high."""

    low: Decimal
    likely: Decimal
    high: Decimal

    def __init__(self, low: Exact, likely: Exact, high: Exact) -> None:
        for name, value in (("low", low), ("likely", likely), ("high", high)):
            object.__setattr__(self, name, rounded(value))

    @classmethod
    def certain(cls, value: Exact) -> Spread:
        """The same amount three times."""
        return cls(value, value, value)

    @classmethod
    def of(cls, value: Exact | Spread) -> Spread:
        """A spread as it is, a number as certain."""
        return value if isinstance(value, Spread) else cls.certain(value)

    def times(self, factor: Exact) -> Spread:
        """Each of the three times a factor, which may be a `Fraction`."""
        exact = fraction(factor)
        return Spread(*(Fraction(one) * exact for one in (self.low, self.likely, self.high)))

    @property
    def is_ordered(self) -> bool:
        """Whether the host accepts it."""
        return 0 <= self.low <= self.likely <= self.high

    def __str__(self) -> str:
        """One number where the three are the same, else `low..likely..high`."""
        if self.low == self.likely == self.high:
            return f"{self.likely:f}"
        return f"{self.low:f}..{self.likely:f}..{self.high:f}"
