"""The rows of one artifact of many runs as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

import numpy as np
import pandas as pd
import pyarrow as pa

from jupyter_tracking.errors import NotFound, TrackingError, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.lineage import LineageRecord
from jupyter_tracking.frames.catalog.engines import check_engine, dask_frame, lazy_table, polars_frame
from jupyter_tracking.frames.catalog.stored import MOMENT, to_arrow, to_frame
from jupyter_tracking.frames.dtypes import as_strings
from jupyter_tracking.frames.lineage import lineage_rows, read_root
from jupyter_tracking.frames.lineage_columns import LineageRows
from jupyter_tracking.frames.problems import Unread
from jupyter_tracking.frames.runs import events_frame, values_of
from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.remote.roots import find_root, source_of, use_options
from jupyter_tracking.read.run_files import Problem, reason
from jupyter_tracking.read.run_reader import RunFolder, artifact_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from jupyter_tracking.read.run_reader import Artifact

_RUNS_OF_A_PART = 250
_METRIC = pa.schema(
    [
        ("run_uuid", pa.string()),
        ("run_name", pa.string()),
        ("step", pa.int64()),
        ("timestamp", MOMENT),
        pa.field("value", pa.float64(), nullable=False),  # which may be NaN
    ]
)
_OF_A_FILE = ("run_uuid", "run_name", "kind", "name", "path")

T = TypeVar("T")


class _EventFile(NamedTuple):
    """One event file: of which run it is, and where.

    Attributes:
        run: the run's folder.
        uuid: the run's uuid.
        run_name: its name, or None.
        kind: the kind of the artifact, and `name` its name.
        path: of the file, relative to the run.
        is_ours: all of the run is known to be ours, so that its lineage need not be read again for this file.
    """

    run: Path
    uuid: str
    run_name: str | None
    kind: str
    name: str
    path: str
    is_ours: bool


@overload
def events(
    name: str,
    kind: str | None = None,
    runs: object = None,
    root: str | os.PathLike[str] | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
    engine: None = None,
) -> pd.DataFrame: ...
@overload
def events(
    name: str,
    kind: str | None = None,
    runs: object = None,
    root: str | os.PathLike[str] | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
    engine: str,
) -> Any: ...
@checks_arguments
def events(
    name: str,
    kind: str | None = None,
    runs: object = None,
    root: str | os.PathLike[str] | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
    engine: str | None = None,
) -> Any:
    """Return the rows of one artifact of many runs, such as a metric, as one DataFrame: run after run, each in the order logged.

    Columns: `run_uuid run_name step timestamp`, then `value` of a metric, and of other kinds the fields that its rows have. Runs without an
    artifact of this name have no rows. What cannot be read of a run is left out, with one warning of the class `TrackingWarning`.

        loss = tracking.events("loss")
        loss.merge(tracking.runs(), left_on="run_uuid", right_on="uuid").groupby("inputs.lr")["value"].min()

    With an engine a metric is read when that library computes, 250 runs at a time. `"polars"` and `"dask"` may do so as often as they are
    asked; `"arrow"` gives a `RecordBatchReader`, which is read once. DuckDB gets all rows in memory, and so does every engine for other
    kinds and for runs at an object store. Dask pays where rows are more than memory holds, or with eight workers or more on several
    machines, which have to see the folders of the runs; on one machine of a few cores pandas, with no processes to feed, is faster.

    Args:
        name: the artifact's name.
        kind: its kind; by default the only one of this name.
        runs: a run or several, each as `open_run` takes it; all that are not archived when None, the newest first, as `runs()` has them.
        root: the folder that holds `runs/`, or a URL, as `runs()` takes it; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        storage_options: of the store that a URL names, as `runs()` takes them.
        engine: None for a DataFrame; `"arrow"`, `"polars"`, `"duckdb"` or `"dask"`.

    Raises:
        NotFound: no run has an artifact of this name and kind that has rows, or artifacts of several kinds have the name; or no such run.
        InvalidArgument: no such engine.
        MissingExtra: the library of the engine is not installed.
    """
    use_options(root if root is not None else runs, storage_options)
    lazily, wanted = check_engine(engine), paths.normal_name(as_text(name, "name"))
    unread = Unread("events()")
    with Progress("events()", "runs") as progress:
        files = _find(wanted, kind, runs, root, unread, progress)
        is_metric = _opened(files[0])[1].row_kind == "metric"
        if lazily in {"arrow", "polars", "dask"} and is_metric and source_of(files[0].run) is None:
            unread.warn()
            return _lazily(str(lazily), files)
        each = progress.over(files, len(files))
        frame = to_frame(_metrics(each, unread=unread)) if is_metric else _frame(each, unread)
    unread.warn()
    return frame if lazily is None else lazy_table(lazily, to_arrow(frame))


# --- which files -------------------------------------------------------------------------------------


def _find(
    name: str, kind: object, runs: object, root: str | os.PathLike[str] | None, unread: Unread, progress: Progress
) -> list[_EventFile]:
    """Return the event files of artifacts of this name, in the order of the runs; raises as `events`."""
    folders = resolve_runs(runs, root)
    if runs is None:
        known = read_root(find_root(root), unread, progress)
        lineage, final, counts = known.frame, set(known.final), known.counts
    else:
        rows, counts, final = LineageRows(), {}, set()
        for folder in progress.over(folders, len(folders)):
            if folder.path not in counts:
                found = lineage_rows(folder, unread)[0]
                rows.add(found)
                counts[folder.path] = len(found)
        lineage = rows.frame()
    # What the machine uses is kept as metrics, though its lineage says nothing of rows.
    with_rows = lineage["path"].notna() & (lineage["versioned"].fillna(value=False) | (lineage["kind"] == "system"))
    called = (with_rows & (lineage["name"] == name)).fillna(value=False).to_numpy(dtype=bool)
    places, paths_of_runs = np.cumsum(list(counts.values())), list(counts)
    files: dict[Path, list[_EventFile]] = {}
    for number, row in zip(np.flatnonzero(called), lineage.loc[called, list(_OF_A_FILE)].itertuples(index=False), strict=True):
        path = paths_of_runs[int(np.searchsorted(places, number, side="right"))]
        uuid, run_name, its_kind, its_name, place = row
        called_run = run_name if isinstance(run_name, str) else None
        files.setdefault(path, []).append(_EventFile(path, uuid, called_run, its_kind, its_name, place, path in final))
    every = [file for folder in folders for file in files.get(folder.path, ())]
    return _of_one_kind(every, name, kind, lineage.loc[with_rows.fillna(value=False).to_numpy(dtype=bool), "name"])


def _of_one_kind(files: list[_EventFile], name: str, kind: object, names: pd.Series[Any]) -> list[_EventFile]:
    wanted = None if kind is None else str(getattr(kind, "value", kind))
    kinds = list(dict.fromkeys(file.kind for file in files))
    if not files:
        raise NotFound(f"no run has an artifact {name!r} with rows{suggest(name, list(names.dropna().unique()))}")
    if wanted is None and len(kinds) > 1:
        raise NotFound(f"{name!r} is the name of a {' and of a '.join(kinds)}; say which with kind=")
    if wanted is not None and wanted not in kinds:
        raise NotFound(f"{name!r} is no {wanted}; it is a {' and a '.join(kinds)}")
    return [file for file in files if file.kind == (wanted or kinds[0])]


# --- their rows --------------------------------------------------------------------------------------


def _opened(file: _EventFile) -> tuple[RunFolder, Artifact]:
    folder = RunFolder(file.run)
    folder.is_known_ours = file.is_ours
    return folder, artifact_of(LineageRecord(file.name, file.kind, "", file.path, versioned=True))


def _each(files: Iterable[_EventFile], read: Callable[[RunFolder, Artifact], T], unread: Unread | None) -> Iterator[tuple[_EventFile, T]]:
    """Yield what is read of each file; what cannot be read is noted, and left out."""
    for file in files:
        folder, artifact = _opened(file)
        try:
            yield file, read(folder, artifact)
        except (TrackingError, OSError) as error:
            if unread is not None:
                unread.add(folder, [Problem(file.path, None, reason(error), "")])


def _metrics(files: Iterable[_EventFile], columns: Sequence[str] = _METRIC.names, unread: Unread | None = None) -> pa.Table:
    """Return the rows of files of a metric."""
    found = list(_each(files, RunFolder.rows, unread))
    run = pa.array(np.repeat(np.arange(len(found), dtype=np.int32), [len(rows) for _, rows in found]))
    whole = {
        "run_uuid": pa.array([file.uuid for file, _ in found], pa.string()).take(run),
        "run_name": pa.array([file.run_name for file, _ in found], pa.string()).take(run),
        "step": pa.array(_joined([rows.step for _, rows in found], np.int64), mask=_joined([rows.mask for _, rows in found], bool)),
        "timestamp": pa.array(_joined([rows.timestamp for _, rows in found], np.int64)).cast(MOMENT),
        "value": pa.array(_joined([values_of(rows) for _, rows in found], np.float64), from_pandas=False),
    }
    return pa.table([whole[name] for name in columns], schema=pa.schema([_METRIC.field(name) for name in columns]))


def _joined(parts: list[NDArray[Any]], dtype: DTypeLike) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype)


def _frame(files: Iterable[_EventFile], unread: Unread) -> pd.DataFrame:
    """Return the rows of files of any kind."""
    parts = []
    for file, part in _each(files, events_frame, unread):
        part.insert(0, "run_uuid", as_strings([file.uuid] * len(part)))
        part.insert(1, "run_name", as_strings([file.run_name] * len(part)))
        parts.append(part)
    full = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(full, ignore_index=True) if full else to_frame(_METRIC.empty_table()).drop(columns="value")


def _lazily(engine: str, files: list[_EventFile]) -> Any:
    """Return rows of a metric that are read when a library computes."""
    parts = [files[start : start + _RUNS_OF_A_PART] for start in range(0, len(files), _RUNS_OF_A_PART)]
    if engine == "arrow":
        return pa.RecordBatchReader.from_batches(_METRIC, (batch for part in parts for batch in _metrics(part).to_batches()))
    return (polars_frame if engine == "polars" else dask_frame)(_metrics, parts, _METRIC)
