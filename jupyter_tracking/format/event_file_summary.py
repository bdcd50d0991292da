"""What the lineage says of an event file: how many rows, which steps, when, and a metric's statistics."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import replace_surrogates
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.document.metric_summary import metric_statistics
from jupyter_tracking.format.event_rows import Event
from jupyter_tracking.format.row_columns import parse_metric_table

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes of a metric's file from which reading its columns with Arrow pays, though Arrow has to be imported for it.
_LARGE = 1 << 23


def summarize_event_file(kind: str, data: bytes, *, ours: bool = True) -> dict[str, Any]:
    """Return how many rows an event file has, its steps, the moments of its first and last row, and a metric's statistics.

    The keys `step{count,min,max}`, `timestamp{min,max}` and `metric{…}` are Polyaxon's, `count` of steps being the rows that
    have one. Ours are `rows`, `step.distinct`, and `last`: what the last row says of its asset. Bad rows are left out.

    Args:
        kind: the kind of the file.
        data: its bytes.
        ours: a last row without a newline is torn and no row; in Polyaxon's files it is one.
    """
    stop = data.rfind(b"\n") + 1 if ours else len(data)
    if kind == "metric" and stop > _LARGE and data.startswith(event_rows.header(kind)) and data[stop - 1 : stop] == b"\n":
        table = parse_metric_table(data, len(event_rows.header(kind)), stop)
        if table is not None:
            return _table_summary(table)
    steps: set[int] = set()
    with_step = rows = 0
    first, final = math.inf, -math.inf
    values = array("d")
    last = None
    for row in event_rows.parse_rows(data, kind, stop=stop):
        if not isinstance(row, Event):
            continue
        last = row
        rows += 1
        _, step, timestamp, _, _, _, value = row
        if step is not None:
            with_step += 1
            steps.add(step)
        if timestamp < first:  # noqa: PLR1730 - a call of min for every row takes as long as reading half of one
            first = timestamp
        if timestamp > final:  # noqa: PLR1730
            final = timestamp
        if value is not None:
            values.append(value)
    summary: dict[str, Any] = {
        "rows": rows,
        "step": {"count": with_step, "min": min(steps, default=None), "max": max(steps, default=None), "distinct": len(steps)},
        "timestamp": {key: event_rows.format_timestamp(int(moment)) if rows else None for key, moment in (("min", first), ("max", final))},
    }
    if kind == "metric":
        return summary | {"metric": _statistics(values)}
    return summary | {"last": {} if last is None or kind in event_rows.JSONL_KINDS else _asset(kind, data[last.start : last.end])}


def _table_summary(table: pa.Table) -> dict[str, Any]:
    """Return the same of a metric's rows as a table."""
    import pyarrow.compute as pc

    step, moments = table["step"], pc.min_max(table["timestamp"].cast("int64")).as_py()
    return {
        "rows": len(table),
        "step": {"count": len(table) - step.null_count, **pc.min_max(step).as_py(), "distinct": pc.count_distinct(step).as_py()},
        "timestamp": {key: event_rows.format_timestamp(moment) for key, moment in moments.items()},
        "metric": _statistics(array("d", table["value"].to_numpy().tobytes())),
    }


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
