"""A run's metrics and events as DataFrames, and a DataFrame of all runs under a root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from jupyter_tracking.format import paths
from jupyter_tracking.format.curation import is_archived
from jupyter_tracking.format.event_rows import STEP_MAX, STEP_MIN
from jupyter_tracking.format.metric_table import metric_table
from jupyter_tracking.frames.problems import PROBLEMS, Unread
from jupyter_tracking.kinds import kind_of
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from jupyter_tracking.read.run_reader import Artifact

TIMESTAMP = pd.DatetimeTZDtype("us", "UTC")
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
            order of steps, a column a metric. A value logged again at a step replaces the earlier one there;
            values without a step stand in a row whose step is missing.
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
        wide = wide.sort_index(na_position="first")
    return wide.rename_axis("step")


def _latest(table: pa.Table) -> pd.Series[float]:
    """Return the values of a metric by step; of several at a step the last."""
    if not table["step"].null_count:
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
        frame[artifact.kind] = pd.array([p if isinstance(p, str) else str(p) for _, p in good], dtype="string")
        return frame
    fields = list(dict.fromkeys([*kind_of(artifact.kind).columns, *(key for _, p in good for key in p)]))
    for key in fields:
        values = [p.get(key) for _, p in good]
        if any(v is not None for v in values) or not good:
            frame[key] = pd.Series(values, dtype="object").infer_objects()
    return frame


def _fields(kind: str, payload: Any) -> Any:
    """Return the fields of a payload: those of a chart and of a span are JSON in a string."""
    if isinstance(payload, str) and kind_of(kind).columns != (kind,):
        try:
            return orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            return error
    return payload


def problems_frame(folder: RunFolder, *, hashes: bool = False) -> pd.DataFrame:
    """Return what is wrong with a run's files: `file`, `line`, `problem`, `text`; with `hashes`, changed files too."""
    return pd.DataFrame(find_problems(folder, hashes=hashes), columns=list(PROBLEMS)).astype(PROBLEMS)


# --- many runs -----------------------------------------------------------------------------------


def runs_frame(root: str | os.PathLike[str] | None = None, *, archived: bool = False) -> pd.DataFrame:
    """Return the runs under a root, a row a run, the newest first.

    Columns: `uuid name project status created_at finished_at duration tags`, then `inputs.*` and `outputs.*`.
    `duration` is in seconds. A run whose document cannot be read has the status `broken`;
    `problems` says why.

    Args:
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        archived: list those too that are archived (see `RunView.archive`).
    """
    top, unread = paths.default_root(root), Unread("runs()")
    folders = [RunFolder(path) for path in paths.run_folders(top)]
    rows = [_run_row(folder) for folder in folders if archived or not is_archived(folder.info)]
    unread.add_links(top)
    unread.warn()
    rows.sort(key=lambda row: str(row["created_at"] or ""), reverse=True)
    frame = pd.DataFrame(rows, columns=[*_RUNS, *dict.fromkeys(key for row in rows for key in row if key not in _RUNS)])
    return with_dtypes(frame, _RUNS)


def _run_row(folder: RunFolder) -> dict[str, Any]:
    info = folder.info
    row: dict[str, Any] = {key: info.get(key) for key in ("name", "project", "created_at", "finished_at", "duration")}
    row |= {"uuid": folder.uuid, "status": folder.status if info else "broken", "tags": info.get("tags") or []}
    for section in ("inputs", "outputs"):
        values = info.get(section)
        row |= {f"{section}.{key}": value for key, value in values.items()} if isinstance(values, dict) else {}
    return row


def with_dtypes(frame: pd.DataFrame, types: dict[str, Any]) -> pd.DataFrame:
    """Convert the columns of a frame in place, and return it; a value that does not fit its type is missing."""
    for column, dtype in types.items():
        values = frame[column]
        if dtype is TIMESTAMP:
            frame[column] = pd.to_datetime(values, utc=True, errors="coerce", format="ISO8601").astype(TIMESTAMP)
        elif dtype == "Int64":
            frame[column] = _whole_numbers(values)
        elif dtype == "Float64":  # by hand: NaN is a value, and not the same as none
            missing = np.array([not isinstance(v, int | float) for v in values], dtype=bool)
            numbers = np.array([0.0 if absent else v for v, absent in zip(values, missing, strict=True)], dtype=float)
            frame[column] = pd.arrays.FloatingArray(numbers, missing)
        elif dtype == "string" and pd.api.types.infer_dtype(values, skipna=True) not in {"string", "empty"}:
            frame[column] = pd.array([v if isinstance(v, str) else None for v in values], dtype=dtype)
        elif dtype != "object":
            frame[column] = values.astype(dtype)
    return frame


def _whole_numbers(values: pd.Series[Any]) -> Any:
    try:
        return pd.array(values.to_list(), dtype="Int64")
    except (TypeError, ValueError, OverflowError):  # of a summary, which may say anything
        whole = [v if type(v) is int and STEP_MIN <= v <= STEP_MAX else None for v in values]
        return pd.array(whole, dtype="Int64")
