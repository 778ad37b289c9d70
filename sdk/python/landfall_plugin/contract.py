"""What a plugin is: one function, marked with `plugin`, whose case says what it needs."""

from __future__ import annotations

import decimal
import typing
from dataclasses import replace
from typing import Any, Callable, Iterable, Optional, Sequence

from . import needs, settings
from .case import Case, Obligation, Stage
from .exact import CONTEXT, Spread
from .failure import Refused
from .line import Line
from .needs import Need, Needs
from .settings import Settings
from .values import optional, options_of, shown

Estimate = Callable[[Any], Iterable[Line]]
_KINDS = {"facts": "fact", "params": "param", "choices": "choice", "demands": "demand"}


class _Nothing(Needs):
    """Declared by whoever declares none."""


class _NoSettings(Settings):
    """For a plugin that nothing can be set for."""


class Plugin:
    """A plugin: the function, and what its case declares. Calling it calls the function."""

    stages: tuple[Stage, ...]
    separable: bool
    """Whether each line depends on no other obligation than its own."""
    case: type[Case]
    obligation: type[Obligation]
    facts: type[Needs]
    params: type[Needs]
    choices: type[Needs]
    demands: type[Needs]
    knows: tuple[str, ...]
    settings: type[Settings]

    def __init__(self, estimate: Estimate, stages: Sequence[str], separable: bool) -> None:
        self.estimate = estimate
        self.stages = tuple(_stage(stage) for stage in stages)
        self.separable = separable
        self.case = _case_of(estimate)
        hints = typing.get_type_hints(self.case, include_extras=True)
        self.facts, self.params, self.choices = (_needs(hints, kind) for kind in ("facts", "params", "choices"))
        self.settings = _settings(hints.get("settings"))
        self.obligation = _obligation(hints.get("obligations"))
        duty = typing.get_type_hints(self.obligation, include_extras=True)
        self.demands = _needs(duty, "demands")
        self._known = optional(duty.get("known"))[0]
        self.knows = _knows(self._known)
        self.__doc__ = estimate.__doc__

    def __call__(self, case: Any) -> Iterable[Line]:
        return self.estimate(case)

    def declares(self, need: Need) -> bool:
        """Whether a line may name it as used."""
        return need.owner in (self.facts, self.params, self.choices, self.demands)

    def answer(self, given: Given) -> list[Line]:
        """Reads the case and asks the function: what the component does, and what tests do."""
        with decimal.localcontext(CONTEXT):
            case = self._read(given)
            lines = self.estimate(case)
            if lines is None:
                raise TypeError("`estimate` returned `None`: return the list of lines, which may be empty")
            return [self._checked(case, line) for line in lines]

    def _checked(self, case: Case, line: Any) -> Line:
        """A line rests on what was given: an optional need that nobody gave is left out of what it used."""
        if not isinstance(line, Line):
            raise TypeError(f"`estimate` returned a {type(line).__name__} among its lines: write `Line.yearly(…)`")
        for need in line.used:
            if not self.declares(need):
                raise TypeError(f"`{need!r}` is used by the line `{line.label}`, and the case does not declare it")
        return replace(line, used=tuple(need for need in line.used if _is_given(case, line, need)))

    def _read(self, given: Given) -> Case:
        case = self.case()
        case.stage = Stage(given.stage)
        case.currency = given.currency
        case.facts = needs.read(self.facts, given.facts)
        case.params = needs.read(self.params, given.params)
        case.choices = needs.read(self.choices, [self._chosen(*one) for one in enumerate(given.choices)])
        case.settings = settings.read(self.settings, given.settings)
        case.obligations = tuple(self._obligation(*one) for one in enumerate(given.obligations))
        return case

    def _chosen(self, at: int, option: int) -> str:
        choice = needs.needs_of(self.choices)[at]
        if option >= len(choice.type.options):
            raise Refused(f"the host gave no known option of choice `{choice.name}`")
        return choice.type.options[option]

    def _obligation(self, index: int, given: GivenObligation) -> Obligation:
        obligation = self.obligation()
        obligation.index = index
        obligation.once, obligation.yearly = given.once, given.yearly
        obligation.known = self._known_as(given.known)
        # One that is here to be costed, and demands nothing, has only missing demands.
        silent = all(value is None for value in given.demands)
        obligation.demands = None if silent else needs.read(self.demands, given.demands)
        return obligation

    def _known_as(self, at: Optional[int]) -> Any:
        if at is None:
            return None
        if at >= len(self.knows):
            raise Refused("the host named an obligation this plugin does not know")
        known = self.knows[at]
        return self._known(known) if isinstance(self._known, type) else known


class GivenObligation(typing.NamedTuple):
    """An obligation as it crosses the boundary: by position, untyped."""

    known: Optional[int] = None
    once: Optional[Spread] = None
    yearly: Optional[Spread] = None
    demands: Sequence[Any] = ()


class Given(typing.NamedTuple):
    """A case as it crosses the boundary: by position, untyped. `None` is a value nobody gave."""

    stage: str
    currency: str = "EUR"
    facts: Sequence[Any] = ()
    params: Sequence[Any] = ()
    choices: Sequence[int] = ()
    obligations: Sequence[GivenObligation] = ()
    settings: str = "{}"


def _is_given(case: Case, line: Line, need: Need) -> bool:
    if need.kind == "demand":
        demands = line.obligation and line.obligation.demands
        if demands is None:
            raise TypeError(f"`{need!r}` is used by the line `{line.label}`, whose obligation demands nothing: write "
                            "`of=obligation`, the one that does")
        return vars(demands)[need.attribute] is not None
    holder = {"fact": case.facts, "param": case.params, "choice": case.choices}[need.kind]
    return vars(holder)[need.attribute] is not None


def plugin(*stages: str, separable: bool = False) -> Callable[[Estimate], Plugin]:
    """Marks the one function of a plugin, with the stages it computes.

    `separable` says that each line depends on no other obligation than its own: the host may then decide choices of
    different obligations one at a time.
    """
    if not stages or callable(stages[0]):
        raise TypeError('which stages does it compute? Write `@plugin("output")`, or more of them')
    return lambda estimate: Plugin(estimate, stages, separable)


def _stage(stage: str) -> Stage:
    try:
        return Stage(stage)
    except ValueError:
        all_of_them = ", ".join(f'"{one}"' for one in Stage)
        raise TypeError(f"`{stage}` is not a stage: write one of {all_of_them}") from None


def _case_of(estimate: Estimate) -> type[Case]:
    names = estimate.__code__.co_varnames[: estimate.__code__.co_argcount]  # type: ignore[attr-defined]
    hints = typing.get_type_hints(estimate)
    case = hints.get(names[0]) if len(names) == 1 else None
    if not (isinstance(case, type) and issubclass(case, Case)):
        raise TypeError("`estimate` takes one case, whose class says what the plugin needs: write "
                        "`def estimate(case: Support) -> list[Line]`, where `class Support(Case): …`")
    return case


def _needs(hints: dict[str, Any], attribute: str) -> type[Needs]:
    declared, _ = optional(hints.get(attribute, Any))
    if declared is Any or declared is type(None):
        return _Nothing
    if not (isinstance(declared, type) and issubclass(declared, Needs)):
        raise TypeError(f"`{attribute}` is annotated with {shown(declared)}: write a subclass of `Needs`")
    for need in needs.needs_of(declared):
        if need.kind != _KINDS[attribute]:
            raise TypeError(f"`{need!r}` is a {need.kind}, and stands among the {attribute}: "
                            f"write `{_KINDS[attribute]}(…)`, or annotate another attribute with its class")
    return declared


def _settings(declared: Any) -> type[Settings]:
    if declared in (None, Any):
        return _NoSettings
    if not (isinstance(declared, type) and issubclass(declared, Settings)):
        raise TypeError(f"`settings` is annotated with {shown(declared)}: write a subclass of `Settings`")
    return declared


def _obligation(annotation: Any) -> type[Obligation]:
    arguments = typing.get_args(annotation)
    declared = arguments[0] if arguments else Any
    if declared is Any:
        return Obligation
    if not (isinstance(declared, type) and issubclass(declared, Obligation)):
        raise TypeError(f"`obligations` is annotated with {shown(annotation)}: write `tuple[Duty, ...]`, where "
                        "`class Duty(Obligation): …`")
    return declared


def _knows(known: Any) -> tuple[str, ...]:
    if known in (None, Any, type(None)):
        return ()
    if not options_of(known):
        raise TypeError(f'`known` is annotated with {shown(known)}: write `Optional[Literal["…"]]` or an enum of the '
                        "ids of the obligations this plugin treats in its own way")
    return options_of(known)
