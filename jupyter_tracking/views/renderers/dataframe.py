"""Dataframes: the first rows come with the step; pages, sorting, summaries and differences when the page asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from jupyter_tracking.errors import InvalidArgument, MalformedEvent
from jupyter_tracking.kinds.dataframe import content_type_of
from jupyter_tracking.system import os_calls
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback
from jupyter_tracking.views.renderers.bars import bars_of, fallback_bars
from jupyter_tracking.views.table.dataframe_diff import TableDiff
from jupyter_tracking.views.table.differing import differing
from jupyter_tracking.views.table.encode import add_window, cell_text, label, level_values, missing_value_text
from jupyter_tracking.views.table.incremental import IncrementalTask
from jupyter_tracking.views.table.query import Query
from jupyter_tracking.views.table.sort_filter import SortFilter
from jupyter_tracking.views.table.stored_table import InMemoryTable, StoredTable, open_table
from jupyter_tracking.views.table.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.views.model.series import Series

_FIRST = 60
_PREVIEW = 20
_FALLBACK = 12
_COLUMNS = 100
_CELL = 1_000_000
# The kernel computes for about so many seconds for one answer; the page asks again for what is not done by then.
_SLICE = 0.12
_TABLES = 4
_TASKS = 6
_HELD = 256_000_000
_HELD_TASKS = 100_000_000
# A summary goes with each step where those of all steps together are quickly computed.
_QUICK_CELLS = 400_000
_QUICK_COLUMNS = 600

_Work = TypeVar("_Work", bound=IncrementalTask)


class DataframeRenderer(Renderer):
    """Draws dataframes: the rows in a grid by pages, with filter, order, summary and changes."""

    stem = "dataframe"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the first rows of one step; of a format that is not opened, facts about the file."""
        stored = _stored(series, number)
        if _is_closed(stored):
            return Payload({"facts": _facts(series, number, stored)})
        table = _table(series, number)
        payload = _rows(table, 0, _PREVIEW if preview else _FIRST, 0)
        bars = bars_of(series.artifact.name, table)
        if bars:
            payload.head["bars"] = bars
        if table.count * table.width * len(series.events) <= _QUICK_CELLS and table.width * len(series.events) <= _QUICK_COLUMNS:
            summary = Summary(table, slice(0, _COLUMNS))
            summary.run_for(float("inf"))
            payload.head["summary"] = _summaries(summary)
        return payload

    def answer(self, series: Series, number: int, query: dict[str, Any]) -> Payload:
        """Answer one of these, each about the columns from `columns` on.

        `{"rows": [from, to], "sort": [column, descending], "text": …}`: a page of rows, filtered and sorted;
        `{"rows": [from, to], "since": payload, "key": [column, …], "only": …}`: a page of what changed since another step; with
            `"beside": true` since a step of the series it is compared with;
        `{"summary": true}`: a summary of each column;
        `{"cell": [row, column]}`: the full text of a cell.
        """
        asked, table = Query.read(query), _table(series, number)
        asked.fit(table)
        first = asked.columns
        if asked.cell is not None:
            return _cell(table, *asked.cell)
        if asked.summary:
            task = _run_task(series, ("summary", number, first), lambda: Summary(table, slice(first, first + _COLUMNS)))
            return Payload({"summary": _summaries(task), "done": task.done, "seen": task.seen})
        if asked.rows is None:
            return super().answer(series, number, query)
        if asked.since is not None:
            return self._changes(series, number, asked, asked.since)
        start, stop = asked.rows
        if not asked.text and asked.sort is None:
            return _rows(table, start, stop, first)
        column, descending = asked.sort or (None, False)
        name = ("order", number, asked.text, column, descending)
        order = _run_task(series, name, lambda: SortFilter(table, text=asked.text, column=column, descending=descending))
        rows = order.page(start, start if order.sorting else stop)
        payload = Payload(
            {"rows": order.count, "of": table.count, "from": start, "count": len(rows), "done": order.done, "seen": order.seen}
        )
        payload.head["fields"] = add_window(payload, table.take(rows, slice(first, first + _COLUMNS)), first)
        payload.add("r", rows.astype(np.uint32))
        return payload

    def _changes(self, series: Series, number: int, asked: Query, since: int) -> Payload:
        """Return a page of what changed since another step."""
        start, stop = asked.rows or (0, 0)
        other = series.baseline if asked.beside else series
        if other is None or since >= len(other.events):
            raise InvalidArgument(f"since={since} is no step of {series.artifact.name}")
        earlier, later = _table(other, since), _table(series, number)
        name = ("changes", -1 if asked.beside else since, number, asked.key, earlier)
        changes = _run_task(series, name, lambda: TableDiff(earlier, later, [later.labels[n] for n in asked.key] or None))
        head = {"rows": changes.count(changed_only=asked.changed_only), "from": start}
        return _listing(changes, changes.page(start, stop, changed_only=asked.changed_only), asked.columns, head)

    def fallback(self, series: Series, number: int) -> str:
        """Return the first rows as a table; of importances a picture of their bars."""
        stored = _stored(series, number)
        if _is_closed(stored):
            return fallback.html_table(("", ""), (fact[:2] for fact in _facts(series, number, stored)))
        table = _table(series, number)
        bars = bars_of(series.artifact.name, table)
        if bars:
            return fallback_bars(series.artifact.name, bars)
        shown = table.window(0, _FALLBACK, slice(0, _FALLBACK))
        names = [(label(name), level_values(shown.index, n).dtype) for n, name in enumerate(shown.index.names)]
        names += [(label(name), shown.iloc[:, n].dtype) for n, name in enumerate(shown.columns)]
        head = "".join(f"<th>{fallback.escape(name)}<br><small>{fallback.escape(dtype)}</small></th>" for name, dtype in names)
        body = []
        for item, row in zip(shown.index, shown.itertuples(index=False, name=None), strict=True):
            cells = (*(item if isinstance(item, tuple) else (item,)), *row)
            body.append("<tr>" + "".join(f"<td>{_fallback_cell(cell)}</td>" for cell in cells) + "</tr>")
        size = f"{table.count:,} rows x {table.width:,} columns" + (f", {table.note}" if table.note else "")
        cut = f"; the first {len(shown):,} rows" if table.count > len(shown) else ""
        cut += f" and {shown.shape[1]} columns" if table.width > shown.shape[1] else ""
        rows = "".join(body)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p><small>{fallback.escape(size + cut)}</small></p>"


def _fallback_cell(cell: Any) -> str:
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return f"<em>{fallback.escape(missing_value_text(cell))}</em>"
    text = cell_text(f"{cell:.6g}" if isinstance(cell, float) else cell, 61)
    return fallback.escape(text if len(text) <= 60 else text[:59] + "…")  # noqa: PLR2004


def _stored(series: Series, number: int) -> dict[str, Any]:
    if not series.events:
        raise InvalidArgument(f"{series.artifact.name} has no rows: nothing was logged")
    stored = series.cell(number)
    return stored if isinstance(stored, dict) else {}


def _is_closed(stored: dict[str, Any]) -> bool:
    """Return whether an asset is of a format that is not opened here."""
    return content_type_of(stored) not in {"parquet", "feather", "csv", "html"}


def _facts(series: Series, number: int, stored: dict[str, Any]) -> list[list[Any]]:
    """Return what the page shows instead of rows."""
    path = series.asset(number)
    content = content_type_of(stored) or "of no known type"
    facts: list[list[Any]] = [["stored as", content], ["path", str(stored.get("path")), "path"]]
    facts += [["size", path.lstat().st_size, "bytes"], series.where(path)]
    if content == "pickle":
        step = series.events[number].step
        at = "" if step is None else f", step={step}"
        facts.append(["not opened", "a pickle may run any code when it is loaded; if you trust it:"])
        facts.append(["to load", f"view.load({series.artifact.name!r}{at}, allow_pickle=True)", "path"])
    cleaned: list[list[Any]] = json_safe(facts)
    return cleaned


def _table(series: Series, number: int) -> StoredTable:
    """Return the table of a step. A few stay open for the next questions, as long as their files do not change."""
    opened: dict[int, tuple[object, StoredTable]] = series.cache.setdefault("tables", {})
    stored = _stored(series, number)
    fd = series.folder.open(str(stored.get("path") or "")) if stored.get("path") else -1
    if fd < 0:
        series.asset(number)  # raises what is wrong with the row
    try:
        stat = os_calls.fstat(fd)
    finally:
        os_calls.close(fd)
    seen = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
    known = opened.pop(number, None)
    if known is None or known[0] != seen:
        _forget(series, number)
        known = (seen, _opened(series, number, stored, seen))
    opened[number] = known
    while len(opened) > _TABLES or (len(opened) > 1 and sum(_held(table) for _, table in opened.values()) > _HELD):
        opened.pop(next(iter(opened)))
    return known[1]


def _opened(series: Series, number: int, stored: dict[str, Any], seen: object) -> StoredTable:
    """Open a table; one that cannot be read, which may take long to find out, is not tried again."""
    found: list[StoredTable] = []

    def why_not() -> str:
        try:
            found.append(open_table(series.folder, stored))
        except MalformedEvent as error:
            return str(error)
        return ""

    words = series.derived(f"why not {seen}", why_not, number)
    if words:
        raise MalformedEvent(words)
    return found[0] if found else open_table(series.folder, stored)


def _held(table: StoredTable) -> int:
    return table.size if isinstance(table, InMemoryTable) else 0


def _forget(series: Series, number: int) -> None:
    tasks: dict[tuple[Any, ...], IncrementalTask] = series.cache.get("tasks", {})
    for key in [key for key in tasks if number in key[1:3]]:
        del tasks[key]


def _run_task(series: Series, key: tuple[Any, ...], make: Callable[[], _Work]) -> _Work:
    """Return a computation after another slice of time; the latest few are kept."""
    tasks: dict[tuple[Any, ...], Any] = series.cache.setdefault("tasks", {})
    task: _Work = tasks.pop(key, None) or make()
    task.run_for(_SLICE)
    tasks[key] = task
    while len(tasks) > _TASKS or (len(tasks) > 1 and sum(held.size for held in tasks.values()) > _HELD_TASKS):
        tasks.pop(next(iter(tasks)))
    return task


def _rows(table: StoredTable, start: int, stop: int, first: int) -> Payload:
    """Return rows as they are stored."""
    window = table.window(start, stop, slice(first, first + _COLUMNS))
    payload = Payload({"rows": table.count, "from": start, "count": len(window), "width": table.width, "done": True})
    payload.head["fields"] = add_window(payload, window, first)
    hidden = table.width - window.shape[1]
    if hidden:
        payload.head["hidden"] = hidden
    if table.note:
        payload.head["stored"] = table.note
    return payload


def _listing(changes: TableDiff, places: np.ndarray[Any, np.dtype[np.int64]], first: int, head: dict[str, Any]) -> Payload:
    """Return a page of a diff: the rows of both tables, which of them are matched, and which cells differ."""
    earlier, later = changes.earlier, changes.later
    before, after = changes.sides(places)
    columns = slice(first, first + _COLUMNS)
    pairs = [(n, *changes.pairs[n]) for n in changes.pairs_of(columns)]
    payload = Payload({**head, "count": len(places), "done": changes.done, "seen": changes.seen, "tally": changes.tally})
    payload.add("status", changes.status[places])
    payload.head["fields"] = add_window(payload, later.take(after[after >= 0], columns), first)
    payload.head["before"] = add_window(payload, earlier.take(before[before >= 0], [a for _, a, _ in pairs]), 0, "o")
    for name, sides in (("now", after), ("was", before)):
        there = sides >= 0
        payload.add(name, np.where(there, np.cumsum(there) - 1, -1).astype(np.int32))
    both = (before >= 0) & (after >= 0)
    compared = [(n, a, b) for n, a, b in pairs if changes.cells[n]] if both.any() else []
    one = earlier.take_arrow(before[both], [earlier.names[a] for _, a, _ in compared])
    two = later.take_arrow(after[both], [later.names[b] for _, _, b in compared])
    for (_, _, b), cells in zip(compared, differing(one, two), strict=True):
        changed = np.zeros(len(places), dtype=np.uint8)
        changed[both] = cells
        payload.add(f"c{max(1, len(later.levels)) + b - first}", changed)
    payload.head["pairs"] = [b for _, _, b in pairs]
    payload.head["cells"] = {str(b): int(changes.cells[n]) for n, _, b in pairs if changes.cells[n]}
    payload.head["added"] = [label(later.labels[n]) for n in changes.added[:_COLUMNS]]
    payload.head["removed"] = [label(earlier.labels[n]) for n in changes.removed[:_COLUMNS]]
    return payload


def _cell(table: StoredTable, row: int, column: int) -> Payload:
    """Return the full text of one cell."""
    if column < 0:
        value = level_values(table.window(row, row + 1, slice(0, 0)).index, -1 - column)[0]
    else:
        value = table.window(row, row + 1, slice(column, column + 1)).iloc[0, 0]
    payload = Payload({"done": True})
    payload.attach(cell_text(value, _CELL).encode())
    return payload


def _summaries(summary: Summary) -> list[list[Any]]:
    return [[number, found] for number, found in sorted(summary.columns.items())]


RENDERER = DataframeRenderer()
