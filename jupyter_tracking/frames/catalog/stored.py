"""The lineage in a catalog as a DataFrame, and DataFrames of ours as tables of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
from pyarrow import compute, dataset

from jupyter_tracking.errors import MalformedEvent, TrackingError, replace_surrogates
from jupyter_tracking.format import paths
from jupyter_tracking.frames.lineage_columns import LINEAGE_COLUMNS, joined_parts, lineage_rows_frame
from jupyter_tracking.read.catalog.content import KEYS, dump_json, read_catalog, table_schema
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.storage.catalog.local_files import LocalFiles
from jupyter_tracking.storage.catalog.names import FOLDER

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from jupyter_tracking.read.catalog.content import Content
    from jupyter_tracking.read.known_runs import Seen
    from jupyter_tracking.storage.catalog.names import CatalogFiles

MOMENT = pa.timestamp("us", tz="UTC")
_TYPES = {"string": pa.string(), "boolean": pa.bool_(), "Int64": pa.int64(), "Float64": pa.float64()}
LINEAGE = pa.schema(
    [(name, _TYPES.get(dtype, pa.string()) if isinstance(dtype, str) else MOMENT) for name, dtype in LINEAGE_COLUMNS.items()]
)
_DTYPES: dict[pa.DataType, Any] = {
    pa.string(): pd.StringDtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


# --- Arrow to pandas ---------------------------------------------------------------------------------


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table of Arrow as a DataFrame with the dtypes of ours, in which a missing value and NaN are two things.

    Floats are `Float64`, and `float64` where the schema says that none is missing.
    """
    frame: pd.DataFrame = table.to_pandas(types_mapper=_DTYPES.get)
    for name in frame.columns[frame.dtypes == pd.Float64Dtype()]:  # by hand, as pandas takes NaN for none
        column = table.column(name)
        if not table.schema.field(name).nullable:
            frame[name] = column.to_numpy()
            continue
        numbers = column.fill_null(0.0).to_numpy().copy()
        frame[name] = pd.arrays.FloatingArray(numbers, column.is_null().to_numpy().copy())
    for field in table.schema:
        if pa.types.is_list(field.type):
            frame[field.name] = pd.arrays.ArrowExtensionArray(table.column(field.name))  # of lists as objects Dask would make texts
    return frame


def lineage_of(content: Content) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the lineage of the runs in a catalog, in the order of these, and how many rows each folder's run has.

    Raises:
        MalformedEvent: the catalog is damaged.
    """
    runs = list(content.runs.values())
    entries = pa.array([run.entry for run in runs], pa.string())
    parts: list[pd.DataFrame] = []
    places: list[Any] = []
    known = np.zeros(len(runs), dtype=bool)
    for table in content.tables:
        try:
            place = compute.index_in(table.column("entry"), value_set=entries).to_numpy()
            part = pa.table([table.column(name) for name in LINEAGE.names], LINEAGE.names).cast(LINEAGE)
        except (KeyError, TypeError, pa.ArrowException) as error:
            raise MalformedEvent(f"the lineage in the catalog cannot be read: {error}") from None
        place = np.nan_to_num(place.astype(float), nan=-1).astype(np.intp)
        wanted = (place >= 0) & ~known[place]  # another base may have the same, and an entry what is newer
        parts.append(to_frame(part if wanted.all() else part.filter(pa.array(wanted))))
        places.append(place[wanted])
        known[place[wanted]] = True
    for number, run in enumerate(runs):
        rows = content.rows.get(run.entry) if not known[number] else None
        if rows:
            if any(len(row) != len(LINEAGE_COLUMNS) for row in rows):
                raise MalformedEvent("an entry of the catalog has rows of lineage that are none")
            parts.append(lineage_rows_frame(rows))
            places.append(np.full(len(rows), number))
    place = np.concatenate(places) if places else np.empty(0, np.intp)
    frame = joined_parts(parts) if parts else lineage_rows_frame([])
    if (place[1:] < place[:-1]).any():
        frame = frame.take(np.argsort(place, kind="stable")).reset_index(drop=True)
    counts = np.bincount(place, minlength=len(runs))
    return frame, {run.folder: int(count) for run, count in zip(runs, counts, strict=True)}


def catalogued_lineage(root: Path) -> tuple[dict[Path, tuple[Seen, int, int]], pd.DataFrame] | None:
    """Return the lineage in the catalog of a local root; None without a catalog.

    Returns:
        By run folder the stat of its documents for which its rows hold, the first of them and the one after; and all rows.
    """
    if not (root / FOLDER).is_dir():
        return None
    try:
        content = read_catalog(LocalFiles(root), lineage=True)
        frame, counts = lineage_of(content)
    except (TrackingError, OSError):
        return None  # the runs themselves say it, too
    runs, start = {}, 0
    for run in content.runs.values():
        stop = start + counts[run.folder]
        if run.seen and run.lineage_is_final:
            runs[root / "runs" / run.folder] = (run.seen, start, stop)
        start = stop
    return runs, frame


def current_lineage(root: Path) -> dataset.FileSystemDataset | None:
    """Return the table of lineage in the catalog of a local root, where all that it says holds for all the runs there are; else None."""
    if not (root / FOLDER).is_dir():
        return None
    files = LocalFiles(root)
    try:
        content = read_catalog(files)
        listing, runs = content.listing, content.runs
        folders = paths.run_folders(root)
        if len(listing.bases) != 1 or listing.entries or [folder.name for folder in folders] != list(runs):
            return None
        for folder, run in zip(folders, runs.values(), strict=True):
            if not (run.seen and run.lineage_is_final and RunFolder(folder).document_stats() == run.seen):
                return None
        return table_file(root, files, listing.bases[0].lineage, KEYS)
    except (TrackingError, OSError):
        return None


def table_file(root: Path, files: CatalogFiles, path: str, hidden: Collection[str]) -> dataset.FileSystemDataset:
    """Return a file of the catalog of a local root as a dataset, without the columns that are hidden.

    Raises:
        MalformedEvent: it is no such table; or as `LocalFiles.get`.
    """
    stored = table_schema(files.get(path))
    return dataset.dataset(root / path, schema=pa.schema([field for field in stored if field.name not in hidden]))


# --- pandas to Arrow ---------------------------------------------------------------------------------


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a DataFrame of ours as a table of Arrow, in which a missing value and NaN are two things.

    A column whose values are of several kinds, or lists other than of texts, or dicts, becomes JSON.
    """
    columns = {replace_surrogates(str(name)): _column(frame[name]) for name in frame}
    return pa.table(list(columns.values()), names=list(columns))


def _column(values: pd.Series[Any]) -> pa.Array:
    dtype = values.dtype
    if isinstance(dtype, pd.StringDtype):
        return _texts(list(values))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return pa.array(values, MOMENT)
    if pd.api.types.is_object_dtype(dtype):
        return _objects([None if value is None or value is pd.NA else value for value in values])
    if dtype == pd.Float64Dtype():  # as above
        return pa.array(values.to_numpy(dtype=float, na_value=np.nan), mask=values.isna().to_numpy(), from_pandas=False)
    return pa.array(values.to_numpy(), from_pandas=False) if isinstance(dtype, np.dtype) else pa.array(values)


def _texts(values: list[Any]) -> pa.Array:
    return pa.array([replace_surrogates(value) if isinstance(value, str) else None for value in values], pa.string())


def _objects(values: list[Any]) -> pa.Array:
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return _texts(values)
    if kinds == {list} and all(set(map(type, value)) <= {str} for value in values if value is not None):
        return pa.array([value and list(map(replace_surrogates, value)) for value in values], pa.list_(pa.string()))
    if kinds in ({bool}, {float}):
        return pa.array(values, from_pandas=False)
    return pa.array([None if value is None else _json(value) for value in values], pa.string())


def _json(value: object) -> str:
    try:
        return orjson.dumps(value).decode() if not isinstance(value, float) else dump_json(value)
    except TypeError:
        return dump_json(value)
