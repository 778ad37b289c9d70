"""The closed list of types a need can have, and what each becomes in Python.

| in a rule file | annotation                                | value                        |
| -------------- | ----------------------------------------- | ---------------------------- |
| `flag`         | `bool`                                    | `bool`                       |
| `count`        | `int`                                     | `int`                        |
| `ratio`        | `Ratio`                                   | `Decimal`: 2 % is `0.02`     |
| `money`        | `Money`                                   | `Decimal`, case's currency   |
| `text`         | `str`                                     | `str`                        |
| `one_of`       | `OneOf`, `Literal["cn", "us"]` or an enum | `str`, or a member           |
| `set`          | `Set`                                     | sorted `tuple` of `str`      |
| `date`         | `datetime.date`                           | `date`                       |
| `period`       | `Period`                                  | `Period`                     |

`Optional[...]` makes one optional: it is `None` where nobody gave it.
"""

from __future__ import annotations

import enum
import types
import typing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Tuple, Union

from .failure import Refused

Money = Annotated[Decimal, "money"]
"""An amount in the case's currency."""
Ratio = Annotated[Decimal, "ratio"]
"""A share or rate: 2 % is `Decimal("0.02")`."""
Plain = Annotated[Decimal, "decimal"]
"""A setting that is a number with at most four decimals."""
OneOf = Annotated[str, "one-of"]
"""One of the values its declaration lists, such as a country."""
Set = Annotated[Tuple[str, ...], "set"]
"""Some of the values its declaration lists, sorted. A tuple, since the order of a Python set is no order."""


class TimeUnit(str, enum.Enum):
    """What a `Period` counts."""

    HOUR = "hour"
    DAY = "day"
    BUSINESS_DAY = "business_day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Period:
    """A length of time in the unit the law counts in: 3 business days are not 72 hours."""

    n: int
    unit: TimeUnit

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", TimeUnit(self.unit))


@dataclass(frozen=True)
class Type:
    """What an annotation declares."""

    value_type: str
    """As in the contract: `flag`, `one-of`."""
    python: type
    """What a value is an instance of."""
    required: bool
    options: tuple[str, ...] = ()
    """Where it is a `Literal` or an enum."""
    member: Any = None
    """The enum."""

    def read(self, name: str, value: Any) -> Any:
        """The value of a need, as the annotation says."""
        if not isinstance(value, self.python) or (self.python is int and isinstance(value, bool)):
            raise Refused(f"the host gave `{name}` with another type")
        if not self.options:
            return value
        if value not in self.options:
            raise Refused(f"`{name}` is `{value}`, and this plugin knows only {', '.join(self.options)}")
        return self.member(value) if self.member else value


_PLAIN = {bool: "flag", int: "count", str: "text", date: "date", Period: "period"}
_INSTEAD = {
    float: "`Ratio` or `Money`, which are exact",
    Decimal: "`Ratio` or `Money`, so that the host knows which of them it is",
    frozenset: "`Set`",
    set: "`Set`",
    list: "`Set`",
    tuple: "`Set`",
}


def type_of(annotation: Any, where: str) -> Type:
    """What the annotation of a need declares; `where` names it in the message."""
    inner, required = optional(annotation)
    if inner in _PLAIN:
        return Type(_PLAIN[inner], inner, required)
    if typing.get_origin(inner) is Annotated:
        python, value_type = typing.get_args(inner)[:2]
        if value_type in ("money", "ratio", "one-of", "set"):
            return Type(value_type, typing.get_origin(python) or python, required)
    options = options_of(inner)
    if options:
        member = inner if isinstance(inner, type) else None
        return Type("one-of", str, required, options, member)
    instead = _INSTEAD.get(typing.get_origin(inner) or inner, "one of the types of `landfall_plugin.values`")
    raise TypeError(f"`{where}` is annotated with {shown(inner)}: write {instead}")


def optional(annotation: Any) -> tuple[Any, bool]:
    """The annotation without `Optional`, and whether it must be there."""
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [one for one in typing.get_args(annotation) if one is not type(None)]
        if len(rest) == 1:
            return rest[0], False
    return annotation, True


def options_of(annotation: Any) -> tuple[str, ...]:
    """The values of a `Literal` or of an enum, in order; none where it is something else."""
    values: tuple[Any, ...] = ()
    if typing.get_origin(annotation) is Literal:
        values = typing.get_args(annotation)
    elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        values = tuple(member.value for member in annotation)
    return values if all(isinstance(value, str) for value in values) else ()


def shown(annotation: Any) -> str:
    """An annotation as it was written, or close to it."""
    return f"`{annotation.__name__ if isinstance(annotation, type) else annotation}`"


def share(value: Decimal, what: str) -> Decimal:
    """The ratio, if it is a share of a whole; else refuses, naming `what`."""
    if 0 <= value <= 1:
        return value
    raise Refused(f"`{what}` must be from 0 % to 100 %")
