"""Needs as typed classes: declared once, filled from the host's positional values.

    class Facts(Needs):
        users: int = fact("market.users")
        home: Optional[OneOf] = fact("company.home")

`case.facts.users` is the value; `Facts.users` is the need itself, which a line names as `used=[Facts.users]`.
"""

from __future__ import annotations

import typing
from typing import Any, Iterable, Sequence

from .failure import NeedsFact, NeedsParam, Refused
from .values import Type, options_of, shown, type_of


class Need:
    """One declared fact, param, demand or choice."""

    kind: str
    name: str
    """`market.users` for a fact, a bare id for the others."""
    type: Type
    index: int
    """Its position among those of its kind."""
    owner: type

    def __init__(self, kind: str, name: str | None) -> None:
        self.kind = kind
        self._name = name

    def __set_name__(self, owner: type, attribute: str) -> None:
        self.owner = owner
        self.name = attribute if self._name is None else self._name
        self.attribute = attribute

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else vars(instance)[self.attribute]

    def __repr__(self) -> str:
        return f"{self.owner.__name__}.{self.attribute}"

    def missing(self) -> Exception:
        """What it means that nobody gave it."""
        if self.kind == "fact":
            return NeedsFact(self)
        if self.kind == "param":
            return NeedsParam(self)
        return Refused(f"{self.kind} {self.index} is missing")


def fact(name: str) -> Any:
    """A fact by its scope and name: `fact("market.users")`."""
    return Need("fact", name)


def param(name: str | None = None) -> Any:
    """A param of the rule files; the attribute's name where you do not say."""
    return Need("param", name)


def demand(name: str | None = None) -> Any:
    """Something an obligation may demand; the attribute's name where you do not say."""
    return Need("demand", name)


def choice(name: str | None = None) -> Any:
    """An open decision whose options this plugin prices: a `Literal` or an enum of their ids."""
    return Need("choice", name)


class Needs:
    """Facts, params, demands or choices: a class each, of attributes with a type and what they are."""

    _needs: typing.ClassVar[tuple[Need, ...]] = ()

    def __init_subclass__(cls) -> None:
        hints = typing.get_type_hints(cls, include_extras=True)
        hints.pop("_needs")
        cls._needs = tuple(_declared(cls, name, hint) for name, hint in hints.items())
        for name, value in vars(cls).items():
            if isinstance(value, Need) and name not in hints:
                raise TypeError(f"`{value!r}` has no type: write `{name}: int = …`")
        for index, need in enumerate(cls._needs):
            need.index = index
        kinds = sorted({need.kind for need in cls._needs})
        if len(kinds) > 1:
            raise TypeError(f"`{cls.__name__}` holds {' and '.join(kinds)}: write a class for each")

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


def needs_of(declared: type[Needs]) -> tuple[Need, ...]:
    """What a class declares, in order."""
    return declared._needs


def read(declared: type[Needs], values: Sequence[Any]) -> Needs:
    """The class filled with the host's values, by position; `None` is one that nobody gave."""
    filled = declared()
    for need, value in zip(needs_of(declared), values, strict=True):
        if value is not None:
            value = need.type.read(need.name, value)
        elif need.type.required:
            raise need.missing()
        vars(filled)[need.attribute] = value
    return filled


def _declared(cls: type, attribute: str, annotation: Any) -> Need:
    where = f"{cls.__name__}.{attribute}"
    need = vars(cls).get(attribute)
    if not isinstance(need, Need):
        raise TypeError(f'`{where}` does not say what it is: write `{attribute}: … = fact("market.{attribute}")`, '
                        "or `param()`, `demand()`, `choice()`")
    if need.kind == "choice" and not options_of(annotation):
        raise TypeError(f'`{where}` is annotated with {shown(annotation)}: write `Literal["…", "…"]` or an enum of '
                        "the ids of its options")
    need.type = type_of(annotation, where)
    if need.kind == "choice" and not need.type.required:
        raise TypeError(f"`{where}` is optional, and a choice is always made: leave `Optional` out")
    return need


def grounds(used: Any) -> Iterable[Need]:
    """The needs in `used`, which may be nested and may hold `None`."""
    if used is None:
        return
    if isinstance(used, Need):
        yield used
    elif isinstance(used, type) and issubclass(used, Needs):
        yield from needs_of(used)
    elif isinstance(used, (tuple, list)):
        for one in used:
            yield from grounds(one)
    else:
        raise TypeError(f"`{used!r}` cannot be used as a ground: write the need itself, as in `used=[Facts.users]`")
