"""What a rule file sets for one plugin: JSON that fits the plugin's own schema, read into typed attributes.

    class Prices(Settings):
        ticket: Annotated[Money, "what a ticket costs"]
        label: Optional[str]
        range: Range = Range.CERTAIN

The schema is made of the annotations. `Annotated[Money, "what a ticket costs"]` describes a setting to whoever writes a
rule file. Where they cannot say enough (a minimum), give one: `class Prices(Settings, schema="settings.json")`, a file
beside the source, or a dict. The host has checked the JSON against it before the plugin sees it; what the types do not
know is still refused.
"""

from __future__ import annotations

import enum
import json
import sys
import typing
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Optional, Union

from .exact import AMOUNT_PLACES, RATIO_PLACES, Exact, Spread, decimals, fraction
from .failure import Refused
from .values import Money, Ratio, optional, options_of, shown

FILES: dict[str, str] = {}
"""JSON files beside the source, by name: the build puts them here, since a plugin reads no file."""

_ABSENT: Any = object()


class _Wrong(Exception):
    """What does not fit, and why."""


@dataclass(frozen=True)
class Range:
    """From how much to how much of the likely price a price may be: `{low: 80%, high: 130%}`."""

    low: Decimal
    high: Decimal
    CERTAIN: ClassVar[Range]
    """No range: the price is certain."""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= 1 <= self.high:
            raise ValueError("should be 0 % <= low <= 100 % <= high")

    def around(self, likely: Exact) -> Spread:
        """The likely price, with its low and high.

        >>> print(Range(Decimal("0.8"), Decimal("1.3")).around(1_000))
        800.0000..1000.0000..1300.0000
        """
        exact = fraction(likely)
        return Spread(exact * Fraction(self.low), exact, exact * Fraction(self.high))


Range.CERTAIN = Range(Decimal(1), Decimal(1))


class Settings:
    """What a rule file may set. Subclass and annotate; an attribute with a default, or `Optional`, may be left out."""

    _schema: ClassVar[Union[str, dict[str, Any], None]] = None
    _hints: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, schema: Union[str, dict[str, Any], None] = None) -> None:
        cls._schema = schema
        hints = typing.get_type_hints(cls, include_extras=True)
        cls._hints = {name: hint for name, hint in hints.items() if name not in ("_schema", "_hints")}
        for name, hint in cls._hints.items():
            _schema_of(hint, f"{cls.__name__}.{name}")

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


def schema_text(settings: type[Settings]) -> str:
    """The JSON Schema the plugin describes itself with."""
    schema = settings._schema
    if isinstance(schema, str):
        return _file(settings, schema)
    if schema is None:
        schema = _schema_of(settings, settings.__name__)
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def read(settings: type[Settings], text: str) -> Settings:
    """The settings the host gives, typed. No text at all is an empty object."""
    try:
        document = json.loads(text or "{}", parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Refused("the settings do not fit: not JSON") from None
    try:
        return _object(settings, document)
    except _Wrong as wrong:
        raise Refused(f"the settings do not fit: {wrong}") from None


def _file(settings: type[Settings], name: str) -> str:
    """A JSON file beside the source: from the build, or, natively, from the disk."""
    if name in FILES:
        return FILES[name]
    folder = (sys.modules[settings.__module__].__file__ or "").rpartition("/")[0]
    with open(f"{folder}/{name}", encoding="utf-8") as file:
        return file.read()


def _no_float(text: str) -> Any:
    raise ValueError(text)


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a key that comes twice")
    return found


def _object(settings: type[Settings], document: Any) -> Settings:
    members = _members(document)
    filled = settings()
    for name, hint in settings._hints.items():
        value = members.pop(name, _ABSENT)
        if value is _ABSENT and hasattr(settings, name):
            continue
        vars(filled)[name] = _member(name, hint, value)
    for name in members:
        raise _Wrong(f"`{name}` is not known")
    return filled


def _members(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _Wrong("should be a map")
    return dict(document)


def _member(name: str, hint: Any, value: Any) -> Any:
    try:
        return _value(hint, value)
    except _Wrong as wrong:
        raise _Wrong(f"`{name}` {wrong}") from None


def _value(hint: Any, value: Any) -> Any:
    """A JSON value as its annotation says."""
    inner, required = optional(hint)
    if value is None or value is _ABSENT:
        if not required:
            return None
        value = None
    origin, arguments = typing.get_origin(inner), typing.get_args(inner)
    if origin is Annotated:
        form = _form(arguments)
        return _exact(form, value) if form else _value(arguments[0], value)
    if origin is dict:
        return {key: _member(key, arguments[1], one) for key, one in sorted(_members(value).items())}
    if origin in (tuple, list):
        if not isinstance(value, list):
            raise _Wrong("should be a list")
        return origin(_value(arguments[0], one) for one in value)
    if options_of(inner):
        return _option(inner, value)
    return _READ[inner](value) if inner in _READ else _object(inner, value)


def _exact(form: str, value: Any) -> Decimal:
    what, places = _FORMS[form]
    try:
        if not isinstance(value, str):
            raise ValueError
        whole = int(value)
    except ValueError:
        raise _Wrong(f"should be {what}") from None
    if not -(2**63) <= whole < 2**63:
        raise _Wrong(f"should be {what}")
    return decimals(whole, places)


_FORMS = {
    "money": ("an amount as a string of ten-thousandths", AMOUNT_PLACES),
    "decimal": ("a number as a string of ten-thousandths", AMOUNT_PLACES),
    "ratio": ("a ratio as a string of billionths", RATIO_PLACES),
}


def _form(arguments: tuple[Any, ...]) -> Optional[str]:
    """Which exact number `Annotated[Decimal, form, …]` is; none where it annotates something else."""
    first = arguments[1]
    return first if isinstance(first, str) and first in _FORMS else None


def _option(inner: Any, value: Any) -> Any:
    if not isinstance(value, str):
        raise _Wrong("should be text")
    if value not in options_of(inner):
        raise _Wrong(f"should not be `{value}`")
    return inner(value) if isinstance(inner, type) and issubclass(inner, enum.Enum) else value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("should be true or false")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise _Wrong("should be a whole number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("should be text")
    return value


def _take(value: Any, hints: dict[str, Any]) -> list[Any]:
    """The members of a map, in order, and no others."""
    members = _members(value)
    taken = [_member(name, hint, members.pop(name, _ABSENT)) for name, hint in hints.items()]
    for name in members:
        raise _Wrong(f"`{name}` is not known")
    return taken


def _range(value: Any) -> Range:
    try:
        return Range(*_take(value, {"low": Ratio, "high": Ratio}))
    except ValueError as wrong:
        raise _Wrong(str(wrong)) from None


def _spread(value: Any) -> Spread:
    if not isinstance(value, dict):
        return Spread.certain(_exact("money", value))
    spread = Spread(*_take(value, {"low": Money, "likely": Money, "high": Money}))
    if not spread.is_ordered:
        raise _Wrong("should be low <= likely <= high, from 0")
    return spread


_READ = {bool: _flag, int: _count, str: _text, Range: _range, Spread: _spread}


def _schema_of(hint: Any, where: str) -> dict[str, Any]:
    """The JSON Schema of an annotation."""
    inner, _ = optional(hint)
    origin, arguments = typing.get_origin(inner), typing.get_args(inner)
    if inner in _SCHEMAS:
        return _SCHEMAS[inner]
    if origin is Annotated:
        form = _form(arguments)
        schema = {"type": "string", "format": form} if form else _schema_of(arguments[0], where)
        said = " ".join(one for one in arguments[1:] if isinstance(one, str) and one != form)
        return {"description": said, **schema} if said else schema
    if origin is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": _schema_of(arguments[1], where)}
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        return {"type": "array", "items": _schema_of(arguments[0], where)}
    if options_of(inner):
        return {"enum": list(options_of(inner))}
    if isinstance(inner, type) and issubclass(inner, Settings):
        return _schema_of_class(inner)
    instead = "`Money`, `Ratio` or `Plain`, which are exact" if inner in (float, Decimal) else (
        "bool, int, str, `Money`, `Ratio`, `Plain`, `Spread`, `Range`, a `Literal`, an enum, `dict[str, …]`, "
        "`tuple[…, ...]` or another `Settings` class"
    )
    raise TypeError(f"`{where}` is annotated with {shown(inner)}: write {instead}")


def _schema_of_class(settings: type[Settings]) -> dict[str, Any]:
    hints = settings._hints
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False}
    required = [name for name, hint in hints.items() if optional(hint)[1] and not hasattr(settings, name)]
    if required:
        schema["required"] = required
    if hints:
        schema["properties"] = {name: _schema_of_member(settings, name, hint) for name, hint in hints.items()}
    return schema


def _schema_of_member(settings: type[Settings], name: str, hint: Any) -> dict[str, Any]:
    schema = _schema_of(hint, f"{settings.__name__}.{name}")
    default = getattr(settings, name, None)
    if default == Range.CERTAIN:
        return {**schema, "default": {"low": "100%", "high": "100%"}}
    return {**schema, "default": default} if isinstance(default, (bool, int, str)) else schema


def _of(required: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": required}


_MONEY = {"type": "string", "format": "money"}
_RATIO = {"type": "string", "format": "ratio"}
_SCHEMAS: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    Range: _of({"low": _RATIO, "high": _RATIO}),
    Spread: {"anyOf": [_MONEY, _of({"low": _MONEY, "likely": _MONEY, "high": _MONEY})]},
}


class Ranged(Settings):
    """For a plugin whose only setting is `range`: how far its prices may be off. Left out, prices are certain."""

    range: Range = Range.CERTAIN
