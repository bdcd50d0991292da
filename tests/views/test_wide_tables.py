"""Dataframes of many columns: a page, a search, a summary and a comparison look at each cell once, and at no more columns than they show."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import parquet

import jupyter_tracking as tracking
from jupyter_tracking.errors import TooLarge
from jupyter_tracking.kinds.arrow import parquet_pages
from jupyter_tracking.kinds.arrow.table import to_arrow
from jupyter_tracking.views.table import dataframe_diff, differing, stored_table
from jupyter_tracking.views.table.dataframe_diff import TableDiff
from jupyter_tracking.views.table.diff_frame import diff_frame
from jupyter_tracking.views.table.sort_filter import SortFilter
from jupyter_tracking.views.table.stored_table import ParquetTable, StoredTable
from jupyter_tracking.views.table.summary import Summary
from tests.views.test_stepper import Page

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.run_view import RunView

ALL = float("inf")
ROWS = 20


def wide(columns: int, rows: int = ROWS) -> pd.DataFrame:
    """Numbers, each another."""
    return pd.DataFrame(np.arange(rows * columns, dtype=float).reshape(rows, columns), columns=[f"c{n}" for n in range(columns)])


def stored(frame: pd.DataFrame, path: Path, **how: Any) -> ParquetTable:
    """A parquet file of a frame."""
    parquet.write_table(to_arrow(frame), path, **how)
    return ParquetTable(lambda: os.open(path, os.O_RDONLY))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many rows and columns each reading of a parquet file returned."""
    found: list[tuple[int, int]] = []
    table_of = ParquetTable._table

    def counting(table: ParquetTable, batches: list[pa.RecordBatch], names: list[str]) -> pa.Table:
        found.extend((batch.num_rows, batch.num_columns) for batch in batches)
        return table_of(table, batches, names)

    monkeypatch.setattr(ParquetTable, "_table", counting)
    return found


def logged(root: Path, columns: int) -> RunView:
    """A run with two steps of a frame in which every cell changed."""
    one = wide(columns)
    with tracking.init(root=root, track_code=False, track_env=False, track_logs=False) as run:
        run.log_dataframe(one, "wide", step=1)
        run.log_dataframe(one + 1, "wide", step=2)
    return tracking.open_run(run)


# --- changes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [100, 800, 3_000])
def test_each_cell_is_read_and_compared_once(
    root: Path, read: list[tuple[int, int]], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of both steps, whatever the width; Arrow is asked as often for 2,000 columns as for one."""
    compared: list[int] = []
    monkeypatch.setattr(differing.pc, "equal", lambda one, two, real=pc.equal: compared.append(len(one)) or real(one, two))
    changes = logged(root, columns).diff("wide", 1, 2)
    assert sum(rows * width for rows, width in read) == 2 * ROWS * columns
    assert sum(compared) == ROWS * columns
    assert len(compared) == -(-columns // 2_000)
    assert len(changes) == ROWS * columns
    assert changes["change"].eq("changed").all()
    assert (changes["after"].astype(float) - changes["before"].astype(float)).eq(1).all()
    assert changes["column"].iloc[:columns].tolist() == [f"c{n}" for n in range(columns)]
    assert changes.index.tolist() == np.repeat(np.arange(ROWS), columns).tolist()


def test_a_file_is_opened_as_often_for_many_columns_as_for_few(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of a table of many columns takes longer to make than a page to read: there is one of each file."""
    made: list[object] = []
    real = parquet.ParquetFile
    monkeypatch.setattr(parquet, "ParquetFile", lambda *args, **how: made.append(1) or real(*args, **how))
    few, many = logged(root, 5), logged(root, 900)
    counts = []
    for view in (few, many):
        made.clear()
        view.diff("wide", 1, 2)
        counts.append(len(made))
    assert counts == [2, 2]


def test_columns_that_are_too_large_together_are_compared_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that is too large by itself is told."""
    old, new = stored(wide(40), tmp_path / "a"), stored(wide(40) + 1, tmp_path / "b")
    whole = diff_frame(TableDiff(old, new))
    real = StoredTable._checked

    def checked(table: StoredTable, part: pa.Table) -> pa.Table:
        if part.num_columns > most:
            raise TooLarge("too many")
        return real(table, part)

    monkeypatch.setattr(StoredTable, "_checked", checked)
    most = 3
    pd.testing.assert_frame_equal(diff_frame(TableDiff(old, new)), whole)
    most = 0
    with pytest.raises(TooLarge):
        diff_frame(TableDiff(old, new))


MIXED = pd.DataFrame(
    {
        "n": [1, 2, 3, 4],
        "m": [1, 2, 3, 5],
        "p": [0.5, np.nan, 1.0, np.inf],
        "q": [0.5, 2.0, np.nan, 1.0],
        "flag": [True, False, True, True],
        "word": ["a", None, "", "b"],
        "sort": pd.Categorical(["x", "y", None, "x"], categories=["y", "x"], ordered=True),
        "when": pd.to_datetime(["2024", None, "2025", "2026"]),
        "zoned": pd.date_range("2024", periods=4, tz="Europe/Berlin"),
        "whole": pd.array([1, None, 3, 4], dtype="Int64"),
        "list": [[1], [1, 2], None, []],
        "any": [1, "a", (1, 2), None],
    }
)


@pytest.mark.parametrize("cells", [1, 8, 1 << 22])
@pytest.mark.parametrize("labels", ["words", "twice", "two levels"])
def test_columns_of_any_dtype_are_compared_in_blocks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int, labels: str
) -> None:
    """Each value is the one that was logged, under its own label, also where labels come twice or columns have moved."""
    monkeypatch.setattr(dataframe_diff, "_CELLS", cells)
    new = MIXED.iloc[[0, 2, 1, 3]].reset_index(drop=True)
    if labels == "two levels":
        for frame in (old := MIXED.copy(), new):
            frame.columns = pd.MultiIndex.from_product([["u", "v"], range(6)])
    elif labels == "twice":
        for frame in (old := MIXED.copy(), new):
            frame.columns = ["same", "other"] * 6
    else:
        old, new = MIXED, new[MIXED.columns[::-1]]
    told = diff_frame(TableDiff(stored(old, tmp_path / "a"), stored(new, tmp_path / "b")))
    assert told.index.tolist() == [1] * 12 + [2] * 12
    assert told["column"].tolist() == list(new.columns) * 2
    if labels == "words":
        for row, column, before, after in zip(told.index, told["column"], told["before"], told["after"], strict=True):
            assert repr(before) == repr(list(MIXED[column])[row])
            assert repr(after) == repr(list(MIXED[column])[3 - row])


# --- a page, a search, a summary ----------------------------------------------------------------------------------------


def test_a_page_reads_the_columns_it_shows(tmp_path: Path, read: list[tuple[int, int]]) -> None:
    """And what it says of the others is nothing: the metadata of 100 columns go with it."""
    table = stored(wide(2_000), tmp_path / "f")
    window = table.window(0, 10, slice(1_900, 2_000))
    pd.testing.assert_frame_equal(window, wide(2_000).iloc[:10, 1_900:2_000])
    assert read == [(10, 100)]
    part = table.read(0, 10, table.names[:100])
    assert len(part.schema.metadata[b"pandas"]) < 20_000


def test_a_search_looks_at_each_cell_once(tmp_path: Path, read: list[tuple[int, int]]) -> None:
    """In blocks of columns, over several row groups; in the rows where it is found in any of them."""
    frame = wide(5_000).astype({"c7": str, "c4999": bool})
    frame.loc[3, "c7"] = "needle"
    table = stored(frame, tmp_path / "f", row_group_size=8)
    numbers = [[str(row * 5_000 + column) for column in range(4_999) if column != 7] for row in range(ROWS)]
    for text in ("needle", "99998", "5001", "nothing"):
        wanted = (
            [row for row, cells in enumerate(numbers) if any(text in cell for cell in cells)]
            if text[0].isdigit()
            else [3][: text == "needle"]
        )
        read.clear()
        search = SortFilter(table, text=text)
        search.run_for(ALL)
        assert search.page(0, ROWS).tolist() == wanted
        cells = sum(rows * columns for rows, columns in read)
        assert cells == ROWS * (1 if text in {"needle", "nothing"} else 4_999)
        assert max((columns for _, columns in read), default=0) <= 2_000


def test_a_search_can_be_suspended_between_two_blocks(tmp_path: Path) -> None:
    """The kernel answers others meanwhile; a row is listed once all of its columns were looked at."""
    search = SortFilter(stored(wide(5_000), tmp_path / "f"), text="9")
    assert not search.run_for(0)
    assert search.count == 0
    search.run_for(ALL)
    assert search.count == ROWS


def test_a_comparison_can_be_suspended_between_two_blocks(tmp_path: Path) -> None:
    """After the first 2,000 columns it says how far it is."""
    changes = TableDiff(stored(wide(5_000), tmp_path / "a"), stored(wide(5_000) + 1, tmp_path / "b"))
    assert not changes.run_for(0)
    assert 0 < changes.seen < ROWS
    assert changes.tally["cells"] == 2_000 * ROWS
    changes.run_for(ALL)
    assert (changes.seen, changes.tally["cells"]) == (ROWS, 5_000 * ROWS)


def test_a_summary_reads_the_columns_it_is_asked_for(tmp_path: Path, read: list[tuple[int, int]]) -> None:
    """Those in view, of however many."""
    summary = Summary(stored(wide(2_000), tmp_path / "f"), slice(1_900, 1_910))
    summary.run_for(ALL)
    assert sorted(summary.columns) == [-1, *range(1_900, 1_910)]
    assert sum(rows * columns for rows, columns in read) == ROWS * 10


# --- what goes to the page -----------------------------------------------------------------------------------------------


def test_twenty_thousand_columns_are_logged_opened_paged_sorted_searched_summarised_compared_and_saved(root: Path, tmp_path: Path) -> None:
    """An answer is as large as what it shows: its head has 100 columns, whatever was asked."""
    columns = 20_000
    view = logged(root, columns)
    pd.testing.assert_frame_equal(view.load("wide", step=1), wide(columns))
    assert len(view.diff("wide", 1, 2)) == ROWS * columns
    shown = view.show("wide")
    page = Page(shown, pytest.MonkeyPatch())

    def ask(**query: Any) -> tuple[dict[str, Any], int]:
        while True:
            ((content, buffers),) = page.ask({"id": "a", "query": query, "panel": 0, "number": 1})
            if content["head"].get("done"):
                return content["head"], len(str(content)) + sum(len(bytes(part)) for part in buffers)

    for query in (
        {"rows": [0, 200]},
        {"rows": [0, 200], "columns": 19_900},
        {"rows": [0, 60], "sort": [19_999, 1], "columns": 19_900},
        {"rows": [0, 60], "text": "399", "columns": 10_000},
        {"rows": [0, 60], "since": 0, "only": True},
        {"rows": [0, 60], "since": 0, "only": True, "columns": 19_900},
        {"summary": True, "columns": 19_900},
    ):
        head, size = ask(**query)
        assert "error" not in head
        assert len(head.get("fields", [])) <= 101
        assert len(head.get("cells", {})) <= 100
        assert size < 150_000
    changed, _ = ask(rows=[0, 60], since=0, only=True, columns=19_900)
    assert changed["tally"]["cells"] == ROWS * columns
    assert [changed["fields"][-1]["name"], changed["cells"]["19999"]] == ["c19999", ROWS]
    shown.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 1_000_000


def test_a_file_is_closed_between_two_readings(tmp_path: Path) -> None:
    """Also one that is read by several at a time, and one that was only begun."""
    path = tmp_path / "f"
    parquet.write_table(to_arrow(wide(3)), path, row_group_size=5)
    opened: list[int] = []
    table = ParquetTable(lambda: opened.append(fd := os.open(path, os.O_RDONLY)) or fd)

    def are_closed() -> bool:
        return not any(os.path.exists(f"/proc/self/fd/{fd}") and os.readlink(f"/proc/self/fd/{fd}") == str(path) for fd in opened)

    assert are_closed()
    first, second = (table.iter_batches(["c1"]) for _ in range(2))
    next(first)
    next(second)
    assert not are_closed()
    pd.testing.assert_frame_equal(table.window(0, 3), wide(3).iloc[:3])
    first.close()
    assert sum(piece.num_rows for _, piece in second) == ROWS - 5
    assert are_closed()


# --- budgets --------------------------------------------------------------------------------------------------------------


def test_names_of_a_hundred_letters_are_within_the_budgets(root: Path) -> None:
    """What is said of 20,000 such columns is larger than their description may be, and is kept as it is."""
    frame = wide(20_000, 2)
    frame.columns = [name.ljust(100, "x") for name in frame.columns]
    with tracking.init(root=root, track_code=False, track_env=False, track_logs=False) as run:
        run.log_dataframe(frame, "wide", step=1)
    view = tracking.open_run(run)
    pd.testing.assert_frame_equal(view.load("wide"), frame)
    assert len(view.diff("wide", 1, 1)) == 0


@pytest.mark.parametrize(
    ("budget", "most", "words"),
    [
        ("MOST_FOOTER_BYTES", 20_000, "the description of its columns has"),
        ("MOST_METADATA_BYTES", 20_000, "the description of its columns has"),
        ("MOST_SAID_BYTES", 20_000, "what is said of its columns has"),
    ],
)
def test_more_than_the_budgets_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, budget: str, most: int, words: str) -> None:
    """The description of the columns, what others say of them, and what of that is JSON each have their own."""
    frame = wide(300)
    monkeypatch.setattr(parquet_pages, "MOST_FOOTER_BYTES", 80_000)
    footer = stored(frame, tmp_path / "f")._footer.serialized_size
    assert footer > 80_000
    monkeypatch.setattr(parquet_pages, budget, most)
    with pytest.raises(TooLarge, match=words):
        stored(frame, tmp_path / "f")


# --- what is read together ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [1, 5, 100])
def test_columns_of_any_dtype_are_the_same_however_many_are_read_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    """Rows of one row group and of several, the first ones and the last."""
    monkeypatch.setattr(stored_table, "_TOGETHER", together)
    for size in (1, 3, 4):
        table = stored(MIXED, tmp_path / f"{size}", row_group_size=size)
        for start, stop in ((0, 4), (1, 3), (3, 9), (2, 2)):
            pd.testing.assert_frame_equal(table.window(start, stop), MIXED.iloc[start:stop])


@pytest.mark.parametrize("how", [{}, {"use_dictionary": False, "write_statistics": False}, {"data_page_version": "2.0"}])
@pytest.mark.parametrize("rows", [20, 5_000])
def test_pages_are_the_same_whichever_way_their_headers_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], rows: int
) -> None:
    """The most common headers are one pattern; field by field, they say the same."""

    def pages() -> list[list[Any]]:
        file = stored(wide(30, rows), tmp_path / "f", **how)._file
        file.check([0], file.schema.names, rows)
        return [chunk.pages for chunk in file._chunks.values()]

    quickly = pages()
    matched: list[object] = []
    monkeypatch.setattr(parquet_pages, "_PLAIN_HEADER", SimpleNamespace(match=matched.append))
    assert pages() == quickly
    assert len(matched) == sum(map(len, quickly))


@pytest.mark.parametrize(
    "how", [{}, {"use_dictionary": False, "write_statistics": False}, {"write_statistics": False}, {"row_group_size": 3}]
)
def test_column_chunks_are_the_same_whichever_way_the_footer_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    """Most chunks are one pattern, whatever their names; field by field, they say the same."""
    names = ["", ".", "a..b", "é", "n" * 127, "n" * 128, "\x15\x02\x16\x28\x16\x02\x16\x02\x26\x08\x49\x0c\x00\x00", "z\x15\x00" * 40]
    odd = pd.DataFrame({name: [number, None, 2.5, 4.0] for number, name in enumerate(names)})
    fields = [
        getattr(parquet_pages, f"_{name}") for name in ("CHUNK_VALUES", "CHUNK_SIZE", "DATA_OFFSET", "DICTIONARY_OFFSET", "STATISTICS")
    ]

    def chunks() -> list[list[list[Any]]]:
        files = [stored(frame, tmp_path / "f", **how)._file for frame in (wide(30, 20), MIXED, odd)]
        return [[[chunk.get(field) for field in fields] for chunk in group] for file in files for group in file._located]

    quickly = chunks()
    matched: list[object] = []
    monkeypatch.setattr(parquet_pages, "_PLAIN_CHUNK", SimpleNamespace(match=lambda *place: matched.append(place)))
    assert chunks() == quickly
    assert len(matched) == sum(map(len, quickly))
