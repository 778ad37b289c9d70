"""Behind the scan of the source: what a trick reaches says what it is, and why there is none.

Only in the component. Python's own modules are there, since Python needs some of them to start; their ways out are
taken before the plugin's modules run. What is forgotten here ends in a stub of the component that traps: never in a
number that differs from call to call.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping
from typing import Any, Callable, Iterator, NoReturn

from . import reach


class Forbidden(RuntimeError):
    """A plugin reached for what it does not have."""


_PLUGIN = ("/0/", "/1/")
"""Where its modules lie while the component is made."""
_SDK = "/1/landfall_plugin/"

_WHOLE = ("time", "random", "_random", "secrets", "uuid", "socket", "_socket", "subprocess", "signal")
"""Modules that Python does not need once it runs, or never."""
_AT_ONCE = {
    "os": ("environ", "environb", "getenv", "getenvb", "urandom", "getrandom", "getpid", "getppid", "times", "popen",
           "system"),
    "posix": ("environ", "urandom", "getrandom", "getpid", "getppid", "times", "system"),
}
_IMPORTING = ("posix", "os", "_io", "io")
"""Importing needs the rest of these until the last module is there."""
_HARMLESS = ("fspath", "fsencode", "fsdecode")


def before() -> None:
    """Before the plugin's modules are loaded."""
    for name in _WHOLE:
        _take(name, reach.WHY.get(name, reach.NETWORK), lambda member, _: not member.startswith("__"))
    for name, members in _AT_ONCE.items():
        _take(name, reach.ENVIRONMENT, lambda member, _, members=members: member in members)  # type: ignore[misc]
    for name in ("eval", "exec", "compile"):
        setattr(builtins, name, _not_from_plugin(name, getattr(builtins, name)))
    for name in ("open", "input", "breakpoint", "print"):
        if hasattr(builtins, name):
            setattr(builtins, name, _nothing(name, reach.NAMES[name]))
    builtins.__import__ = _imports(builtins.__import__)


def after() -> None:
    """After the last module is loaded: nothing reads a file any more."""
    for name in _IMPORTING:
        _take(name, reach.FILES, _is_way_out)
    sys.stdin = _nothing("sys.stdin", reach.NAMES["input"])  # type: ignore[assignment]
    sys.stdout = _nothing("sys.stdout", reach.NAMES["print"])  # type: ignore[assignment]


def _take(module: str, why: str, wanted: Callable[[str, Any], bool]) -> None:
    """Puts in the place of members of a module one that says why there is none."""
    loaded = sys.modules.get(module)
    for name, value in list(vars(loaded).items()) if loaded else []:
        if wanted(name, value) and not isinstance(value, _Nothing):
            setattr(loaded, name, _nothing(f"{module}.{name}", why))


def _is_way_out(name: str, value: Any) -> bool:
    is_error = isinstance(value, type) and issubclass(value, BaseException)
    return callable(value) and not is_error and not name.startswith("__") and name not in _HARMLESS


class _Nothing(Mapping):
    """In the place of something that a plugin does not have. An empty mapping to whoever only goes through it, since
    the component itself goes through `os.environ` when it is made."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise Forbidden(self._message)

    def __getattr__(self, _: str) -> NoReturn:
        raise Forbidden(self._message)

    def __getitem__(self, _: Any) -> NoReturn:
        raise Forbidden(self._message)

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def get(self, *_: Any) -> NoReturn:
        raise Forbidden(self._message)

    def __contains__(self, _: Any) -> NoReturn:
        raise Forbidden(self._message)


def _nothing(what: str, why: str) -> _Nothing:
    return _Nothing(f"`{what}`: {why}")


def _is_from_plugin() -> bool:
    """Whether whoever called what calls this is a module of the plugin. The component itself has no frame."""
    try:
        file = sys._getframe(2).f_code.co_filename
    except ValueError:
        return False
    return file.startswith(_PLUGIN) and not file.startswith(_SDK)


def _is_own(module: str) -> bool:
    """Whether it is the plugin's own, or not loaded, and so either its own or not there."""
    loaded = sys.modules.get(module)
    return module not in reach.WHY and (loaded is None or str(loaded.__file__).startswith(_PLUGIN))


def _not_from_plugin(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """`dataclass` and `namedtuple` make code, with namespaces of their own; a plugin does not."""

    def guarded(*arguments: Any, **named: Any) -> Any:
        if _is_from_plugin():
            raise Forbidden(f"`{name}`: {reach.NAMES[name]}")
        return real(*arguments, **named)

    return guarded


def _imports(real: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        top = name.split(".")[0]
        if _is_from_plugin() and not level and top not in reach.PURE and not _is_own(top):
            raise Forbidden(f"`import {name}`: {reach.WHY.get(top, reach.NATIVE)}")
        return real(name, globals, locals, fromlist, level)

    return guarded
