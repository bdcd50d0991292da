"""One workload a file: what is done, how much of it, what is measured, and which goal it must meet.

A workload has TITLE, UNITS (measure → unit), SIZE, QUICK and TINY (how much: for the full run, for `--quick`, for the
tests), GOALS, `measure(contender, folder, size)`, which returns measure → figure, and where something must be there
before, `prepare(contender, folder, size)`, done once for all rounds. It raises `NotThere` for a contender that
has no such function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

PEERS = "the best peer"


class NotThere(Exception):  # noqa: N818 - a state, not a fault
    """The contender does no such work."""


@dataclass(frozen=True)
class Goal:
    """Ours ÷ the other's figure, or (without another) our figure alone, is at most this.

    Attributes:
        measure: which figure of ours.
        limit: the largest good one.
        other: a contender, `PEERS`, or None for the figure itself.
        times: the other's figure is for one of so many.
        its: which figure of the other; by default the same.
    """

    measure: str
    limit: float
    other: str | None = None
    times: float = 1
    its: str = ""


def function(contender: ModuleType, name: str) -> Callable[..., Any]:
    """Return a contender's function.

    Raises:
        NotThere: it has none of this name.
    """
    found: Callable[..., Any] | None = getattr(contender, name, None)
    if found is None:
        raise NotThere(name)
    return found


def scaled(contender: ModuleType, size: int) -> int:
    """Return how much of the work a contender does: less where it is slow."""
    return max(10, int(size * getattr(contender, "SHARE", 1)))
