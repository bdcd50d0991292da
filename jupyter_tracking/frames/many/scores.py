"""Which outputs of runs are scores, and whether more or less of one is better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.format.document.metric_summary import definition_of, definitions

if TYPE_CHECKING:
    from jupyter_tracking.frames.many.run_columns import RunColumn, RunColumns

_LESS = re.compile(r"loss|error|err\b|rmse|mse|mae|perplexity|regret|cost", re.IGNORECASE)
_MORE = re.compile(r"acc|auc|f1|precision|recall|r2|score|reward|iou|map\b|bleu", re.IGNORECASE)


class Goal(NamedTuple):
    """What is better of a score: `max` or `min`, and whether its name made us guess so."""

    better: str
    guessed: bool


def goal_of(columns: RunColumns, name: str) -> Goal | None:
    """Return what is better of an output: as `define_metric` said in any of the runs, else by its name; None where neither tells."""
    for folder in columns.folders:
        goal = definition_of(definitions(folder.info), name).goal
        if goal is not None:
            return Goal(goal, guessed=False)
    if _LESS.search(name):
        return Goal("min", guessed=True)
    return Goal("max", guessed=True) if _MORE.search(name) else None


def first_score(columns: RunColumns) -> RunColumn | None:
    """Return the output that runs are judged by where nobody says: the first with a goal that was defined, else guessed, else the first."""
    found = [column for column in columns.results if column.differs]
    goals = [goal_of(columns, column.name) for column in found]
    for wanted in (False, True):
        for column, goal in zip(found, goals, strict=True):
            if goal is not None and goal.guessed is wanted:
                return column
    return found[0] if found else None
