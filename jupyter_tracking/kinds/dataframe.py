"""The dataframe kind: each version is a parquet, feather, CSV or HTML file.

Parquet and feather keep each value, dtype, index and label, or `log_dataframe` refuses and names the column; `kinds/arrow/` has how. CSV and
HTML keep what such a file holds.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any, Literal

from jupyter_tracking.errors import InvalidArgument, MalformedEvent, suggest
from jupyter_tracking.kinds.base import Kind, NewAsset, Recorder, example, logs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from jupyter_tracking.kinds.base import Asset, Timestamp
    from jupyter_tracking.storage.store import Sink

_CONTENT_TYPES = ("parquet", "csv", "html", "feather")
# Rows of a row group: a reader that wants a page of rows decodes one group.
_GROUP = 65_536
# A dictionary pays where it is small beside its rows: a column gives it up above two bytes a row, within these bounds in
# bytes. Measured: columns of mostly different values are written faster than with pyarrow's defaults, and smaller.
_LEAST_DICTIONARY, _MOST_DICTIONARY = 20_000, 65_536


def _encode(df: Any, content_type: str = "parquet") -> NewAsset:
    from jupyter_tracking.kinds.arrow.sources import frame_of

    content = str(getattr(content_type, "value", content_type))
    if content not in _CONTENT_TYPES:
        raise InvalidArgument(f"content_type={content_type!r} is none of {', '.join(_CONTENT_TYPES)}{suggest(content, _CONTENT_TYPES)}")
    return NewAsset({"content_type": content}, content, _writer(frame_of(df), content))


def _writer(frame: pd.DataFrame, content: str) -> Callable[[Sink], object]:
    """Return what writes the frame. It is turned into bytes or Arrow here, so that what cannot be stored fails before a file is made."""
    if content == "csv":
        text = frame.to_csv().encode("utf-8", "surrogatepass")
        return lambda sink: sink.write(text)
    if content == "html":
        markup = frame.to_html().encode("utf-8", "surrogatepass")
        return lambda sink: sink.write(markup)
    from jupyter_tracking.kinds.arrow.table import to_arrow

    table = to_arrow(frame, content)
    if content == "feather":
        from pyarrow import feather

        return lambda sink: feather.write_feather(table, sink, compression="lz4")
    from pyarrow import parquet

    dictionary = min(_MOST_DICTIONARY, max(_LEAST_DICTIONARY, 2 * len(frame)))
    return lambda sink: parquet.write_table(table, sink, compression="zstd", row_group_size=_GROUP, dictionary_pagesize_limit=dictionary)


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


def read_csv(data: bytes) -> pd.DataFrame:
    """Return the dataframe of a CSV file, ours or another's."""
    import io

    import pandas as pd

    # Before 3.1, which warns when it is told, pandas reads a third of all floats as a neighbour unless told to read them exactly.
    precision: Literal["round_trip"] | None = "round_trip" if tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1) else None
    frame = pd.read_csv(
        io.BytesIO(data), encoding=csv_encoding(data), encoding_errors="replace", low_memory=False, float_precision=precision
    )
    # Polyaxon writes the index as a column without a name.
    if len(frame.columns) and frame.columns[0] == "Unnamed: 0":
        frame = frame.set_index("Unnamed: 0").rename_axis(None)
    return frame


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

    data = asset.read(payload)
    try:
        if content == "parquet":
            from pyarrow import parquet

            return from_arrow(parquet.read_table(io.BytesIO(data)))
        if content == "feather":
            from pyarrow import feather

            return from_arrow(feather.read_table(io.BytesIO(data)))
        return read_csv(data)
    except Exception as error:
        raise MalformedEvent(f"{payload.get('path')} is no readable {content}: {error}") from error


DATAFRAME = Kind("dataframe", "dataframe", _decode, ("path", "content_type"), _encode, order=60)


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
            df: a pandas DataFrame, or what becomes one by `to_pandas()` (polars, pyarrow) or `compute()` (dask).
            name: the dataframe's name.
            content_type: `"parquet"` (default: dtypes, index and nulls come back equal), `"feather"`,
                `"csv"` or `"html"`.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a dataframe.
            InvalidArgument: an unknown content type, or a column that the format cannot hold.
        """
        self.record("dataframe", name, _encode(df, content_type), step, timestamp)
