"""Which outputs of runs are scores, and by which of them runs are judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_tracking.format.document.metric_goal import goal_of
from jupyter_tracking.format.document.metric_summary import definitions

if TYPE_CHECKING:
    from jupyter_tracking.format.document.metric_goal import Goal
    from jupyter_tracking.frames.many.run_columns import RunColumn, RunColumns

_MOST = 200  # runs, the first, whose documents are asked what is better: they agree, and there may be very many
_HELD_OUT = re.compile(r"(^|[^a-z])(val|valid|validation|test|eval|cv)([^a-z]|$)", re.IGNORECASE)


def goals_of(columns: RunColumns) -> dict[str, Goal]:
    """Return what is better of each output that is a number, by its name."""
    known = [definitions(folder.info) for folder in columns.folders[:_MOST]]
    return {column.name: goal_of(column.name, known) for column in columns.results}


def first_score(columns: RunColumns) -> RunColumn | None:
    """Return the output that runs are judged by where nobody says; None where no number among the outputs differs.

    The first with a goal that was defined; else the first whose name tells a goal, of data that was held out before any other.
    """
    goals = goals_of(columns)
    found = [column for column in columns.results if column.differs]
    return min(found, key=lambda column: _rank(goals[column.name], column.name), default=None)


def _rank(goal: Goal, name: str) -> int:
    if goal.direction is None:
        return 3
    if goal.why == "as defined":
        return 0
    return 1 if _HELD_OUT.search(name) else 2
