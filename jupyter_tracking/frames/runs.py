"""A run's metrics and events as DataFrames, and a DataFrame of all runs under a root."""

from __future__ import annotations

import time
from types import NoneType
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from jupyter_tracking.budgets import MOST_CELL_VALUES, MOST_RUN_COLUMNS
from jupyter_tracking.errors import TooLarge, TrackingWarning, replace_surrogates
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.metric_summary import check_override
from jupyter_tracking.format.document.rank_names import rank_of, size_of, without_rank
from jupyter_tracking.format.document.run_facts import RunFacts
from jupyter_tracking.format.standard_json import oversize
from jupyter_tracking.frames.catalog.engines import check_engine, lazy_table
from jupyter_tracking.frames.catalog.stored import to_arrow
from jupyter_tracking.frames.dtypes import TIMESTAMP, as_inferred, as_strings, with_dtypes
from jupyter_tracking.frames.problems import PROBLEMS, Unread
from jupyter_tracking.frames.run_groups import grouping_columns, groups_frame
from jupyter_tracking.kinds import kind_of
from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.printed import warn
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.catalog.at_store import catalog_at
from jupyter_tracking.read.catalog.content import LocalCatalog
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.event_table import NO_ROWS, union_of_steps
from jupyter_tracking.read.filter.grammar import parse_filter
from jupyter_tracking.read.filter.run_columns import columns_of_runs, values_of_run
from jupyter_tracking.read.find import ROOT_OF_TABLE
from jupyter_tracking.read.known_runs import each_of_many, list_run
from jupyter_tracking.read.remote.roots import find_root, shown_root, use_options
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from jupyter_tracking.read.event_table import EventRows
    from jupyter_tracking.read.filter.columns import Column
    from jupyter_tracking.read.known_runs import ListedRun
    from jupyter_tracking.read.run_reader import Artifact

    _Steps = NDArray[np.int64]
    _Floats = NDArray[np.float64]

_RUNS = {
    "uuid": "string",
    "name": "string",
    "project": "string",
    "status": "string",
    "created_at": TIMESTAMP,
    "finished_at": TIMESTAMP,
    "duration": "Float64",
    "tags": "object",
    "group": "string",
    "parent": "string",
    "notes": "string",
}


# --- one run -------------------------------------------------------------------------------------


def metrics_frame(folder: RunFolder, names: Iterable[str], *, tidy: bool = False, ranks: bool = False) -> pd.DataFrame:
    """Return metrics of a run.

    Args:
        folder: the run.
        names: which metrics; all of them when there are none.
        tidy: one row a logged value with the columns `name step timestamp value`; else one row a step, in the
            order of steps, a column a metric. A value logged again at a step replaces the earlier one there. Values
            without a step come first, in the order logged, in rows whose step is missing: the first of each metric in
            the first row, and so on.
        ranks: those of the other ranks of a run that several have written too, each after that of the first.
    """
    every = _of_ranks(folder, list(names)) if ranks else _of_the_first(folder, list(names))
    metrics = [artifact for artifact in every if artifact.versioned]
    folder.wanted([artifact.path or "" for artifact in metrics])
    with Progress("metrics()", "metrics") as progress:
        each = progress.over(metrics, len(metrics))
        return _tidy(folder, each) if tidy else _wide(folder, each)


def _of_the_first(folder: RunFolder, wanted: list[str]) -> list[Artifact]:
    if wanted:
        return [folder.find(name, "metric") for name in wanted]
    count = size_of(folder.info)
    return [a for a in folder.artifacts() if a.kind == "metric" and not rank_of(a.name, count)]


def _of_ranks(folder: RunFolder, wanted: list[str]) -> list[Artifact]:
    """Return metrics with those that other ranks logged under the same name, by rank."""
    count = size_of(folder.info)
    found: dict[str, list[Artifact]] = {}
    for artifact in folder.artifacts():
        if artifact.kind == "metric":
            found.setdefault(without_rank(artifact.name, count), []).append(artifact)
    every = [found.get(paths.normal_name(name)) or [folder.find(name, "metric")] for name in wanted] or found.values()
    return [artifact for each in every for artifact in sorted(each, key=lambda a: rank_of(a.name, count))]


def _tidy(folder: RunFolder, metrics: Iterable[Artifact]) -> pd.DataFrame:
    tables = [NO_ROWS.to_arrow().add_column(0, "name", pa.array([], pa.string()))]
    for artifact in metrics:
        rows = folder.rows(artifact)
        tables.append(rows.to_arrow().add_column(0, "name", pa.repeat(pa.scalar(artifact.name, pa.string()), len(rows))))
    return _to_pandas(pa.concat_tables(tables))


def _wide(folder: RunFolder, metrics: Iterable[Artifact]) -> pd.DataFrame:
    values: dict[str, tuple[_Floats, _Floats]] = {}  # those without a step, and by step
    steps: dict[str, _Steps] = {}
    for artifact in metrics:
        rows, known = folder.rows(artifact), next(reversed(steps.values()), None)
        latest, _ = rows.latest()
        numbers = latest.step[latest.mask[:1].sum() :]
        # Metrics that are logged together share one array of steps.
        steps[artifact.name] = known if known is not None and np.array_equal(known, numbers) else numbers.copy()
        values[artifact.name] = values_of(rows)[rows.mask], values_of(latest)[len(latest) - len(numbers) :].copy()
    index, longest = union_of_steps(steps.values()), max((len(without) for without, _ in values.values()), default=0)
    mask = np.arange(longest + len(index)) < longest
    wide = {name: _aligned(*values.pop(name), longest, steps[name], index) for name in list(values)}  # which go one by one
    steps_of_rows = pd.arrays.IntegerArray(np.concatenate([np.zeros(longest, np.int64), index]), mask)
    return pd.DataFrame(wide, index=pd.Index(steps_of_rows, name="step"), copy=False)


def values_of(rows: EventRows) -> _Floats:
    """Return the numbers of rows of a metric; none where they are of another kind."""
    return np.empty(0) if rows.value is None else rows.value


def _aligned(without: _Floats, values: _Floats, longest: int, steps: _Steps, index: _Steps) -> _Floats:
    """Return a column: the values without a step, NaN up to so many, then those by step, NaN where there is none."""
    if not longest and len(steps) == len(index):
        return values
    column = np.full(longest + len(index), np.nan)
    column[: len(without)] = without
    column[longest + np.searchsorted(index, steps)] = values
    return column


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    types = {pa.int64(): pd.Int64Dtype(), pa.string(): pd.StringDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=types.get)
    return frame


def events_frame(folder: RunFolder, artifact: Artifact) -> pd.DataFrame:
    """Return the rows of an artifact: `step`, `timestamp`, then the payload's fields as columns."""
    rows = folder.rows(artifact)
    if artifact.row_kind == "metric":
        return _moments(rows).assign(value=values_of(rows).copy())
    payloads = [_fields(artifact.kind, p) for p in folder.payloads(artifact)][: len(rows)]  # more may have been logged since
    good = [payload for payload in payloads if not isinstance(payload, ValueError)]
    frame = _moments(rows.take(np.flatnonzero([not isinstance(payload, ValueError) for payload in payloads])))
    if any(not isinstance(payload, dict) for payload in good):
        frame[artifact.kind] = as_strings([p if isinstance(p, str) else str(p) for p in good])
        return frame
    fields = list(dict.fromkeys([*kind_of(artifact.kind).columns, *(key for p in good for key in p)]))
    if any(key != replace_surrogates(key) for key in fields):  # halves of characters, which a label of Arrow does not hold
        frame.columns = frame.columns.astype("object")
    for key in fields:
        values = [p.get(key) for p in good]
        if any(v is not None for v in values) or not good:
            frame[key] = as_inferred(values)
    return frame


def _moments(rows: EventRows) -> pd.DataFrame:
    """Return step and timestamp of rows, copied."""
    timestamps = pd.DatetimeIndex(rows.timestamp.astype("datetime64[us]"), tz="UTC")
    return pd.DataFrame({"step": pd.arrays.IntegerArray(rows.step.copy(), rows.mask.copy()), "timestamp": timestamps})


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
    with Progress("problems()", "files" if hashes else "artifacts") as progress:
        found = find_problems(folder, hashes=hashes, progress=progress)
    return with_dtypes(pd.DataFrame(found, columns=list(PROBLEMS), dtype="object"), PROBLEMS)


# --- many runs -----------------------------------------------------------------------------------


@overload
def runs_frame(
    root: str | os.PathLike[str] | None = None,
    *,
    where: str | None = None,
    summary: str | dict[str, str] | None = None,
    group_by: str | Iterable[str] | None = None,
    archived: bool = False,
    engine: None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame: ...
@overload
def runs_frame(
    root: str | os.PathLike[str] | None = None,
    *,
    where: str | None = None,
    summary: str | dict[str, str] | None = None,
    group_by: str | Iterable[str] | None = None,
    archived: bool = False,
    engine: str,
    storage_options: Mapping[str, Any] | None = None,
) -> Any: ...
@checks_arguments
def runs_frame(
    root: str | os.PathLike[str] | None = None,
    *,
    where: str | None = None,
    summary: str | dict[str, str] | None = None,
    group_by: str | Iterable[str] | None = None,
    archived: bool = False,
    engine: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Any:
    """Return the runs under a root, a row a run, the newest first; or groups of them, a row a group.

    Columns: `uuid name project status created_at finished_at duration tags group parent notes`, then `inputs.*` and `outputs.*`. The
    outputs of a run, whether it goes on, has ended or was killed, are what `log_outputs` said, and a number for each metric of another
    name.

    `duration` is in seconds: the time recorded in, until the last sign of a run that has not ended. A run whose document cannot be
    read has the status `broken`; `problems` says why. Inputs and outputs that are numbers in all runs are columns of numbers: `int64` or
    `float64`, and `Int64` or `Float64` where a run has none, so that NaN and a missing value stay two things.

    The filter is the one of the table in `browse()`; nothing of it is evaluated:

        runs(where='lr < 0.01 and acc >= 0.9 and "baseline" in tags')
        runs(where="status = failed created_at > today")

    Tests are `< <= > >= = != ~` (holds a text, in whatever case), `in [1, 2]`, `"x" in tags`, `is missing`, joined by `and`, `or`, `not`
    and parentheses; plain words are looked for in the whole run. The columns are those above, `age`, `why`, `pinned` and `archived`;
    and `lr` is `inputs.lr` or `outputs.lr`, whichever there is. A time without a zone is local; `age < 2d` and `duration > 2h` have
    units s, m, h, d and w. Numbers equal numbers and texts equal texts: the text "0.1" is not 0.1. Of what is missing only `!=`, `not` and
    `is missing` are true; `= None` is `is missing`, `!= None` its opposite. The columns are those of all the runs, whichever pass.

    Args:
        root: the folder that holds `runs/`, or a URL (`s3://…`, `gs://…`, `az://…`, `file:///…`, `memory://…`); by default
            `POLYAXON_OFFLINE_ROOT`, else the current directory.
        where: a filter, which runs have to pass.
        summary: which number stands for a metric, in place of what `define_metric` said: `"last"`, `"min"`, `"max"`, `"mean"` or
            `"best"` for all metrics, or a dict with such a word for a metric or a pattern of names. Where no goal was defined for a
            metric, its best is not known, and `"best"` leaves it as it was defined.
        group_by: a column or several, as in a filter: return a row for the runs that have the same values of them, with those values, `n`
            (how many runs), `outputs.NAME.mean`, `.std`, `.min` and `.max` of each output that is a number, and the `uuids` of the
            runs. By `tags` a run is in the group of each of its tags. Groups are in the order of their values, those without one last.
        archived: list those too that are archived (see `RunView.archive`).
        engine: None for a DataFrame; `"arrow"`, `"polars"`, `"duckdb"` or `"dask"` for the same rows and columns as the lazy object of that
            library: a dataset, a LazyFrame, a relation, a DataFrame of Dask. Columns of values of several kinds are JSON there. The rows
            are in memory, with Dask in the graph, so that a cluster needs no file of them; a table of runs is small, and Dask is of use
            where it is joined with something that is not.
        storage_options: of the store that a URL names, such as `endpoint`, `region`, `access_key_id`; by default the environment's.

    Raises:
        InvalidArgument: a summary or an engine that is none of these, or a column to group by that is none.
        MissingExtra: the library of the engine is not installed.
        InvalidFilter: a mistake in the filter, which the message shows at its place.
        StoreError: the store refuses, or does not answer.
    """
    lazily, chosen = check_engine(engine), check_override(summary)
    text = None if where is None else as_text(where, "where")
    use_options(root, storage_options)
    unread = Unread("runs()")
    with Progress("runs()", "runs") as progress:
        stored = catalog_at(root) if chosen is None else None
        if stored is None:
            top = find_root(root)
            folders, catalog = paths.run_folders(top), LocalCatalog(top).get
            listed = each_of_many(lambda path: list_run(RunFolder(path), chosen, catalog), progress.over(folders, len(folders)))
            unread.add_links(top)
        else:
            found = {folder: run.listed() for folder, run in stored.content.runs.items()}
            found |= {folder: list_run(run) for folder, run in stored.others.items()}
            listed = [found[folder] for folder in sorted(found)]
    every = [run for run in listed if archived or not run.archived]
    unread.warn()
    every.sort(key=lambda run: str(run.facts.created_at or ""), reverse=True)
    columns = columns_of_runs(every) if where is not None or group_by is not None else []
    keys = None if group_by is None else grouping_columns(group_by, columns, complete=bool(every))
    passing = every if text is None else _filtered(every, text, columns)
    frame = _frame_of_runs(passing, _value_columns([run.facts for run in every]), keys or [])
    frame.attrs[ROOT_OF_TABLE] = shown_root(top) if stored is None else stored.url
    answer = frame if keys is None else groups_frame(frame, keys)
    return answer if lazily is None else lazy_table(lazily, to_arrow(answer))


def _filtered(runs: list[ListedRun], where: str, columns: list[Column]) -> list[ListedRun]:
    now = time.time_ns() // 1000
    found = parse_filter(where, columns, now=now, complete=bool(runs))
    return [run for run in runs if found.test(values_of_run(run, now))]


def _frame_of_runs(runs: list[ListedRun], values: list[tuple[str, str]], more: list[str]) -> pd.DataFrame:
    """Return the DataFrame of runs: their own columns, their inputs and outputs, and the columns of `more` that only filters have."""
    if len(values) > MOST_RUN_COLUMNS:
        words = f"runs() has {MOST_RUN_COLUMNS:,} of {len(values):,} inputs and outputs; open_run(…).inputs and .outputs have all of a run"
        warn(words, TrackingWarning)
        values = values[:MOST_RUN_COLUMNS]
    own = _own_values(runs)
    facts = [run.facts for run in runs]
    none: list[Any] = [None] * len(runs)
    columns = {"inputs": _columns([each.inputs for each in facts]), "outputs": _columns([each.outputs for each in facts])}
    given = {f"{group}.{key}": _as_numbers(columns[group].get(key, none)) for group, key in values}
    frame = with_dtypes(pd.DataFrame({**own, **given}), _RUNS)
    now = time.time_ns() // 1000
    for name in more:
        if name not in frame:
            frame[name] = pd.Series([values_of_run(run, now)(name) for run in runs], dtype=object)
    return frame


def _own_values(runs: list[ListedRun]) -> dict[str, pd.Series[Any]]:
    none = (None,) * len(runs)
    facts = dict(zip(RunFacts._fields, zip(*(run.facts for run in runs), strict=True), strict=False))
    own = {key: pd.Series(facts.get(key, none), dtype=object) for key in _RUNS}
    for key in ("group", "parent"):
        own[key] = pd.Series([getattr(run.marks, key) for run in runs], dtype=object)
    own["notes"] = pd.Series([run.marks.note for run in runs], dtype=object)
    return own | {key: own[key].where(own[key] != "", None) for key in ("name", "project", "group", "parent", "notes")}  # empty is missing


def own_columns(runs: list[ListedRun]) -> pd.DataFrame:
    """Return the columns of runs that all of them have, and `archived`."""
    archived = pd.Series([run.archived for run in runs], dtype=bool)
    return with_dtypes(pd.DataFrame({**_own_values(runs), "archived": archived}), _RUNS)


def _value_columns(facts: list[RunFacts]) -> list[tuple[str, str]]:
    """Return the inputs and outputs of runs as (`inputs` or `outputs`, name), in the order in which they come."""
    found: list[tuple[str, str]] = []
    inputs: set[str] = set()
    outputs: set[str] = set()
    for each in facts:
        for group, known, values in (("inputs", inputs, each.inputs), ("outputs", outputs, each.outputs)):
            if not known.issuperset(values):
                found += [(group, key) for key in values if key not in known]
                known.update(values)
    return found


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return mappings as columns, with None where one has no such key; those with the same keys in the same order at once."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(rows):
        alike.setdefault(tuple(row), []).append(place)
    columns: dict[str, list[Any]] = {}
    for keys, places in alike.items():
        for key, values in zip(keys, zip(*(rows[place].values() for place in places), strict=True), strict=True):
            if len(places) == len(rows):
                columns[key] = list(values)
                continue
            column = columns.setdefault(key, [None] * len(rows))
            for place, value in zip(places, values, strict=True):
                column[place] = value
    return columns


def _as_numbers(values: list[Any]) -> pd.Series[Any]:
    """Return values as a column of numbers, where they are; any other as it is, and one whose integers a float would change."""
    kinds = set(map(type, values))
    present = values if NoneType not in kinds else [value for value in values if value is not None]
    kinds.discard(NoneType)
    if not kinds or not kinds <= {int, float}:
        return pd.Series(values, dtype=object).infer_objects()
    missing = np.array([value is None for value in values], dtype=bool) if len(present) < len(values) else np.zeros(len(values), dtype=bool)
    if kinds == {int}:
        low, high = min(present), max(present)
        dtype = np.dtype("int64" if high < 2**63 else "uint64")
        if low < 0 and dtype.kind == "u":
            return pd.Series(values, dtype=object)
        integers = np.array([value or 0 for value in values], dtype=dtype)
        return pd.Series(pd.arrays.IntegerArray(integers, missing) if missing.any() else integers)
    if int in kinds and any(type(value) is int and int(float(value)) != value for value in present):
        return pd.Series(values, dtype=object)
    floats = np.array([0.0 if value is None else value for value in values], dtype=np.float64)
    return pd.Series(pd.arrays.FloatingArray(floats, missing) if missing.any() else floats)
