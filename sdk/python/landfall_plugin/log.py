"""The plugin's only way out besides its answer: a bounded log. No part of an answer depends on it.

Natively, in tests, messages go nowhere.
"""

from __future__ import annotations

from typing import Callable


def _nowhere(level: str, message: str) -> None:
    del level, message


_send: Callable[[str, str], None] = _nowhere


def debug(message: str) -> None:
    """For whoever writes the plugin."""
    _send("debug", message)


def info(message: str) -> None:
    """For whoever wonders what it did."""
    _send("info", message)


def warn(message: str) -> None:
    """Something looks wrong, and there is an answer all the same."""
    _send("warn", message)


def error(message: str) -> None:
    """There is no answer."""
    _send("error", message)
