"""Runs compared in all they have: what differs in what they were given and ran in, their results, and the metrics they share."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format.document import run_document
from jupyter_tracking.frames.many.importance import most_important
from jupyter_tracking.frames.many.run_columns import RunColumns, text_of
from jupyter_tracking.frames.many.scores import first_score, goals_of
from jupyter_tracking.frames.run_groups import grouping_columns, groups_frame
from jupyter_tracking.printed import count_of
from jupyter_tracking.read.filter.run_columns import columns_of_runs, values_of_run
from jupyter_tracking.views.many.fields import add_fields, add_runs, encode_importance
from jupyter_tracking.views.many.metric_lines import metric_chart, shared_metrics
from jupyter_tracking.views.many.surroundings import surroundings_of
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.run_table import cut
from jupyter_tracking.views.model.scene import call_runs
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from jupyter_tracking.frames.many.run_columns import RunColumn
    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.views.many.metric_lines import MetricChart

_MOST_LINES = 500  # runs, the first, that have a line in each chart
_MOST_CHARTS = 24
_MOST_FIELDS = 60
_MOST_SAME = 40  # inputs that are equal everywhere, which are named in a line
_FEW = 12  # names in a picture's legend
_MOST_BARS = 12
_STILL_ROWS = 30


class Group(NamedTuple):
    """Runs that have the same: what they are called together, and their numbers."""

    label: str
    members: list[int]


class Comparison:
    """Runs, or groups of them, in a table and in a chart for each metric they share.

    Attributes:
        columns: the runs, and all that they were given and have as results.
        groups: the groups, or None where each run is by itself.
    """

    def __init__(self, folders: Sequence[RunFolder], group_by: str | Iterable[str] | None = None) -> None:
        """Read what there is to compare.

        Args:
            folders: the runs.
            group_by: a column or several, as of `runs()`, by whose values runs are put together.

        Raises:
            InvalidArgument: a column that is none.
        """
        self._group_by = group_by
        self._read(folders)
        facts = self.columns.facts
        self.labels = call_runs([each.name for each in facts], [each.uuid for each in facts])
        self.surroundings = surroundings_of(self.columns.folders, self.labels)

    def _read(self, folders: Sequence[RunFolder]) -> None:
        self.columns = columns = RunColumns(folders)
        self.score = first_score(columns)
        self.importance = most_important(columns, self.score) if self.score is not None else []
        self.keys: list[str] = []
        self.groups: list[Group] | None = None
        if self._group_by is not None:
            self.keys, self.groups = _groups(columns, self._group_by)
        self.inputs = [column for column in columns.inputs if column.differs][:_MOST_FIELDS]
        self.same = [column for column in columns.inputs if not column.differs]
        self.results = [column for column in columns.outputs if column.is_number or column.differs][:_MOST_FIELDS]
        self.goals = goals_of(columns)
        shown = columns.folders[:_MOST_LINES] if self.groups is None else columns.folders
        self.metrics = shared_metrics(columns.folders)
        members = None if self.groups is None else [group.members for group in self.groups]
        self.charts: list[MetricChart] = [metric_chart(shown, name, members) for name in self.metrics[:_MOST_CHARTS]]

    def refresh(self) -> bool:
        """Read runs that go on again; return whether anything is another than before."""
        before = self.columns.facts, [len(line.x) for chart in self.charts for line in chart.lines]
        self._read(self.columns.folders)
        return before != (self.columns.facts, [len(line.x) for chart in self.charts for line in chart.lines])

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return any(each.status not in run_document.OVER for each in self.columns.facts)

    # --- results ---------------------------------------------------------------------------------

    def figures(self, column: RunColumn) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return a result of each row that is compared: of groups its mean and its standard deviation, as `runs(group_by=…)` has them."""
        if self.groups is None:
            return column.numbers, None
        return _of_groups(self.groups, column.numbers)

    def best(self, column: RunColumn) -> list[int]:
        """Return the rows that have the best of a result, where it is known what is better."""
        goal = self.goals[column.name].direction if column.name in self.goals else None
        figures, _ = self.figures(column)
        known = ~np.isnan(figures)
        if goal is None or known.sum() < 2 or len(set(figures[known].tolist())) < 2:  # noqa: PLR2004 - of one, nothing is best
            return []
        best = np.nanmax(figures) if goal == "max" else np.nanmin(figures)
        return np.flatnonzero(figures == best).tolist()

    # --- what the page gets ----------------------------------------------------------------------

    def payloads(self, points: int) -> list[Payload]:
        """Return the table, then the charts, of each line of which there are about four times so many points at most."""
        return [self.table(), *(chart.payload(points) for chart in self.charts)]

    def table(self, count: int | None = None) -> Payload:
        """Return the table of the first so many runs; of all, and of groups, when None."""
        payload, columns = Payload(), self.columns
        kept = len(columns) if count is None else count
        fields = [*self.inputs, *self.results]
        if self.groups is None:
            add_runs(payload, columns, kept)
            add_fields(payload, fields, kept)
        else:
            self._add_groups(payload)
        best = {}
        for n, field in enumerate(payload.head["fields"]):
            column = columns.columns.get(field["key"])
            if column is not None and field["group"] == "outputs" and column.is_number:
                goal = self.goals[column.name]
                best[str(n)] = [[row for row in self.best(column) if row < kept], goal.direction, goal.why]
        around = self.surroundings
        payload.head.update(
            score=None if self.score is None else json_safe(self.score.name),
            importance=encode_importance(self.importance[:_MOST_BARS]),
            best=best,
            same=json_safe([[column.name, cut(_first_text(column))] for column in self.same[:_MOST_SAME]]),
            same_count=len(self.same),
            group_by=None if self.groups is None else json_safe(self.keys),
            members=[] if self.groups is None else [self._members(group) for group in self.groups],
            differs=json_safe([[each.name, each.having] for each in around.differs]),
            alike=around.same,
            code=json_safe(around.code),
            diffs=json_safe(around.diffs),
            charts=len(self.charts),
            note=json_safe("; ".join(filter(None, [around.note, self._left_out()]))),
        )
        return payload

    def _add_groups(self, payload: Payload) -> None:
        groups = self.groups or []
        statuses = [self.columns.facts[group.members[0]].status for group in groups]
        payload.head.update(
            rows=len(groups),
            total=len(groups),
            labels=json_safe([group.label for group in groups]),
            uuids=[str(n) for n in range(len(groups))],
            statuses=json_safe(statuses),
            fields=[],
        )
        for number, column in enumerate(column for column in self.results if column.is_number):
            mean, std = self.figures(column)
            about = {"group": "outputs", "name": cut(column.name), "key": json_safe(column.key), "kind": "number", "log": False}
            payload.head["fields"].append(about)
            payload.add(f"v{number}", mean)
            if std is not None:
                payload.add(f"s{number}", std)

    def _members(self, group: Group) -> list[list[str]]:
        """Return what the runs of a group are called, and their uuids."""
        found: list[list[str]] = json_safe([[self.labels[n], self.columns.facts[n].uuid] for n in group.members])
        return found

    def _left_out(self) -> str:
        words = []
        if self.groups is None and len(self.columns) > _MOST_LINES:
            words.append(f"the charts have lines of the first {_MOST_LINES} runs")
        if len(self.metrics) > len(self.charts):
            words.append(f"{len(self.charts)} of {len(self.metrics)} metrics have a chart")
        return "; ".join(words)

    def key(self) -> str:
        """Return a hash by which a widget and its static page find each other."""
        names = ["compare", [each.uuid for each in self.columns.facts], self.keys]
        return hashlib.blake2s(json.dumps(json_safe(names)).encode(), digest_size=8).hexdigest()

    def line(self) -> str:
        """Return one line of text that says what is shown, for where nothing else can be."""
        by = f" in {count_of(len(self.groups), 'group')} by {', '.join(self.keys)}" if self.groups is not None else ""
        return str(json_safe(f"<{count_of(len(self.columns), 'run')} compared{by}: {count_of(len(self.metrics), 'metric')} shared>"))

    # --- what stays where nothing runs -----------------------------------------------------------

    def still(self) -> str:
        """Return the results as a table, what is the same in a line, and a picture of the score, as HTML."""
        labels = self.labels if self.groups is None else [group.label for group in self.groups]
        fields = [*(self.inputs if self.groups is None else []), *(column for column in self.results if column.is_number)]
        best = {column.key: self.best(column) for column in fields if column.group == "outputs"}
        rows = [[label, *(self._cell(column, n, best.get(column.key, [])) for column in fields)] for n, label in enumerate(labels)]
        table = fallback.html_table(["run" if self.groups is None else "group", *(cut(c.name) for c in fields)], rows[:_STILL_ROWS])
        more = f"and {len(rows) - _STILL_ROWS:,} more" if len(rows) > _STILL_ROWS else ""
        words = "; ".join(filter(None, [more, self.same_words(), "★ best"]))
        chart = next((chart for chart in self.charts if self.score is not None and chart.name == self.score.name), None)
        chart = chart or next(iter(self.charts), None)
        drawn = "" if chart is None else fallback.picture(lambda axes: self._draw(axes, chart, labels), f"{chart.name} of {len(rows)}")
        return f"{table}<p><small>{fallback.escape(json_safe(words))}</small></p>{drawn}"

    def same_words(self) -> str:
        """Return the inputs that are equal in all runs, in a line."""
        if not self.same:
            return ""
        named = ", ".join(f"{column.name} {cut(_first_text(column))}" for column in self.same[:_FEW])
        rest = f" and {len(self.same) - _FEW} more" if len(self.same) > _FEW else ""
        return f"equal in all: {named}{rest}"

    def _cell(self, column: RunColumn, row: int, best: list[int]) -> str:
        if column.group == "outputs" or self.groups is not None:
            figures, std = self.figures(column)
            if math.isnan(figures[row]) and (self.groups is not None or column.missing[row]):
                return ""
            spread = f" ± {std[row]:.3g}" if std is not None and not math.isnan(std[row]) else ""
            return f"{figures[row]:.5g}{spread}{' ★' if row in best else ''}"
        value = column.cells[row]
        return "" if value is None else cut(f"{value:.5g}" if isinstance(value, float) else text_of(value))

    def _draw(self, axes: Axes, chart: MetricChart, labels: Sequence[str]) -> None:
        for line in chart.lines:
            name = json_safe(labels[line.row]) if len(chart.lines) <= _FEW else None
            (drawn,) = axes.plot(line.x, line.y, linewidth=1.2, label=name, alpha=0.9 if len(chart.lines) <= _FEW else 0.5)
            if line.std is not None:
                axes.fill_between(line.x, line.y - line.std, line.y + line.std, color=drawn.get_color(), alpha=0.15, linewidth=0)
        fallback.label_steps(axes, chart.over)
        axes.set_title(json_safe(chart.name), fontsize=9)
        if 1 < len(chart.lines) <= _FEW:
            axes.legend(fontsize=7, frameon=False)


def _first_text(column: RunColumn) -> str:
    value = next((value for value in column.cells if value is not None), None)
    return "" if value is None else (f"{value:.6g}" if isinstance(value, float) else text_of(value))


def _groups(columns: RunColumns, group_by: str | Iterable[str]) -> tuple[list[str], list[Group]]:
    """Return the columns that runs are grouped by, and the groups, as `runs(group_by=…)` makes them."""
    keys = grouping_columns(group_by, columns_of_runs(columns.listed), complete=True)
    values = [values_of_run(each, 0) for each in columns.listed]
    frame = pd.DataFrame({key: pd.Series([value(key) for value in values], dtype=object) for key in keys})
    found = groups_frame(frame.assign(uuid=[str(n) for n in range(len(columns))]), keys)
    if not len(found):
        raise InvalidArgument(f"group_by={group_by!r} makes no group of these runs")
    made = []
    for row in found.to_dict("records"):
        members = [int(n) for n in row["uuids"]]
        words = ", ".join(f"{key.partition('.')[2] or key}={_word(row[key])}" for key in keys)
        made.append(Group(cut(f"{words} (n={len(members)})"), members))
    return keys, made


def _word(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else text_of(value)


def _of_groups(groups: Sequence[Group], numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    figures = [pd.Series(numbers[group.members]) for group in groups]
    with np.errstate(all="ignore"):
        return np.array([each.mean() for each in figures]), np.array([each.std() for each in figures])
