"""Tables as the lazy objects of other libraries: what is asked of them is read and computed when, and where, that library does so."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import dataset

from jupyter_tracking.errors import InvalidArgument, MissingExtra, shortened, suggest
from jupyter_tracking.frames.catalog.stored import to_frame
from jupyter_tracking.read.catalog.content import count_groups, read_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd

# What each library is imported as, where that is not its own name; "arrow" is always there.
ENGINES = {"arrow": "pyarrow", "polars": "polars", "duckdb": "duckdb", "dask": "dask.dataframe"}
_ROWS_OF_A_PART = 1 << 16


def check_engine(engine: object) -> str | None:
    """Return the engine that is asked for; None for pandas.

    Raises:
        InvalidArgument: there is no such engine.
        MissingExtra: its library is not installed.
    """
    if engine is None:
        return None
    if not isinstance(engine, str) or engine not in ENGINES:
        words = ", ".join(map(repr, ENGINES))
        raise InvalidArgument(f"engine={shortened(engine)} is none of {words} and None{suggest(str(engine), ENGINES)}")
    _library(engine)
    return engine


def _library(engine: str) -> Any:
    try:
        return import_module(ENGINES[engine])
    except ImportError as error:
        raise MissingExtra(f"engine={engine!r} needs {engine}: pip install 'jupyter-tracking[{engine}]' ({error})") from error


def lazy_table(engine: str, source: pa.Table | dataset.FileSystemDataset) -> Any:
    """Return a table as the lazy object of a library: a dataset of Arrow, a LazyFrame, a relation of DuckDB, or a DataFrame of Dask."""
    library = _library(engine)
    files = None if isinstance(source, pa.Table) else source.files
    if engine == "polars":
        return library.from_arrow(source).lazy() if files is None else library.scan_parquet(files).select(source.schema.names)
    if engine == "dask":
        return dask_frame(_part, _parts(source), source.schema)
    whole = dataset.dataset(source) if files is None else source
    return library.from_arrow(whole) if engine == "duckdb" else whole


def _parts(source: pa.Table | dataset.FileSystemDataset) -> list[pa.Table | tuple[str, int]]:
    """Return what each partition is read of: a part of a table, or a row group of a file."""
    if isinstance(source, pa.Table):
        return [source.slice(start, _ROWS_OF_A_PART) for start in range(0, max(1, len(source)), _ROWS_OF_A_PART)]
    found: list[pa.Table | tuple[str, int]] = [(path, group) for path in source.files for group in range(count_groups(path))]
    return found or [source.schema.empty_table()]


def _part(part: pa.Table | tuple[str, int], columns: Sequence[str]) -> pa.Table:
    if isinstance(part, pa.Table):
        return part.select(columns)
    path, group = part
    return read_group(path, group, columns)


def dask_frame(read: Callable[[Any, Sequence[str]], pa.Table], parts: Iterable[Any], schema: pa.Schema) -> Any:
    """Return a DataFrame of Dask with a partition a part, which `read` makes a table of, of the columns that are asked for."""
    meta = to_frame(schema.empty_table())
    return _library("dask").from_map(_Read(read, schema.names), list(parts), meta=meta, enforce_metadata=False)


def polars_frame(read: Callable[[Any, Sequence[str]], pa.Table], parts: Sequence[Any], schema: pa.Schema) -> Any:
    """Return a LazyFrame of parts, each of which `read` makes a table of when it is needed."""
    polars, plugins = _library("polars"), import_module("polars.io.plugins")

    def scan(with_columns: list[str] | None, predicate: Any, n_rows: int | None, _batch_size: int | None) -> Iterator[Any]:
        left = n_rows
        for part in parts:
            frame = polars.from_arrow(read(part, with_columns or schema.names))
            frame = frame if predicate is None else frame.filter(predicate)
            yield frame if left is None else frame.head(left)
            left = None if left is None else left - len(frame)
            if left is not None and left <= 0:
                return

    return plugins.register_io_source(scan, schema=polars.from_arrow(schema.empty_table()).schema)


class _Read:
    """Reads a part as a DataFrame, on whichever machine: a function that Dask can tell which columns are wanted."""

    def __init__(self, read: Callable[[Any, Sequence[str]], pa.Table], names: Sequence[str]) -> None:
        self._read, self._names = read, list(names)

    def __call__(self, part: Any, columns: Sequence[str] | None = None) -> pd.DataFrame:
        return to_frame(self._read(part, self._names if columns is None else list(columns)))
