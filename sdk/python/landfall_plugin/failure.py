"""The typed ways a plugin can say no. Raise one; the market is then incomplete, and the answer says why.

Any other exception ends the call, and its message reaches the host through the log.
"""

from __future__ import annotations

from typing import Any


class Failure(Exception):
    """Why there is no answer."""


class NeedsFact(Failure):
    """An optional fact turned out to be needed: `raise NeedsFact(Facts.home)`."""

    def __init__(self, need: Any) -> None:
        super().__init__(f"fact {need.index} is needed")
        self.need = need


class NeedsParam(Failure):
    """An optional param turned out to be needed: `raise NeedsParam(Params.price)`."""

    def __init__(self, need: Any) -> None:
        super().__init__(f"param {need.index} is needed")
        self.need = need


class Refused(Failure):
    """Anything else: lower case, no full stop."""


def too_large() -> Refused:
    """What a number that is no 64-bit one becomes, in every SDK in the same words."""
    return Refused("the amount is too large to be held exactly")
