"""Dataframes: what comes back equal, what is told, and that a version is the moment of the call."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from jupyter_tracking.errors import InvalidArgument, InvalidType

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView

MOMENTS = pd.date_range("2026-01-01", periods=2, tz="Europe/Paris", unit="us")
FRAMES = {
    "empty": pd.DataFrame(),
    "rows without columns": pd.DataFrame(index=range(3)),
    "columns without rows": pd.DataFrame({"a": np.array([], dtype="int8"), "b": pd.Series([], dtype="str")}),
    "the same label twice": pd.DataFrame([[1, 2.5]], columns=["a", "a"]),
    "labels that are numbers": pd.DataFrame([[1, 2], [3, 4]], columns=[1, 0.5]),
    "labels that are dates": pd.DataFrame([[1, 2]], columns=pd.DatetimeIndex(["2026-01-01", "2026-01-02"]).as_unit("us")),
    "labels in levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None])),
    "an index in levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", "n"])),
    "an index of moments": pd.DataFrame({"a": [1, 2]}, index=pd.DatetimeIndex(MOMENTS, name="when")),
    "moments with a zone": pd.DataFrame({"a": MOMENTS}),
    "categories in order": pd.DataFrame({"a": pd.Categorical(["lo", "hi", None], ["lo", "mid", "hi"], ordered=True)}),
    "nullable": pd.DataFrame(
        {"i": pd.array([1, None], "Int64"), "b": pd.array([True, None], "boolean"), "f": pd.array([0.5, None], "Float64")}
    ),
    "texts that look like something else": pd.DataFrame({"a": ["NA", "null", "007", "", "nan"]}),
    "lists": pd.DataFrame({"a": [[1, 2], [3]]}),
    "bytes": pd.DataFrame({"a": [b"\x00", b"x"]}),
}


@pytest.mark.parametrize("content", ["parquet", "feather"])
@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_come_back_equal(run: Run, view: RunView, frame: pd.DataFrame, content: str) -> None:
    """Values, dtypes, index, labels and nulls."""
    run.log_dataframe(frame, "frame", content, 1)
    got = view.load("frame", step=1)
    if frame.size and isinstance(frame.iloc[0, 0], list):
        got = got.map(list)  # Arrow gives them as arrays
    # How far moments lie apart (freq) is no part of the values, and Arrow has no place for it.
    pd.testing.assert_frame_equal(got, frame, check_column_type=False, check_index_type="equiv", check_freq=False)


def test_the_version_is_the_moment_of_the_call(run: Run, view: RunView) -> None:
    """What is changed afterwards changes nothing that was logged."""
    frame = pd.DataFrame({"a": [1, 2]})
    run.log_dataframe(frame, "frame", step=1)
    frame.iloc[0, 0] = 99
    run.log_dataframe(frame, "frame", step=2)
    assert view.load("frame", step=1)["a"].tolist() == [1, 2]
    assert view.load("frame", step=2)["a"].tolist() == [99, 2]


def test_csv_and_html_are_polyaxons(run: Run, view: RunView) -> None:
    """CSV has the index as its first column, HTML is what pandas writes."""
    frame = pd.DataFrame({"a|b": [1, 2]}, index=["x", "y"])
    run.log_dataframe(frame, "csv", "csv", 1)
    run.log_dataframe(frame, "html", "html", 1)
    assert (run.path / "assets/dataframe/csv_1.csv").read_text() == frame.to_csv()
    assert view.load("html") == frame.to_html()
    pd.testing.assert_frame_equal(view.load("csv"), frame, check_index_type="equiv")


def test_numbers_of_a_csv_are_read_to_the_last_bit(run: Run, view: RunView) -> None:
    """Any 64 bits, the largest and the smallest: pandas before 3.1 reads a third of them as a neighbour unless told not to."""
    numbers = np.random.default_rng(0).integers(-(2**63), 2**63, 20_000).view(np.float64)
    numbers = np.append(numbers[np.isfinite(numbers)], [3.574732e16, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -0.0, np.inf])
    run.log_dataframe(pd.DataFrame({"x": numbers}), "preds", content_type="csv")
    assert view.load("preds")["x"].to_numpy().tobytes() == numbers.tobytes()


def test_what_becomes_a_frame_is_taken(run: Run, view: RunView) -> None:
    """A table of Arrow, a frame of polars or dask: whatever has to_pandas() or compute()."""
    import pyarrow as pa

    frame = pd.DataFrame({"a": [1, 2]})
    run.log_dataframe(pa.table({"a": [1, 2]}), "arrow")
    run.log_dataframe(SimpleNamespace(compute=lambda: frame), "dask")
    assert view.load("arrow").equals(frame)
    assert view.load("dask").equals(frame)


@pytest.mark.parametrize(
    ("frame", "content", "said"),
    [
        ([1, 2], "csv", "give a pandas DataFrame"),
        (pd.Series([1]), "csv", r"to_frame\(\)"),
        (pd.DataFrame(), "pickle", "none of parquet, csv, html, feather"),
        (pd.DataFrame({"a": ["x", "\ud800"]}, dtype=object), "csv", "the column 'a' with a lone surrogate"),
        (pd.DataFrame({"a": ["x"], "b": np.array([1], dtype="longdouble")}), "feather", "the column 'b' with the dtype"),
        (pd.DataFrame({"a": [object()]}), "parquet", "content_type='csv'"),
        (pd.DataFrame([[1]], columns=[("a", object())]), "parquet", "name columns"),
    ],
)
def test_what_cannot_be_kept_is_told(run: Run, frame: Any, content: str, said: str) -> None:
    """The message says what would do, and nothing is written."""
    with pytest.raises((InvalidType, InvalidArgument), match=said):
        run.log_dataframe(frame, "frame", content)
    assert not (run.path / "events").exists()
    assert not list(run.path.glob("assets/*/*"))


def test_a_pickle_is_its_path_until_asked_for(run: Run, view: RunView, tmp_path: Path) -> None:
    """Nothing is unpickled by looking."""
    pd.DataFrame({"a": [1]}).to_pickle(tmp_path / "frame.pkl")
    run.log_artifact(tmp_path / "frame.pkl", kind="dataframe", step=1)
    assert view.load("frame").suffix == ".pkl"
    assert view.load("frame", allow_pickle=True)["a"].tolist() == [1]
