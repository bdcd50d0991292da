"""The columns of runs, as filters name them, and a run's values in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from jupyter_tracking.format.document import run_document
from jupyter_tracking.read.filter.columns import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_tracking.read.known_runs import ListedRun

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OWN_COLUMNS = (
    Column("uuid", also=("id",)),
    Column("name"),
    Column("project"),
    Column("status"),
    Column("why"),
    Column("created_at", "time", ("created",)),
    Column("finished_at", "time", ("finished",)),
    Column("duration", "seconds", ("took",)),
    Column("run.age", "seconds"),  # which no table has: an input of this name is as likely meant
    Column("tags"),
    Column("group"),
    Column("parent"),
    Column("notes", also=("note",)),
    Column("pinned", "flag"),
    Column("archived", "flag"),
)


def columns_of_runs(runs: Iterable[ListedRun]) -> list[Column]:
    """Return the columns that runs have: their own, then inputs and outputs in the order in which they come."""
    found: dict[str, None] = {}
    for run in runs:
        found.update(dict.fromkeys(f"inputs.{name}" for name in run.facts.inputs))
        found.update(dict.fromkeys(f"outputs.{name}" for name in run.facts.outputs))
    return [*OWN_COLUMNS, *map(Column, found)]


def values_of_run(run: ListedRun, now: int) -> Callable[[str], object]:
    """Return the function from a column's full name to a run's value in it; what is empty is missing.

    Args:
        run: the run.
        now: the present moment in microseconds since 1970, for its age.
    """
    facts, marks = run.facts, run.marks

    def value(column: str) -> object:
        group, _, name = column.partition(".")
        if name and group != "run":
            return (facts.inputs if group == "inputs" else facts.outputs).get(name)
        if column in {"created_at", "finished_at"}:
            return _micros(getattr(facts, column))
        if column == "run.age":
            created = _micros(facts.created_at)
            return None if created is None else (now - created) / 1e6
        if column in {"tags", "duration"}:
            return getattr(facts, column)
        if column in {"archived", "pinned"}:
            return run.archived if column == "archived" else marks.pinned
        text = marks.note if column == "notes" else getattr(marks if column in {"group", "parent"} else facts, column)
        return text or None

    return value


def _micros(text: str | None) -> int | None:
    moment = run_document.parse_moment(text)
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)
