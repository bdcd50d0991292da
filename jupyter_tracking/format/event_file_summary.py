"""What the lineage says of an event file: how many rows, which steps, when, and a metric's statistics."""

from __future__ import annotations

import math
import sys
from array import array
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import replace_surrogates
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.document.metric_summary import is_column, metric_statistics
from jupyter_tracking.format.event_rows import Event
from jupyter_tracking.format.row_columns import FEW_BYTES, join_columns, parse_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from jupyter_tracking.format.row_columns import RowColumns

# Bytes from which reading rows as columns pays, though Arrow has to be imported for it.
_LARGE = 1 << 22


def arrow_pays(size: int) -> bool:
    """Return whether so many bytes of rows are read faster as columns, also where Arrow has to be imported first."""
    return size >= _LARGE or "pyarrow.csv" in sys.modules


def summarize_event_file(kind: str, data: bytes, *, ours: bool = True) -> dict[str, Any]:
    """Return what `EventFileSummary` finds in the bytes of a whole file."""
    summary = EventFileSummary(kind)
    summary.add(data, as_columns=arrow_pays(len(data)))
    return summary.result(ours=ours)


def summarize_metric_files(files: Sequence[bytes], *, as_columns: bool) -> list[dict[str, Any]]:
    """Return what `EventFileSummary` finds in the bytes of each of several files of metrics, whose rows are read together."""
    head, summaries = event_rows.header("metric"), [EventFileSummary("metric") for _ in files]
    stops = [data.rfind(b"\n") + 1 for data in files]
    rows = [data[len(head) : stop] if data.startswith(head) else b"" for data, stop in zip(files, stops, strict=True)]
    together = b"".join(rows)
    found = parse_columns(together, "metric", 0, len(together)) if as_columns and len(together) >= FEW_BYTES else None
    columns = join_columns(found) if found else None
    begin = 0
    for summary, data, part in zip(summaries, files, rows, strict=True):
        if columns is None or not part:
            summary.add(data, as_columns=as_columns)
            continue
        end = begin + part.count(b"\n")
        summary.add_columns(columns, begin, end)
        begin = end
    return [summary.result() for summary in summaries]


class EventFileSummary:
    """How many rows an event file has, its steps, the moments of its first and last row, and a metric's statistics.

    The bytes of the file are given in parts; of them are kept the steps, the numbers of a metric and the last line.
    """

    def __init__(self, kind: str) -> None:
        """Begin with no bytes of a file of a kind."""
        self._kind = kind
        self._order: event_rows.ColumnOrder | None = None
        self._begun = False
        self._rest: list[bytes] = []  # the line that is not finished
        self._rows = 0
        self._steps: list[array[int] | NDArray[np.int64]] = []
        self._values: list[array[float] | NDArray[np.float64]] = []
        self._first, self._final = math.inf, -math.inf
        self._last_cell = b""

    def add(self, data: bytes, *, as_columns: bool) -> None:
        """Read the next bytes of the file; `as_columns` where rows as we write them are to be read with Arrow."""
        end = data.rfind(b"\n") + 1
        if not end:
            self._rest.append(data)
            return
        start = 0
        if self._rest:
            start = data.find(b"\n") + 1
            line = b"".join([*self._rest, data[:start]])
            self._add_lines(line, 0, len(line), as_columns=as_columns)
        self._rest = [data[end:]] if end < len(data) else []
        self._add_lines(data, start, end, as_columns=as_columns)

    def _add_lines(self, data: bytes, start: int, stop: int, *, as_columns: bool) -> None:
        head = event_rows.header(self._kind)
        if head and not self._begun and data.startswith(head, start):
            self._begun, self._order, start = True, event_rows.OUR_COLUMNS, start + len(head)
        if as_columns and self._order is event_rows.OUR_COLUMNS and stop - start >= FEW_BYTES and self._kind not in event_rows.JSONL_KINDS:
            columns = parse_columns(data, self._kind, start, stop)
            if columns is not None:
                for part in columns:
                    self.add_columns(part)
                    if part.start is not None and part.end is not None:
                        self._last_cell = data[part.start[-1] : part.end[-1]]
                return
        self._add_rows(data, start, stop)

    def add_columns(self, columns: RowColumns, begin: int = 0, end: int | None = None) -> None:
        """Add rows that were read as columns, those from `begin` to `end`, of which there is one at least."""
        step, mask, timestamp = columns.step[begin:end], columns.mask[begin:end], columns.timestamp[begin:end]
        self._rows += len(step)
        self._steps.append(step[~mask] if mask.any() else step)
        self._first, self._final = min(self._first, int(timestamp.min())), max(self._final, int(timestamp.max()))
        if columns.value is not None:
            self._values.append(columns.value[begin:end])

    def _add_rows(self, data: bytes, start: int, stop: int) -> None:
        last, steps, values, first, final = None, array("q"), array("d"), self._first, self._final
        for row in event_rows.parse_rows(data, self._kind, order=self._order, begun=self._begun, start=start, stop=stop):
            if not isinstance(row, Event):
                self._begun = True
                if isinstance(row, event_rows.ColumnOrder):
                    self._order = row
                continue
            last = row
            self._rows += 1
            _, step, timestamp, _, _, _, value = row
            if step is not None:
                steps.append(step)
            if timestamp < first:  # noqa: PLR1730 - a call of min for every row takes as long as reading half of one
                first = timestamp
            if timestamp > final:  # noqa: PLR1730
                final = timestamp
            if value is not None:
                values.append(value)
        self._first, self._final = first, final
        self._steps.append(steps)
        self._values.append(values)
        if last is not None:
            self._begun, self._last_cell = True, data[last.start : last.end]

    def result(self, *, ours: bool = True) -> dict[str, Any]:
        """Return the summary.

        The keys `step{count,min,max}`, `timestamp{min,max}` and `metric{…}` are Polyaxon's, `count` of steps being the rows that
        have one. Ours are `rows`, `step.distinct`, and `last`: what the last row says of its asset. Bad rows are left out.

        Args:
            ours: a last row without a newline is torn and no row; in Polyaxon's files it is one.
        """
        if self._rest and not ours:
            rest, self._rest = b"".join(self._rest), []
            self._add_rows(rest, 0, len(rest))
        moments = (("min", self._first), ("max", self._final))
        summary: dict[str, Any] = {
            "rows": self._rows,
            "step": _of_steps(_join(self._steps, "q")),
            "timestamp": {key: event_rows.format_timestamp(int(moment)) if self._rows else None for key, moment in moments},
        }
        if self._kind == "metric":
            return summary | {"metric": _statistics(_join(self._values, "d"))}
        nothing = not self._last_cell or self._kind in event_rows.JSONL_KINDS
        return summary | {"last": {} if nothing else _asset(self._kind, self._last_cell)}


def _join(parts: Sequence[Any], code: str) -> array[Any]:
    """Return columns of 8 bytes a number as one array, whose memory is taken once: of one that grows, much is copied again and again."""
    joined, at = array(code, [0]) * sum(map(len, parts)), 0
    with memoryview(joined).cast("B") as target:
        for part in parts:
            end = at + 8 * len(part)
            target[at:end] = memoryview(part).cast("B")
            at = end
    return joined


def _of_steps(steps: array[int]) -> dict[str, int | None]:
    """Return how many rows have a step, the lowest and the highest, and how many different ones there are."""
    if not is_column(len(steps)):
        lowest, highest, distinct = min(steps, default=None), max(steps, default=None), len(set(steps))
    else:
        import numpy as np

        column = np.frombuffer(steps, dtype=np.int64)
        lowest, highest = int(column.min()), int(column.max())
        distinct = len(column) if (column[1:] > column[:-1]).all() else len(np.unique(column))
    return {"count": len(steps), "min": lowest, "max": highest, "distinct": distinct}


def _asset(kind: str, cell: bytes) -> dict[str, Any]:
    """Return what a row says of its asset: path, content type, framework."""
    try:
        payload = event_rows.parse_cell(cell, kind)
    except ValueError:
        return {}
    said = {key: payload.get(key) for key in ("path", "content_type", "framework")}
    return {key: replace_surrogates(text) for key, text in said.items() if isinstance(text, str)}


def _statistics(values: array[float]) -> dict[str, Any]:
    """Return the statistics of a metric, with NaN and the infinities as the words JSON has for them."""
    found = metric_statistics(values)
    return dict(zip(found, event_rows.json_safe_numbers(list(found.values())), strict=True))


def last_version_summary(events: dict[str, Any], assets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return content type, framework, size and hash of the version logged last.

    Args:
        events: the summary of the artifact's event file.
        assets: what the asset journal says of each asset, by its path.
    """
    last = events.get("last") or {}
    asset = assets.get(last.get("path", ""), {})
    found = {"content_type": last.get("content_type"), "framework": last.get("framework")}
    return {k: v for k, v in (found | {"size": asset.get("size"), "hash": asset.get("hash")}).items() if v is not None}
