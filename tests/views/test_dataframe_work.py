"""Order, summary and changes of dataframes: each equal to what pandas, or plain Python, makes of the same frames."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.kinds.arrow.table import to_arrow
from jupyter_tracking.views.table.dataframe_diff import ADDED, CHANGED, REMOVED, SAME, TableDiff
from jupyter_tracking.views.table.diff_frame import diff_frame
from jupyter_tracking.views.table.sort_filter import SortFilter
from jupyter_tracking.views.table.stored_table import InMemoryTable, ParquetTable, StoredTable
from jupyter_tracking.views.table.summary import Summary

if TYPE_CHECKING:
    from pathlib import Path

ALL = float("inf")
FRAME = pd.DataFrame(
    {
        "n": [3, 1, 2, 1, 3, 0],
        "p": [0.5, np.nan, -np.inf, 0.5, np.inf, 0.25],
        "word": ["Dog", "", None, "hot dog", "cat", "größe"],
        "flag": [True, False, True, True, False, False],
        "moment": pd.to_datetime(["2024-01-03", None, "2024-01-01 12:30", "2024-01-02", "2023-12-31", "2024-01-02"], format="ISO8601"),
        "rank": pd.Categorical(["low", "high", None, "mid", "low", "high"], categories=["low", "mid", "high"], ordered=True),
        "all_steps": pd.array([None, 2, 3, 1, 2, None], dtype="Int64"),
        "list": [[1], [2, 3], [], None, [1], [1]],
    }
)


def held(frame: pd.DataFrame) -> StoredTable:
    """A table of a frame."""
    return InMemoryTable(to_arrow(frame))


def grouped(frame: pd.DataFrame, path: Path, rows: int) -> StoredTable:
    """A parquet file of a frame, in small row groups."""
    parquet.write_table(to_arrow(frame), path, row_group_size=rows)
    return ParquetTable(lambda: os.open(path, os.O_RDONLY))


def done(work: Any) -> Any:
    """All of it computed."""
    assert work.run_for(ALL)
    return work


# --- order -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("column", [name for name in FRAME if name != "list"])
def test_rows_are_sorted_as_pandas_sorts_them(tmp_path: Path, column: str, down: bool) -> None:
    """Stable, what is missing last either way, an ordered category by its ranks; over row groups too."""
    wanted = FRAME.sort_values(column, ascending=not down, kind="stable").index.tolist()
    for table in (held(FRAME), grouped(FRAME, tmp_path / "f.parquet", 2)):
        order = done(SortFilter(table, column=list(FRAME).index(column), descending=down))
        assert order.page(0, 10).tolist() == wanted


@pytest.mark.parametrize("step", [1, -2])
@pytest.mark.parametrize("down", [False, True])
def test_a_counted_index_is_sorted_without_being_read(step: int, down: bool) -> None:
    """Also when it counts down."""
    frame = FRAME[["n"]].set_axis(pd.RangeIndex(10, 10 + 6 * step, step))
    order = done(SortFilter(held(frame), column=-1, descending=down))
    assert frame.index[order.page(0, 10)].tolist() == sorted(frame.index, reverse=down)


def test_a_stored_index_is_sorted_by_its_level() -> None:
    """Each level for itself."""
    frame = FRAME[["n"]].set_axis(pd.MultiIndex.from_arrays([[2, 1, 2, 1, 2, 1], list("fedcba")]))
    assert done(SortFilter(held(frame), column=-1)).page(0, 9).tolist() == [1, 3, 5, 0, 2, 4]
    assert done(SortFilter(held(frame), column=-2)).page(0, 9).tolist() == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("dog", [0, 3]),
        ("DOG", [0, 3]),
        ("GRÖSSE", []),
        ("Größe", [5]),
        ("0.5", [0, 3]),
        ("2024-01-02", [3, 5]),
        ("mid", [3]),
        ("True", [0, 2, 3]),
        ("[2, 3]", [1]),
        ("nothing of it", []),
        (".*", []),
    ],
)
def test_rows_that_hold_a_text_are_found_in_any_column(tmp_path: Path, text: str, rows: list[int]) -> None:
    """Capitals or not, as a text and not as a pattern, in the words that a cell is written in."""
    for table in (held(FRAME), grouped(FRAME, tmp_path / "f.parquet", 4)):
        assert done(SortFilter(table, text=text)).page(0, 10).tolist() == rows


def test_what_is_found_is_sorted() -> None:
    """Both together."""
    order = done(SortFilter(held(FRAME), text="2024", column=1, descending=True))
    assert order.page(0, 10).tolist() == [0, 3, 5, 2]
    assert order.count == 4


def test_a_column_without_an_order_says_so() -> None:
    """Lists have none."""
    with pytest.raises(InvalidArgument, match="has no order"):
        done(SortFilter(held(FRAME), column=7))


def test_a_long_search_is_done_in_slices(tmp_path: Path) -> None:
    """Each takes at least a row group; what was found so far can be seen."""
    frame = pd.DataFrame({"word": ["cat", "dog"] * 500})
    order = SortFilter(grouped(frame, tmp_path / "f.parquet", 100), text="dog")
    seen = []
    while not order.run_for(0):
        seen.append((order.seen, order.count))
    assert seen[:2] == [(100, 50), (200, 100)]
    assert order.count == 500


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(width=32) | st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.none())),
    st.text("ab0é", max_size=2),
)
def test_any_frame_is_ordered_and_searched_as_python_would(rows: list[tuple[float | None, str | None]], text: str) -> None:
    """Floats with nulls and infinities, texts of any letters."""
    frame = pd.DataFrame({"p": pd.array([a for a, _ in rows], dtype="float64"), "t": pd.array([b for _, b in rows], dtype="str")})
    table = held(frame)
    for place, name in enumerate(frame):
        wanted = frame.sort_values(name, kind="stable").index.tolist()
        assert done(SortFilter(table, column=place)).page(0, 999).tolist() == wanted
    if text and not text.isdigit():
        wanted = [n for n, (_, word) in enumerate(rows) if word is not None and text.casefold() in word.casefold()]
        found = done(SortFilter(table, text=text)).page(0, 999).tolist()
        assert [n for n in found if rows[n][1] is not None and text.lower() in str(rows[n][1]).lower()] == [
            n for n in wanted if text.lower() in str(rows[n][1]).lower()
        ]


# --- summary ---------------------------------------------------------------------------------------------------------


def test_the_summary_tells_what_pandas_tells(tmp_path: Path) -> None:
    """Missing, distinct, ends; how often each value is there; of infinities, that there are some."""
    for table in (held(FRAME), grouped(FRAME, tmp_path / "f.parquet", 2)):
        told = done(Summary(table, slice(None))).columns
        for place, name in enumerate(FRAME):
            assert told[place]["nulls"] == FRAME[name].isna().sum()
            if name != "list":
                assert told[place]["distinct"] == FRAME[name].nunique()
        assert (told[0]["low"], told[0]["high"], told[0]["bins"]) == (0, 3, [1, 2, 1, 2])
        assert (told[1]["low"], told[1]["high"], told[1]["endless"]) == ("-inf", "inf", 2)
        assert told[2]["top"][0][1] == 1
        assert told[3]["top"] == [["False", 3], ["True", 3]]
        assert (told[4]["low"], told[4]["high"]) == ("2023-12-31 00:00:00", "2024-01-03 00:00:00")
        assert dict(told[5]["top"]) == {"high": 2, "low": 2, "mid": 1}
        assert told[-1] == {"nulls": 0, "distinct": 6, "low": 0, "high": 5}


def test_bins_are_numpys_histogram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held in memory or read a second time, the same."""
    numbers = np.random.default_rng(0).normal(size=1000)
    frame = pd.DataFrame({"p": np.where(numbers > 1.5, np.nan, numbers)})
    wanted = np.histogram(frame["p"].dropna(), bins=20)[0].tolist()
    table = grouped(frame, tmp_path / "f.parquet", 100)
    assert done(Summary(table, slice(None))).columns[0]["bins"] == wanted
    monkeypatch.setattr("jupyter_tracking.views.table.summary._HELD", 10)
    assert done(Summary(table, slice(None))).columns[0]["bins"] == wanted


def test_many_different_values_are_not_counted_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beyond a bound it is said that there are more."""
    monkeypatch.setattr("jupyter_tracking.views.table.summary._DISTINCT", 150)
    monkeypatch.setattr("jupyter_tracking.views.table.summary._COMMON", 50)
    table = grouped(pd.DataFrame({"n": range(1000), "t": [str(n) for n in range(1000)]}), tmp_path / "f.parquet", 100)
    told = done(Summary(table, slice(None))).columns
    for column in (0, 1):
        assert (told[column]["distinct"], told[column]["more"]) == (150, True)
    assert (told[1]["low"], told[1]["high"]) == ("0", "999")


@pytest.mark.parametrize("values", [[], [None, None], [np.nan], [5.0], [1e308, -1e308], [0.1, 0.1]])
def test_odd_columns_have_a_summary(values: list[Any]) -> None:
    """Empty, all missing, one value, too far apart to tell the distance."""
    told = done(Summary(held(pd.DataFrame({"p": pd.array(values, dtype="float64")})), slice(None))).columns[0]
    there = [v for v in values if v is not None and not math.isnan(v)]
    assert told["nulls"] == len(values) - len(there)
    assert told["distinct"] == len(set(there))


@pytest.mark.parametrize("kind", ["M8[s]", "M8[ms]"])
def test_moments_that_python_has_no_datetime_for_have_a_summary(kind: str) -> None:
    """Beyond the year 9999 and before the year 1: ends and bins as of any other."""
    numbers = np.array([-(10**15), 0, 10**15])
    told = done(Summary(held(pd.DataFrame({"p": numbers.view(kind)})), slice(None))).columns[0]
    assert (told["nulls"], told["distinct"]) == (0, 3)
    assert told["bins"] == np.histogram(numbers, bins=20)[0].tolist()
    assert told["low"] != told["high"]


# --- changes ---------------------------------------------------------------------------------------------------------

CELL = st.integers(0, 2) | st.none()
ROW = st.tuples(st.integers(0, 6), CELL, CELL)


def listing(changes: TableDiff) -> list[tuple[int, int, int]]:
    """Status, row before and row after of each place."""
    places = changes.page(0, 10**6, changed_only=False)
    before, after = changes.sides(places)
    return [(int(s), int(a), int(b)) for s, a, b in zip(changes.status, before, after, strict=True)]


def expected(old: list[Any], new: list[Any], keys: tuple[list[Any], list[Any]]) -> list[tuple[int, int, int]]:
    """What changed, row by row: the later rows in order, each removed row behind the one it stood behind."""

    def numbered(own: list[Any]) -> list[tuple[Any, int]]:
        return [(key, own[:n].count(key)) for n, key in enumerate(own)]

    first, second = numbered(keys[0]), numbered(keys[1])
    rows: list[tuple[int, int, int]] = []

    def gone_behind(place: int) -> None:
        anchor = -1
        for n, key in enumerate(first):
            if key in second:
                anchor = second.index(key)
            elif anchor == place:
                rows.append((REMOVED, n, -1))

    gone_behind(-1)
    for n, key in enumerate(second):
        if key in first:
            m = first.index(key)
            rows.append((SAME if old[m] == new[n] else CHANGED, m, n))
        else:
            rows.append((ADDED, -1, n))
        gone_behind(n)
    return rows


def of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """A frame of keys and two cells."""
    keys, ones, twos = ([row[n] for row in rows] for n in range(3))
    return pd.DataFrame({"k": pd.array(keys, dtype="int64"), "a": pd.array(ones, dtype="Int64"), "b": pd.array(twos, dtype="float64")})


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=9), st.lists(ROW, max_size=9))
def test_any_two_frames_are_compared_as_plain_python_would(old: list[tuple[Any, ...]], new: list[tuple[Any, ...]]) -> None:
    """By a stored index, by a column, and by place; keys may come twice."""
    first, second = of(old), of(new)
    by_column = done(TableDiff(held(first), held(second), ["k"]))
    assert listing(by_column) == expected(old, new, ([r[0] for r in old], [r[0] for r in new]))
    by_index = done(TableDiff(held(first.set_index("k")), held(second.set_index("k"))))
    assert listing(by_index) == listing(by_column)
    by_place = done(TableDiff(held(first), held(second)))
    assert listing(by_place) == expected(old, new, (list(range(len(old))), list(range(len(new)))))
    for changes in (by_column, by_place):
        tally = changes.tally
        assert tally["same"] + tally["changed"] + tally["added"] == len(new)
        assert tally["same"] + tally["changed"] + tally["removed"] == len(old)
        assert (
            changes.count(changed_only=True)
            == len(changes.page(0, 100, changed_only=True))
            == tally["added"] + tally["removed"] + tally["changed"]
        )


def test_missing_is_the_same_as_missing_and_other_than_anything_else() -> None:
    """NaN, NA and NaT; an empty text is not missing."""
    frame = pd.DataFrame(
        {"p": [np.nan, 1.0], "n": pd.array([None, 1], dtype="Int64"), "t": ["", None], "m": pd.to_datetime([None, "2024"])}
    )
    assert done(TableDiff(held(frame), held(frame))).tally["cells"] == 0
    other = frame.copy()
    other.loc[0] = [0.0, 0, None, pd.Timestamp("2024")]
    assert done(TableDiff(held(frame), held(other))).tally["cells"] == 4


def test_missing_is_the_same_as_missing_inside_of_a_value_too() -> None:
    """NaN in a record or in a list is no change; another number there is one."""
    nan = math.nan
    old = held(pd.DataFrame({"v": [{"a": nan, "b": None}, {"a": nan, "b": 1.0}], "w": [[nan, 1.0], [nan]]}))
    assert len(diff_frame(TableDiff(old, old))) == 0
    new = held(pd.DataFrame({"v": [{"a": nan, "b": None}, {"a": nan, "b": 2.0}], "w": [[nan, 1.0], [2.0]]}))
    assert diff_frame(TableDiff(old, new)).index.tolist() == [1, 1]


def test_columns_that_come_go_or_have_another_dtype() -> None:
    """New and gone ones are named and not compared; numbers of another dtype are compared as numbers, others as they are."""
    old = pd.DataFrame({"n": [1, 2], "c": pd.Categorical(["x", "y"]), "gone": 0, "odd": ["1", "2"]})
    new = pd.DataFrame({"new": 1, "odd": [1, 2], "n": [1.0, 2.5], "c": ["x", "z"]})
    changes = done(TableDiff(held(old), held(new)))
    assert (changes.added, changes.removed) == ([0], [2])
    told = diff_frame(changes)
    assert told[["column", "before", "after"]].to_numpy().tolist() == [["odd", "1", 1], ["odd", "2", 2], ["n", 2, 2.5], ["c", "y", "z"]]
    assert told.index.tolist() == [0, 1, 1, 1]


def test_rows_are_not_matched_by_an_index_of_other_levels_or_a_column_that_is_not_there() -> None:
    """Both are said."""
    two = pd.DataFrame({"n": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)]))
    with pytest.raises(InvalidArgument, match="1 levels before and 2 after"):
        TableDiff(held(pd.DataFrame({"n": [1]}, index=["a"])), held(two))
    with pytest.raises(InvalidArgument, match="no column of both"):
        TableDiff(held(two), held(two.assign(m=1)), ["m"])


def test_long_frames_are_compared_in_slices(tmp_path: Path) -> None:
    """A block at a time where rows stand at the same places."""
    old = pd.DataFrame({"p": np.zeros(200_000)})
    new = old.copy()
    new.loc[[5, 199_999], "p"] = 1
    changes = TableDiff(grouped(old, tmp_path / "a", 50_000), grouped(new, tmp_path / "b", 50_000))
    assert not changes.run_for(0)
    assert changes.tally["changed"] == 1
    done(changes)
    assert changes.page(0, 9, changed_only=True).tolist() == [5, 199_999]


def test_a_run_says_what_changed_between_two_of_its_steps(root: Path) -> None:
    """By the index and by a column; an unknown step, key or name is an error that lists what is near."""
    with tracking.init(root=root, track_code=False, track_env=False, track_logs=False) as run:
        run.log_dataframe(pd.DataFrame({"id": ["a", "b", "c"], "score": [1.0, 2.0, None]}), "scores", step=1)
        run.log_dataframe(pd.DataFrame({"id": ["a", "c", "d"], "score": [1.0, 3.0, 4.0]}), "scores", step=2, content_type="csv")
        run.log_metric("loss", 1, step=1)
    view = tracking.open_run(run)
    told = view.diff("scores", 1, 2, key="id")
    assert list(told.columns) == ["change", "column", "before", "after"]
    assert told.index.tolist() == ["b", "c", "d"]
    assert told["change"].tolist() == ["removed", "changed", "added"]
    assert told.loc["c", "after"] == 3
    assert len(view.diff("scores", 1, 1)) == 0
    assert view.diff("scores", 2, 1, key=["id", "score"])["change"].value_counts().to_dict() == {"added": 2, "removed": 2}
    with pytest.raises(NotFound, match="near: 1, 2"):
        view.diff("scores", 1, 3)
    with pytest.raises(InvalidArgument, match="score"):
        view.diff("scores", 1, 2, key="scored")
    with pytest.raises(NotFound):
        view.diff("loss", 1, 2)
