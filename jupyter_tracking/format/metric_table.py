"""Rows of a metric as an Arrow table, many times as fast as one by one where they are as we write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.format import event_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from jupyter_tracking.format.event_rows import Event, Source


def metric_types() -> dict[str, pa.DataType]:
    """Return the columns of a metric and their Arrow types."""
    import pyarrow as pa

    return {"step": pa.int64(), "timestamp": pa.timestamp("us", "UTC"), "value": pa.float64()}


def parse_metric_table(raw: Source, start: int, stop: int) -> pa.Table | None:
    """Read whole lines of a metric's file, after its header, with Arrow's CSV reader; None when one is not as we write it."""
    if raw.find(b"\r", start, stop) >= 0:  # Arrow would end a row there
        return None
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    types = metric_types()
    try:
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(memoryview(raw)[start:stop])),
            read_options=csv.ReadOptions(column_names=list(types)),
            parse_options=csv.ParseOptions(delimiter="|", quote_char=False, newlines_in_values=False),
            convert_options=csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    if table["timestamp"].null_count or table["value"].null_count:
        return None
    ends = pc.min_max(table["timestamp"].cast("int64")).as_py()
    within = not len(table) or (ends["min"] >= event_rows.TIMESTAMP_MIN and ends["max"] <= event_rows.TIMESTAMP_MAX)
    return table if within else None


def metric_table(events: Sequence[Event]) -> pa.Table:
    """Return rows of a metric that were read one by one as the same table."""
    import pyarrow as pa

    return pa.table({name: pa.array([getattr(event, name) for event in events], type_) for name, type_ in metric_types().items()})
