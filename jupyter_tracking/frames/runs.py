"""A run's metrics and events as DataFrames, and a DataFrame of all runs under a root."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from jupyter_tracking.budgets import MOST_CELL_VALUES, MOST_RUN_COLUMNS
from jupyter_tracking.errors import TooLarge, TrackingWarning
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.curation import is_archived
from jupyter_tracking.format.document.metric_summary import check_override
from jupyter_tracking.format.metric_table import metric_table
from jupyter_tracking.format.standard_json import oversize
from jupyter_tracking.frames.dtypes import TIMESTAMP, as_inferred, as_strings, with_dtypes
from jupyter_tracking.frames.problems import PROBLEMS, Unread
from jupyter_tracking.kinds import kind_of
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from jupyter_tracking.format.document.metric_summary import Summary
    from jupyter_tracking.read.run_reader import Artifact

_RUNS = {
    "uuid": "string",
    "name": "string",
    "project": "string",
    "status": "string",
    "created_at": TIMESTAMP,
    "finished_at": TIMESTAMP,
    "duration": "Float64",
    "tags": "object",
}


# --- one run -------------------------------------------------------------------------------------


def metrics_frame(folder: RunFolder, names: Iterable[str], *, tidy: bool = False) -> pd.DataFrame:
    """Return metrics of a run.

    Args:
        folder: the run.
        names: which metrics; all of them when there are none.
        tidy: one row a logged value with the columns `name step timestamp value`; else one row a step, in the
            order of steps, a column a metric. A value logged again at a step replaces the earlier one there. Values
            without a step come first, in the order logged, in rows whose step is missing: the first of each metric in
            the first row, and so on.
    """
    wanted = list(names)
    every = [folder.find(n, "metric") for n in wanted] or [a for a in folder.artifacts() if a.kind == "metric"]
    tables = [(a, folder.columns(a)) for a in every if a.versioned]
    if tidy:
        parts = [t.add_column(0, "name", pa.array([a.name] * len(t), pa.string())) for a, t in tables]
        empty = metric_table([]).add_column(0, "name", pa.array([], pa.string()))
        return _to_pandas(pa.concat_tables([empty, *parts]))
    wide = pd.DataFrame({artifact.name: _latest(table) for artifact, table in tables}, copy=False)
    wide.index = wide.index.astype("Int64")
    if not wide.index.is_monotonic_increasing:
        wide = wide.sort_index()
    stepless = {artifact.name: _stepless(table) for artifact, table in tables}
    if longest := max(map(len, stepless.values()), default=0):
        first = pd.DataFrame({name: pd.Series(values) for name, values in stepless.items()}, index=range(longest))
        first.index = pd.Index(pd.array([pd.NA] * longest, dtype="Int64"))
        wide = pd.concat([first, wide]) if len(wide) else first
    return wide.rename_axis("step")


def _stepless(table: pa.Table) -> np.ndarray[Any, Any]:
    """Return the values of a metric that have no step, in the order logged."""
    return _array(table.filter(table["step"].is_null())["value"]) if table["step"].null_count else np.empty(0)


def _latest(table: pa.Table) -> pd.Series[float]:
    """Return the values of a metric by step, of those that have one; of several at a step the last."""
    if table["step"].null_count:
        table = table.filter(table["step"].is_valid())
    if len(table):
        steps = _array(table["step"])
        if (steps[1:] > steps[:-1]).all():  # as nearly always: nothing to look for, and nothing to copy
            index = pd.Index(pd.arrays.IntegerArray(steps, np.zeros(len(steps), dtype=bool)))
            return pd.Series(_array(table["value"]), index=index, copy=False)
    frame = _to_pandas(table.select(["step", "value"]))
    return frame.drop_duplicates("step", keep="last").set_index("step")["value"]


def _array(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Return a column as an array that is the caller's to change, copied once at most."""
    array: np.ndarray[Any, Any] = column.to_numpy()
    return array if array.flags.writeable else array.copy()


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    types = {pa.int64(): pd.Int64Dtype(), pa.string(): pd.StringDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=types.get)
    return frame


def events_frame(folder: RunFolder, artifact: Artifact) -> pd.DataFrame:
    """Return the rows of an artifact: `step`, `timestamp`, then the payload's fields as columns."""
    if artifact.row_kind == "metric":
        return _to_pandas(folder.columns(artifact))
    events, payloads = folder.events(artifact), [_fields(artifact.kind, p) for p in folder.payloads(artifact)]
    good = [(e, p) for e, p in zip(events, payloads, strict=False) if not isinstance(p, ValueError)]
    frame = pd.DataFrame(
        {
            "step": pd.array([e.step for e, _ in good], dtype="Int64"),
            "timestamp": pd.to_datetime([e.timestamp for e, _ in good], unit="us", utc=True).astype(TIMESTAMP),
        }
    )
    if any(not isinstance(p, dict) for _, p in good):
        frame[artifact.kind] = as_strings([p if isinstance(p, str) else str(p) for _, p in good])
        return frame
    fields = list(dict.fromkeys([*kind_of(artifact.kind).columns, *(key for _, p in good for key in p)]))
    for key in fields:
        values = [p.get(key) for _, p in good]
        if any(v is not None for v in values) or not good:
            frame[key] = as_inferred(values)
    return frame


def _fields(kind: str, payload: Any) -> Any:
    """Return the fields of a payload: those of a chart and of a span are JSON in a string."""
    if isinstance(payload, str) and kind_of(kind).columns != (kind,):
        if words := oversize(payload, MOST_CELL_VALUES):
            return TooLarge(f"the cell {words}")
        try:
            return orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            return error
    return payload


def problems_frame(folder: RunFolder, *, hashes: bool = False) -> pd.DataFrame:
    """Return what is wrong with a run's files: `file`, `line`, `problem`, `text`; with `hashes`, changed files too."""
    return with_dtypes(pd.DataFrame(find_problems(folder, hashes=hashes), columns=list(PROBLEMS), dtype="object"), PROBLEMS)


# --- many runs -----------------------------------------------------------------------------------


def runs_frame(
    root: str | os.PathLike[str] | None = None,
    *,
    summary: str | dict[str, str] | None = None,
    archived: bool = False,
) -> pd.DataFrame:
    """Return the runs under a root, a row a run, the newest first.

    Columns: `uuid name project status created_at finished_at duration tags`, then `inputs.*` and `outputs.*`. The outputs of a run,
    whether it goes on, has ended or was killed, are what `log_outputs` said, and a number for each metric of another name.

    `duration` is in seconds: the time recorded in, until the last sign of a run that has not ended. A run whose document cannot be
    read has the status `broken`; `problems` says why. Inputs and outputs that are numbers in all runs are columns of numbers: `int64` or
    `float64`, and `Int64` or `Float64` where a run has none, so that NaN and a missing value stay two things.

    Args:
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        summary: which number stands for a metric, in place of what `define_metric` said: `"last"`, `"min"`, `"max"`, `"mean"` or
            `"best"` for all metrics, or a dict with such a word for a metric or a pattern of names. Where no goal was defined for a
            metric, its best is not known, and `"best"` leaves it as it was defined.
        archived: list those too that are archived (see `RunView.archive`).

    Raises:
        InvalidArgument: a summary that is none of these.
    """
    chosen = check_override(summary)
    top, unread = paths.default_root(root), Unread("runs()")
    folders = [RunFolder(path) for path in paths.run_folders(top)]
    rows = [_run_row(folder, chosen) for folder in folders if archived or not is_archived(folder.info)]
    unread.add_links(top)
    unread.warn()
    rows.sort(key=lambda row: str(row["created_at"] or ""), reverse=True)
    values = list(dict.fromkeys(key for row in rows for key in row if key not in _RUNS))
    if len(values) > MOST_RUN_COLUMNS:
        words = f"runs() has {MOST_RUN_COLUMNS:,} of {len(values):,} inputs and outputs; open_run(…).inputs and .outputs have all of a run"
        warnings.warn(words, TrackingWarning, stacklevel=2)
        values = values[:MOST_RUN_COLUMNS]
    columns = {key: pd.Series([row.get(key) for row in rows], dtype=object) for key in [*_RUNS, *values]}
    return with_dtypes(pd.DataFrame({**columns, **{key: _as_numbers(columns[key]) for key in values}}), _RUNS)


def _run_row(folder: RunFolder, summary: Summary) -> dict[str, Any]:
    facts = folder.facts(summary)
    row = {key: getattr(facts, key) for key in _RUNS}
    row |= {key: row[key] or None for key in ("name", "project")}  # what is empty is missing
    row |= {f"inputs.{key}": value for key, value in facts.inputs.items()}
    return row | {f"outputs.{key}": value for key, value in facts.outputs.items()}


def _as_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of numbers as such; any other as it is, and one whose integers a float would change."""
    values = column.tolist()
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if not kinds or not kinds <= {int, float}:
        return column.infer_objects()
    missing = np.array([value is None for value in values], dtype=bool)
    if kinds == {int}:
        low, high = min(present), max(present)
        dtype = np.dtype("int64" if high < 2**63 else "uint64")
        if low < 0 and dtype.kind == "u":
            return column
        integers = np.array([value or 0 for value in values], dtype=dtype)
        return pd.Series(pd.arrays.IntegerArray(integers, missing) if missing.any() else integers)
    if any(type(value) is int and int(float(value)) != value for value in present):
        return column
    floats = np.array([0.0 if value is None else value for value in values], dtype=np.float64)
    return pd.Series(pd.arrays.FloatingArray(floats, missing) if missing.any() else floats)
