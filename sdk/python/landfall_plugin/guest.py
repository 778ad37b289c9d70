"""The WebAssembly side: from the contract's types to ours and back.

Only in the component; for what `landfall plugin build` generates, and not for authors.
"""

from __future__ import annotations

import decimal
import importlib
import json
import sys
from datetime import date
from typing import Any, NoReturn

import componentize_py_types
from wit_world.imports import host
from wit_world.imports import types as wire

from . import guard, log, needs, settings
from .contract import Given, GivenObligation, Plugin
from .exact import AMOUNT_PLACES, RATIO_PLACES, Spread, decimals, parts
from .failure import Failure, NeedsFact, NeedsParam, Refused
from .guard import Forbidden
from .line import Line
from .needs import Need
from .values import Period

_LEVELS = {"debug": host.Level.DEBUG, "info": host.Level.INFO, "warn": host.Level.WARN, "error": host.Level.ERROR}
log._send = lambda level, message: host.log(_LEVELS[level], message)

_FOLDERS = {"/0/": "src/", "/1/": "vendor/"}


def shown(file: str) -> str:
    """A file of the component as the author knows it."""
    for inside, outside in _FOLDERS.items():
        if file.startswith(inside):
            return outside + file[len(inside) :]
    return file


# What the component itself loads at the end, when there is no file to load it from any more.
_AT_THE_END = ("collections.abc", "random", "traceback", "weakref", "wit_world.exports.guest")


def make(id: str, version: str, summary: str, files: dict[str, str], modules: list[str]) -> type:
    """The world's guest: what the generated module of a component consists of. Loads `plugin.py`, and everything that
    is loaded at all: `modules` of Python, and after them the plugin's own.

    What is wrong with the plugin is said in one line of JSON, with its place, for whoever builds it.
    """
    try:
        for name in (*_AT_THE_END, *modules):
            importlib.import_module(name)
        settings.FILES.update(files)
        guard.before()
        guest = _guest(_only(vars(importlib.import_module("plugin"))), id, version, summary)
        guard.after()
        return guest
    except BaseException as error:
        place, message = _told(error)
        sys.stderr.write(f"\nlandfall: {json.dumps([*place, message])}\n")
        raise


def _only(members: dict[str, Any]) -> Plugin:
    plugins = [value for value in members.values() if isinstance(value, Plugin)]
    if len(plugins) == 1:
        return plugins[0]
    found = f"{len(plugins)} functions are" if plugins else "no function is"
    raise TypeError(f'{found} marked in src/plugin.py: write `@plugin("output")` above one, with the stages it computes')


def _guest(plugin: Plugin, id: str, version: str, summary: str) -> type:
    description = _description(plugin, id, version, summary)

    class Guest:
        def describe(self) -> wire.Description:
            return description

        def estimate(self, c: wire.Case) -> list[wire.LineItem]:
            try:
                return [_lower_line(line) for line in plugin.answer(_lift(c))]
            except Failure as failure:
                raise componentize_py_types.Err(_lower_failure(plugin, failure)) from None
            except BaseException as error:
                _trap(error)

    return Guest


def _trap(error: BaseException) -> NoReturn:
    """A trap has no message; the log has it."""
    place, message = _told(error)
    log.error(": ".join([":".join(str(part) for part in place), message]) if place else message)
    raise error


def _told(error: BaseException) -> tuple[tuple[str, int] | tuple[()], str]:
    """Where in the plugin's own modules it happened, and what."""
    place = _place(error)
    if isinstance(error, SyntaxError) and error.filename:
        place = (shown(error.filename), error.lineno or 1)
    message = str(error.msg if isinstance(error, SyntaxError) else error)
    if isinstance(error, Forbidden):
        return place, message
    if isinstance(error, decimal.Inexact):
        message = (
            "a decimal would lose digits: write `Fraction(a) / b`, which is rounded once where it becomes an amount, "
            "or `rounded(a, 2)` where you mean to round"
        )
        return place, message
    if isinstance(error, decimal.DivisionByZero):
        return place, "ZeroDivisionError: division by zero"
    if isinstance(error, (decimal.FloatOperation, TypeError)) and "'float'" in f"{message}'{_name(error)}'":
        message = f'{message}: a float is not exact, write `Decimal("1.5")`, or `Decimal(a) / b`'
    return place, f"{_name(error)}: {message}" if message else _name(error)


def _name(error: BaseException) -> str:
    return "float" if isinstance(error, decimal.FloatOperation) else type(error).__name__


def _place(error: BaseException) -> tuple[str, int] | tuple[()]:
    place: tuple[str, int] | tuple[()] = ()
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(tuple(_FOLDERS)) and not file.startswith("/1/landfall_plugin/"):
            place = (shown(file), trace.tb_lineno)
        trace = trace.tb_next
    return place


def _enum(kind: Any, text: str) -> Any:
    return kind[text.upper().replace("-", "_")]


def _description(plugin: Plugin, id: str, version: str, summary: str) -> wire.Description:
    return wire.Description(
        id=id,
        version=version,
        summary=summary,
        stages=[_enum(wire.Stage, stage.value) for stage in plugin.stages],
        facts=_lower_needs(plugin.facts),
        params=_lower_needs(plugin.params),
        demands=_lower_needs(plugin.demands),
        choices=[wire.Choice(one.name, list(one.type.options)) for one in needs.needs_of(plugin.choices)],
        knows=list(plugin.knows),
        separable=plugin.separable,
        settings_schema=settings.schema_text(plugin.settings),
    )


def _lower_needs(declared: type[needs.Needs]) -> list[wire.Need]:
    return [
        wire.Need(need.name, _enum(wire.ValueType, need.type.value_type), need.type.required)
        for need in needs.needs_of(declared)
    ]


def _lift(case: wire.Case) -> Given:
    return Given(
        stage=case.stage.name.lower().replace("_", "-"),
        currency=case.currency,
        facts=[_value(value) for value in case.facts],
        params=[_value(value) for value in case.params],
        choices=case.choices,
        obligations=[_obligation(one) for one in case.obligations],
        settings=case.settings,
    )


def _obligation(one: wire.Obligation) -> GivenObligation:
    return GivenObligation(
        known=one.known,
        once=_spread(one.once),
        yearly=_spread(one.yearly),
        demands=[_value(value) for value in one.demands],
    )


def _spread(spread: wire.Spread | None) -> Spread | None:
    if spread is None:
        return None
    return Spread(*(decimals(one, AMOUNT_PLACES) for one in (spread.low, spread.likely, spread.high)))


def _value(value: wire.Value) -> Any:
    return _READ[type(value)](value)


def _date(value: wire.Date) -> date:
    try:
        return date(value.year, value.month, value.day)
    except ValueError:
        raise Refused(f"the year {value.year} is beyond what a date can hold") from None


_READ: dict[type, Any] = {
    wire.Value_Missing: lambda _: None,
    wire.Value_Flag: lambda value: value.value,
    wire.Value_Count: lambda value: value.value,
    wire.Value_Ratio: lambda value: decimals(value.value, RATIO_PLACES),
    wire.Value_Money: lambda value: decimals(value.value, AMOUNT_PLACES),
    wire.Value_Text: lambda value: value.value,
    wire.Value_Set: lambda value: tuple(value.value),
    wire.Value_Date: lambda value: _date(value.value),
    wire.Value_Period: lambda value: Period(value.value.n, value.value.unit.name.lower()),
}

_GROUNDS = {
    "fact": wire.Ground_Fact,
    "param": wire.Ground_Param,
    "choice": wire.Ground_Choice,
    "demand": wire.Ground_Demand,
}


def _lower_line(line: Line) -> wire.LineItem:
    quantity = line.quantity
    return wire.LineItem(
        obligation=None if line.obligation is None else line.obligation.index,
        label=line.label,
        cadence=_enum(wire.Cadence, line.cadence),
        amount=_lower_spread(line.amount),
        used=[_GROUNDS[need.kind](need.index) for need in line.used],
        quantity=quantity
        and wire.Quantity(parts(quantity.count, AMOUNT_PLACES), quantity.unit, _lower_spread(quantity.price)),
    )


def _lower_spread(spread: Spread) -> wire.Spread:
    return wire.Spread(*(parts(one, AMOUNT_PLACES) for one in (spread.low, spread.likely, spread.high)))


def _lower_failure(plugin: Plugin, failure: Failure) -> wire.Failure:
    if isinstance(failure, (NeedsFact, NeedsParam)):
        need: Need = failure.need
        if not plugin.declares(need):
            raise TypeError(f"`{need!r}` is needed, and the case does not declare it")
        kind = wire.Failure_NeedsFact if isinstance(failure, NeedsFact) else wire.Failure_NeedsParam
        return kind(need.index)
    return wire.Failure_Refused(str(failure))
