"""Dataframes: what comes back equal, what is told, and that a version is the moment of the call."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent
from jupyter_tracking.kinds.dataframe import read_csv
from tests.kinds.conftest import round_trips

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView
    from tests.kinds.conftest import Echo

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
    "lists of lists": pd.DataFrame({"a": [[[1], [2**53 + 1, None]], []]}),
    "bytes": pd.DataFrame({"a": [b"\x00", b"x"]}),
    "identifiers with a gap": pd.DataFrame({"a": pd.Series([2**53 + 1, None], dtype=object)}),
    "whole numbers of any size": pd.DataFrame({"a": pd.Series([2**64, -1], dtype=object)}),
    "dicts with different keys": pd.DataFrame({"a": [{"a": 1}, {"b": 2}]}),
    "lists with a gap": pd.DataFrame({"a": [[2**53 + 1, None], [3]]}),
    "tuples": pd.DataFrame({"a": [(1, "x"), ()]}),
    "sets": pd.DataFrame({"a": [{1}, frozenset([2])]}),
    "arrays": pd.DataFrame({"a": [np.array([1.5, 2], "f4"), np.array([], "f4")]}),
    "decimals": pd.DataFrame({"a": [Decimal("1.5"), Decimal("NaN")], "b": [Decimal("1.50"), Decimal("1.5")]}),
    "two time zones": pd.DataFrame({"a": pd.Series([pd.Timestamp(f"2024-01-01T00:00+0{n}:30") for n in (1, 5)], dtype=object)}),
    "one and True and 1.0 and its text": pd.DataFrame({"a": pd.Series([1, True, 1.0, "1"], dtype=object)}),
    "every kind of gap": pd.DataFrame({"a": pd.Series([None, float("nan"), pd.NA, pd.NaT], dtype=object)}),
    "texts as objects": pd.DataFrame({"a": pd.Series(["x", None], dtype=object), "b": pd.Series(["x", float("nan")], dtype=object)}),
    "lone surrogates": pd.DataFrame({"a": pd.Series(["\ud800", "\ud83d\ude00"], dtype=object)}),
    "complex": pd.DataFrame({"a": [1 + 2j, complex("nan")]}),
    "seconds": pd.DataFrame(
        {"a": pd.Series(["2024-01-01", None], dtype="datetime64[s]"), "b": pd.Series([5, None], dtype="timedelta64[s]")}
    ),
    "another byte order": pd.DataFrame({"a": np.array([1, 2], ">i4")}),
    "another byte order beside others": pd.DataFrame(
        {"a": [1, 2], "b": np.array([1, 2], ">i4"), "c": pd.period_range("2024-01", periods=2, freq="M")}
    ),
    "categories of numbers": pd.DataFrame({"a": pd.Categorical([3, None], [5, 3, 1], ordered=True)}),
    "categories of dates": pd.DataFrame({"a": pd.Categorical([MOMENTS[0], MOMENTS[1]], MOMENTS[::-1])}),
    "categories of booleans": pd.DataFrame({"a": pd.Categorical([True, None], [True, False])}),
    "categories of no row": pd.DataFrame({"a": pd.Categorical([], ["b", "a"])}),
    "cut": pd.DataFrame({"a": pd.cut([1, 5, 9], [0, 4, 10]), "b": pd.qcut([1, 5, 9], 2)}),
    "groups of a cut": pd.DataFrame({"a": [1, 5, 9]}).groupby(pd.cut([1, 5, 9], 2), observed=False).sum(),
    "a pivot with categories": pd.DataFrame({"k": pd.Categorical(["x", "y"]), "v": [1, 2], "n": [1, 1]}).pivot_table(
        index="n", columns="k", values="v", observed=False
    ),
    "intervals and periods": pd.DataFrame({"a": pd.interval_range(0, 2), "b": pd.period_range("2024-01", periods=2, freq="M")}),
    "intervals of moments": pd.DataFrame({"a": pd.IntervalIndex.from_breaks(pd.date_range("2024-01-01", periods=3, tz="UTC"))}),
    "sparse": pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1]), "b": pd.arrays.SparseArray([None, 1.5, None])}),
    "Arrow's own": pd.DataFrame(
        {
            "i": pd.array([2**53 + 1, None], pd.ArrowDtype(pa.int64())),
            "l": pd.array([[1, None], None], pd.ArrowDtype(pa.list_(pa.int64()))),
            "s": pd.array([{"a": 1, "b": None}, None], pd.ArrowDtype(pa.struct([("a", pa.int64()), ("b", pa.string())]))),
            "m": pd.array([[("k", 1)], None], pd.ArrowDtype(pa.map_(pa.string(), pa.int64()))),
            "d": pd.array([Decimal("1.50"), None], pd.ArrowDtype(pa.decimal128(9, 2))),
            "t": pd.array([MOMENTS[0], None], pd.ArrowDtype(pa.timestamp("s", "Europe/Paris"))),
            "b": pd.array([b"x", None], pd.ArrowDtype(pa.binary())),
        }
    ),
    "an index and a column of one name": pd.DataFrame({"a": [1, 2]}, index=pd.Index([3, 4], name="a")),
    "a column that is called as an index": pd.DataFrame({"__index_level_0__": [1, 2]}, index=pd.Index([3, 4])),
    "a range with steps": pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(5, 1, -2, name=0)),
    "levels with gaps, called by numbers": pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_arrays([["x", None], pd.Index([2**53 + 1, None], dtype="Int64")], names=[1, 0])
    ),
    "an index of days": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2024-01-01", periods=2, freq="D")),
    "labels of every kind": pd.DataFrame([[1, 2, 3, 4]], columns=pd.Index([1, "1", ("x", 2), None], dtype=object)),
    "labels that are a range": pd.DataFrame([[1, 2]]),
    "labels that are intervals": pd.DataFrame([[1, 2]], columns=pd.interval_range(0, 2)),
}


@pytest.mark.parametrize("content", ["parquet", "feather"])
@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_come_back_equal(run: Run, view: RunView, frame: pd.DataFrame, content: str) -> None:
    """Values, dtypes, index, labels and nulls."""
    run.log_dataframe(frame, "frame", content, 1)
    got = view.load("frame", step=1)
    pd.testing.assert_frame_equal(got, frame, check_exact=True, check_column_type="exact", check_index_type="exact", check_freq=True)
    assert [list(map(repr, got.iloc[:, n])) for n in range(got.shape[1])] == [
        list(map(repr, frame.iloc[:, n])) for n in range(frame.shape[1])
    ]


@pytest.mark.parametrize("content", ["parquet", "feather"])
def test_what_a_frame_carries_comes_back(run: Run, view: RunView, content: str) -> None:
    """Attributes with their types, and that labels may not repeat."""
    frame = pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False)
    frame.attrs = {"source": ("x", 1), "when": MOMENTS[0]}
    run.log_dataframe(frame, "frame", content)
    got = view.load("frame")
    assert got.attrs == frame.attrs
    assert got.flags == frame.flags


@pytest.mark.parametrize("content", ["parquet", "feather"])
def test_no_value_of_a_table_is_another_one(run: Run, view: RunView, content: str) -> None:
    """What pandas' own dtype would change stays Arrow's; the rest is pandas' own."""
    table = pa.table(
        {"id": [2**53 + 1, None], "n": [1, 2], "f": [0.5, None], "u": pa.array([2**64 - 1, None], pa.uint64()), "w": ["x", None]}
    )
    run.log_dataframe(table, "frame", content)
    got = view.load("frame")
    assert got["id"].tolist() == [2**53 + 1, pd.NA]
    assert got["u"].tolist() == [2**64 - 1, pd.NA]
    assert got.dtypes[["n", "f"]].tolist() == [np.int64, np.float64]
    assert got.isna().sum().tolist() == [1, 0, 1, 1, 1]


def test_a_frame_of_an_earlier_version_is_read(run: Run, view: RunView, tmp_path: Path) -> None:
    """Version 0.1.0 had the labels alone beside the columns."""
    table = pa.Table.from_pandas(pd.DataFrame({"0": [1], "1": ["x"]}))
    labels = {
        "labels": [[["int", 5], ["str", "a"]], [["NoneType", None], ["timestamp", "2024-01-01T00:00:00"]]],
        "names": [["str", "k"], ["NoneType", None]],
    }
    metadata = {**table.schema.metadata, b"jupyter_tracking.columns": json.dumps(labels).encode()}
    parquet.write_table(table.replace_schema_metadata(metadata), tmp_path / "frame.parquet")
    run.log_artifact(tmp_path / "frame.parquet", kind="dataframe", step=1)
    got = view.load("frame")
    assert list(got.columns.names) == ["k", None]
    assert got.columns.to_list()[0] == (5, "a")
    assert got.iloc[0].tolist() == [1, "x"]


@pytest.mark.parametrize(
    "said", [b"", b"[]", b"{}", b'{"columns": {"a": {"as": "code"}}, "labels": null, "index": {"names": "[null]"}, "attrs": null}']
)
def test_what_is_said_beside_a_table_may_be_damaged(run: Run, view: RunView, tmp_path: Path, said: bytes) -> None:
    """It is an error of ours then, for who loads it and for who looks at it."""
    table = pa.Table.from_pandas(pd.DataFrame({"a": [1]}))
    parquet.write_table(
        table.replace_schema_metadata({**table.schema.metadata, b"jupyter_tracking.frame": said}), tmp_path / "frame.parquet"
    )
    run.log_artifact(tmp_path / "frame.parquet", kind="dataframe", step=1)
    with pytest.raises(MalformedEvent):
        view.load("frame")
    view.show("frame")


@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5).map("x{}".format), min_size=2, max_size=2
    ),
    numbers=st.lists(st.integers(-(2**70), 2**70) | st.none(), min_size=2, max_size=2),
)
@round_trips
def test_csv_keeps_texts_and_whole_numbers(echo: Echo, texts: list[str], numbers: list[int | None]) -> None:
    """Texts with ends of rows and quotes in them, and numbers of any size with gaps."""
    echo.run.log_dataframe(pd.DataFrame({"a": texts, "n": pd.Series(numbers, dtype=object)}), "frame", "csv")
    got = echo.load("dataframe", "frame")
    assert got["a"].tolist() == texts
    assert [None if pd.isna(n) else int(n) for n in got["n"]] == numbers


def test_html_cuts_no_text(run: Run, view: RunView) -> None:
    """A long cell is there to its end."""
    run.log_dataframe(pd.DataFrame({"a": ["x" * 500]}), "frame", "html")
    assert "x" * 500 in view.load("frame")


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


def test_a_csv_whose_index_has_no_name_keeps_its_whole_numbers() -> None:
    """The first column has no name in the first line: it is the index, also where a column of large numbers with a gap is read again."""
    frame = read_csv(b"a,b\n0,9007199254740993,\n1,,2\n")
    assert frame.index.tolist() == [0, 1]
    assert frame["a"].tolist() == [2**53 + 1, pd.NA]
    assert frame["b"].isna().tolist() == [True, False]
