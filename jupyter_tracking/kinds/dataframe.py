"""The dataframe kind: each version is a parquet, feather, CSV or HTML file.

Parquet and feather keep each value, dtype, index and label, or `log_dataframe` refuses and names the column; `kinds/arrow/` has how.
CSV and HTML keep what such a file holds.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from jupyter_tracking.budgets import MOST_CELLS, MOST_COLUMNS, MOST_LOADED_BYTES, MOST_RATIO, MOST_TABLE_FILE_BYTES
from jupyter_tracking.errors import InvalidArgument, MalformedEvent, TooLarge, suggest
from jupyter_tracking.kinds.base import AssetCopy, Kind, NewAsset, Recorder, example, logs, single_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from jupyter_tracking.kinds.base import Asset, Timestamp
    from jupyter_tracking.storage.store import Sink

_CONTENT_TYPES = ("parquet", "csv", "html", "feather")
_EXACT = 2.0**53
# Rows of a row group: a reader that wants a page of rows decodes one group.
_GROUP = 65_536
# A dictionary pays where it is small beside its rows: a column gives it up above two bytes a row, within these bounds in
# bytes. Measured: columns of mostly different values are written faster than with pyarrow's defaults, and smaller.
_LEAST_DICTIONARY, _MOST_DICTIONARY = 20_000, 65_536
# So few rows are written without, and without statistics: of wide frames, which are made of short columns, both would be most of the file.
# Zstandard is set up anew for each column, which takes longer than to write a short one, or to read it: they are written with Snappy.
_FEW = 256


def _encode(df: Any, content_type: str = "parquet") -> NewAsset:
    from jupyter_tracking.kinds.arrow.sources import frame_of

    content = str(getattr(content_type, "value", content_type))
    if content not in _CONTENT_TYPES:
        raise InvalidArgument(f"content_type={content_type!r} is none of {', '.join(_CONTENT_TYPES)}{suggest(content, _CONTENT_TYPES)}")
    return NewAsset({"content_type": content}, content, _writer(frame_of(df), content))


def _writer(frame: pd.DataFrame, content: str) -> Callable[[Sink], object]:
    """Return what writes the frame. It is turned into bytes or Arrow here, so that what cannot be stored fails before a file is made."""
    if content in {"csv", "html"}:
        text = _encoded(frame, _csv if content == "csv" else _html, content)
        return lambda sink: sink.write(text)
    from jupyter_tracking.kinds.arrow.table import to_arrow

    table = to_arrow(frame, content)
    dictionary = min(_MOST_DICTIONARY, max(_LEAST_DICTIONARY, 2 * len(frame)))

    def write(part: pa.Table, sink: Any) -> object:
        if content == "feather":
            from pyarrow import feather

            return feather.write_feather(part, sink, compression="lz4")
        from pyarrow import parquet

        many = len(frame) > _FEW
        how = {"use_dictionary": many, "write_statistics": many, "dictionary_pagesize_limit": dictionary}
        return parquet.write_table(part, sink, compression="zstd" if many else "snappy", row_group_size=_GROUP, **how)

    return lambda sink: _write_by_name(write, table, sink)


def _write_by_name(write: Callable[[pa.Table, Any], object], table: pa.Table, sink: Sink) -> None:
    """Write a table; where Arrow cannot, say which column it is."""
    import io

    import pyarrow as pa

    try:
        write(table, sink)
    except pa.ArrowException as error:
        for name in table.column_names:
            try:
                write(table.select([name]), io.BytesIO())
            except pa.ArrowException:
                raise InvalidArgument(f"df has the column {name!r} with what Arrow cannot write: {error}; convert that column") from error
        raise InvalidArgument(f"df cannot be written: {error}") from error


def _csv(frame: pd.DataFrame) -> str:
    import csv

    text: str = frame.to_csv()
    # A carriage return ends a row for who reads it, and is not quoted by itself.
    return frame.to_csv(quoting=csv.QUOTE_NONNUMERIC) if "\r" in text else text


def _html(frame: pd.DataFrame) -> str:
    import pandas as pd

    with pd.option_context("display.max_colwidth", None):
        markup: str = frame.to_html()
        return markup


def _encoded(frame: pd.DataFrame, write: Callable[[pd.DataFrame], str], content: str) -> bytes:
    """Return a frame as the bytes of a text; where it has none, say which column it is."""
    try:
        return write(frame).encode()
    except MemoryError:
        raise
    except Exception as error:
        wrong, found = "the index or a label", error
        for place in range(frame.shape[1]):
            try:
                write(frame.iloc[:, [place]].reset_index(drop=True).set_axis(["a"], axis="columns")).encode()
            except Exception as failed:  # noqa: BLE001 - whatever it is, it is this column's
                wrong, found = f"the column {frame.columns[place]!r}", failed
                break
        why = "a lone surrogate" if isinstance(found, UnicodeEncodeError) else f"what has no text ({type(found).__name__}: {found})"
        raise InvalidArgument(f"df has {wrong} with {why}, which a {content} file cannot hold; log it as parquet") from error


def csv_encoding(data: bytes) -> str:
    """Return the encoding of a CSV file: of a byte order mark, UTF-8, else Latin-1, which any bytes are."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return encoding
    try:
        data.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def read_csv(data: bytes, *, limited: bool = True) -> pd.DataFrame:
    """Return the dataframe of a CSV file, ours or another's.

    Raises:
        TooLarge: with `limited`, more columns or cells than are parsed; a short row has a cell for each column all the same.
    """
    import io

    import pandas as pd

    encoding = csv_encoding(data)
    if limited:
        columns = data[: data.find(b"\n") + 1 or None].count(b",") + 1
        rows = data.count(b"\n") + data.count(b"\r")
        if rows * columns > max(MOST_CELLS, len(data) // 4):  # those inside of quotes end no row
            rows = _count_lines(data)
        check_cells(rows, columns, max(MOST_CELLS, len(data) // 4))

    def read(**how: Any) -> pd.DataFrame:
        found: pd.DataFrame = pd.read_csv(io.BytesIO(data), encoding=encoding, encoding_errors="replace", **how)
        return found

    # Before 3.1, which warns when it is told, pandas reads a third of all floats as a neighbour unless told to read them exactly.
    old = tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1)
    frame = read(low_memory=False, **({"float_precision": "round_trip"} if old else {}))
    # A column of whole numbers with a gap is read as floats, which hold them up to here.
    large = [place for place, dtype in enumerate(frame.dtypes) if dtype == "float64" and (frame.iloc[:, place].abs() >= _EXACT).any()]
    texts = read(dtype=str) if large else frame  # of all columns: an index without a name is found only beside them
    for place in large:
        exact = _whole_numbers(texts.iloc[:, place])
        if exact is not None:
            frame.isetitem(place, exact.array)
    # Polyaxon writes the index as a column without a name.
    if len(frame.columns) and frame.columns[0] == "Unnamed: 0":
        frame = frame.set_index("Unnamed: 0").rename_axis(None)
    return frame


def _count_lines(data: bytes) -> int:
    """Return how many lines a CSV file has that do not end inside of quotes."""
    import numpy as np

    letters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero((letters == 10) | (letters == 13))  # noqa: PLR2004
    quotes = np.flatnonzero(letters == 34)  # noqa: PLR2004
    return int(np.count_nonzero(np.searchsorted(quotes, ends) % 2 == 0))


def check_cells(rows: int, columns: int, most: int = MOST_CELLS) -> None:
    """Check that a table of texts may be parsed.

    Raises:
        TooLarge: it has more columns than are parsed, or more cells than `most`.
    """
    if columns > MOST_COLUMNS or rows * columns > most:
        raise TooLarge(f"the table has {rows:,} rows of {columns:,} columns; up to {MOST_COLUMNS:,} columns and {most:,} cells are parsed")


def _whole_numbers(texts: pd.Series[Any]) -> pd.Series[Any] | None:
    """Return a column of texts as whole numbers with gaps; None where one is something else."""
    import pandas as pd

    there = texts.notna()
    if not texts[there].str.fullmatch(r"[-+]?\d+").all():
        return None
    numbers = [int(text) if is_there else pd.NA for text, is_there in zip(texts, there, strict=True)]
    for dtype in ("Int64", "UInt64"):
        try:
            return pd.Series(pd.array(numbers, dtype=dtype))
        except (OverflowError, TypeError, ValueError):
            continue
    return pd.Series(numbers, dtype=object)


def content_type_of(payload: dict[str, Any]) -> str:
    """Return what the asset holds: the payload says it; an extension may lie (`df_1.V1ArtifactKind.CSV`)."""
    said = str(payload.get("content_type") or "")
    if said:
        return said.lower()
    last = str(payload.get("path") or "").rpartition(".")[2].lower()
    return {"pkl": "pickle", "pq": "parquet", "arrow": "feather"}.get(last, last)


def _decode(payload: dict[str, Any], asset: Asset) -> pd.DataFrame | str | Path:
    import io

    content = content_type_of(payload)
    if content == "html":
        return asset.read(payload).decode("utf-8", "replace")
    if content not in {"parquet", "feather", "csv"}:
        if content == "pickle" and asset.allow_pickle:
            import pandas as pd

            loaded: pd.DataFrame = pd.read_pickle(io.BytesIO(asset.read(payload)))  # noqa: S301 - asked for in this call
            return loaded
        return asset.path(payload)
    from jupyter_tracking.kinds.arrow.table import from_arrow

    data = asset.read(payload) if content == "csv" else asset.read(payload, MOST_TABLE_FILE_BYTES)
    most = None if asset.allow_large else max(MOST_LOADED_BYTES, MOST_RATIO * len(data))
    try:
        if content == "csv":
            return read_csv(data, limited=not asset.allow_large)
        return from_arrow(read_arrow(data, content, most))
    except (MemoryError, TooLarge):
        raise
    except Exception as error:
        raise MalformedEvent(f"{payload.get('path')} is no readable {content}: {error}") from error


def read_arrow(data: bytes, content: str, most: int | None) -> pa.Table:
    """Return the whole table of a parquet or feather file.

    Raises:
        TooLarge: it takes more than `most` bytes when it is decoded; None for however many.
        MalformedEvent: it is no such file.
    """
    import io

    from jupyter_tracking.kinds.arrow.ipc_files import read_ipc
    from jupyter_tracking.kinds.arrow.parquet_pages import CheckedFile
    from jupyter_tracking.kinds.arrow.table import stored_columns
    from jupyter_tracking.kinds.arrow.type_check import check_values

    if content == "feather":
        table = read_ipc(data, most)
        return check_values(table, stored_columns(table.schema), most)
    file = CheckedFile(lambda: io.BytesIO(data), limited=most is not None)
    groups = range(file.footer.num_row_groups)
    repeating = file.check(groups, file.schema.names, file.footer.num_rows, most or 0, whole=True)
    with file.reader(repeating) as reader:
        table = reader.read()
    return file.as_stored(check_values(table, stored_columns(table.schema), most))


def _of_file(copy: AssetCopy) -> AssetCopy:
    return single_file(copy, content_type=content_type_of({"path": copy.source}) or None)


DATAFRAME = Kind("dataframe", "dataframe", _decode, ("path", "content_type"), _encode, order=60, file=_of_file)


@logs(DATAFRAME)
class DataframeMethods(Recorder):
    """How a run logs dataframes."""

    @example("df preds --step epoch")
    def log_dataframe(
        self,
        df: Any,
        name: str,
        content_type: str = "parquet",
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a dataframe.

        Args:
            df: a pandas DataFrame; a table of Arrow, as polars, pyarrow and narwhals hand over (`__arrow_c_stream__`), which does not
                pass through pandas: it is loaded as a DataFrame whose columns are of pandas' own dtype where that holds each value,
                else of `pandas.ArrowDtype` (whole numbers with gaps, decimals, nested values); or what becomes a DataFrame by
                `to_pandas()` or `compute()` (dask).
            name: the dataframe's name.
            content_type: `"parquet"` (default) and `"feather"` keep each value with its type, dtypes, index, labels, names, time zones,
                frequency, `attrs` and flags, or refuse by the name of the column; of a subclass, the DataFrame that it is.
                `"csv"` keeps each number as it is written out, whole ones and those of 64 bits to the last bit, and texts; dtypes are
                guessed when it is loaded, so that a text that looks like a number or a missing value becomes one, and everything else
                a text. `"html"` is the table as pandas prints it, and is loaded as that text.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a dataframe.
            InvalidArgument: an unknown content type, or a column that cannot be kept: the message names it, and nothing is written.
        """
        self.record("dataframe", name, _encode(df, content_type), step, timestamp)
