"""Stored dataframes by windows: what comes back is what was logged, and no more of a file is read than is needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pytest
from pyarrow import parquet

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, MalformedEvent, MissingFile, OutsideRun
from jupyter_tracking.kinds import dataframe as kind
from jupyter_tracking.kinds.arrow.table import to_arrow
from jupyter_tracking.views.table import stored_table as tables
from jupyter_tracking.views.table.stored_table import InMemoryTable, ParquetTable, StoredTable, open_table

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.run_view import RunView

ROWS = 1_000


def zoo(rows: int = ROWS) -> pd.DataFrame:
    """A column of every dtype that parquet keeps."""
    generator = np.random.default_rng(0)
    numbers = generator.random(rows)
    return pd.DataFrame(
        {
            "int": np.arange(rows) * 2,
            "large": np.arange(rows, dtype="int64") + 2**60,
            "unsigned": np.arange(rows, dtype="uint64") + np.uint64(2**63),
            "float": np.where(numbers > 0.9, np.nan, numbers),
            "single": numbers.astype("float32"),
            "nullable": pd.array([None if n % 7 == 0 else n for n in range(rows)], dtype="Int64"),
            "flag": numbers > 0.5,
            "maybe": pd.array([None if n % 5 == 0 else n % 2 == 0 for n in range(rows)], dtype="boolean"),
            "text": pd.Series(["" if n % 3 == 0 else None if n % 3 == 1 else f"損失 {n}" for n in range(rows)]),
            "category": pd.Categorical(generator.choice(["x", "y", "z"], rows), categories=["z", "y", "x"], ordered=True),
            "moment": pd.date_range("2024-01-01", periods=rows, freq="h", tz="Europe/Berlin"),
            "span": pd.to_timedelta(np.arange(rows), unit="s"),
            "bytes": [b"\x00" * (n % 3) for n in range(rows)],
        }
    )


INDEXES = {
    "counted": None,
    "counted by threes": pd.RangeIndex(10, 10 + 3 * ROWS, 3, name="nth"),
    "numbers": pd.Index(np.arange(ROWS)[::-1], name="k"),
    "texts twice": pd.Index([f"r{n // 2}" for n in range(ROWS)]),
    "moments": pd.date_range("2024", periods=ROWS, freq="min"),
    "two levels": pd.MultiIndex.from_arrays([[n // 10 for n in range(ROWS)], [f"{n % 10}" for n in range(ROWS)]], names=["u", None]),
}
COLUMNS = {"words": None, "numbers": range(13), "twice": ["a", "b"] * 6 + ["c"], "two levels": [("a", n) for n in range(13)]}


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many row groups in a small file."""
    monkeypatch.setattr(kind, "_GROUP", 300)


def stored(frame: pd.DataFrame, content: str, root: Path) -> tuple[RunView, StoredTable]:
    """Log a frame, and open what was stored."""
    with tracking.init(root=root, track_code=False, track_env=False, track_logs=False) as run:
        run.log_dataframe(frame, "frame", content_type=content, step=1)
    view = tracking.open_run(run)
    artifact = view.files.find("frame")
    return view, open_table(view.files, view.files.payload(artifact, view.files.rows(artifact)[0]))


def shaped(index: str, columns: str) -> pd.DataFrame:
    """The zoo with another index and other columns."""
    frame = zoo()
    if INDEXES[index] is not None:
        frame.index = INDEXES[index]
    if COLUMNS[columns] is not None:
        frame.columns = pd.Index(COLUMNS[columns]) if columns != "two levels" else pd.MultiIndex.from_tuples(COLUMNS[columns])
    return frame


@pytest.mark.parametrize("content", ["parquet", "feather"])
@pytest.mark.parametrize(
    ("index", "columns"), [*((i, "words") for i in INDEXES), *(("counted", c) for c in COLUMNS), ("two levels", "twice")]
)
def test_a_window_is_the_same_rows_of_what_was_logged(root: Path, index: str, columns: str, content: str) -> None:
    """Values, dtypes, index, labels and nulls; within a row group, over their edges, and of some columns only."""
    frame = shaped(index, columns)
    _, table = stored(frame, content, root)
    assert table.count == ROWS
    for start, stop in ((0, 5), (299, 302), (250, 950), (999, 1000), (990, 2000), (1000, 1005)):
        window, expected = table.window(start, stop), frame.iloc[start:stop]
        # What pandas 2 infers of no values is what it has inferred of others before.
        pd.testing.assert_frame_equal(window, expected, check_freq=False, check_index_type="equiv" if len(expected) else False)
        assert window.index.to_frame().dtypes.tolist() == expected.index.to_frame().dtypes.tolist()
    pd.testing.assert_frame_equal(table.window(10, 20, slice(3, 7)), frame.iloc[10:20, 3:7], check_freq=False)


@pytest.mark.parametrize("content", ["parquet", "feather"])
@pytest.mark.parametrize("index", list(INDEXES))
def test_rows_are_taken_in_any_order(root: Path, index: str, content: str) -> None:
    """From several row groups, forwards and backwards, the same row twice, and none."""
    frame = shaped(index, "words")
    _, table = stored(frame, content, root)
    for rows in ([999, 0, 300, 299, 7, 7], [5], []):
        taken = table.take(np.array(rows, dtype=np.int64))
        pd.testing.assert_frame_equal(taken, frame.iloc[rows], check_freq=False, check_index_type=False)


def test_a_window_has_the_dtype_of_the_whole_column(tmp_path: Path) -> None:
    """Another's integers with a null far away are floats, as they are when all is loaded."""
    path = tmp_path / "foreign.parquet"
    numbers = pa.array([1] * 500 + [None], pa.int64())
    parquet.write_table(pa.table({"n": numbers, "b": pa.array([True] * 500 + [None])}), path, row_group_size=100)
    table = ParquetTable(lambda: os.open(path, os.O_RDONLY))
    whole = parquet.read_table(path).to_pandas()
    pd.testing.assert_frame_equal(table.window(0, 5), whole.iloc[:5])
    pd.testing.assert_frame_equal(table.take(np.array([450, 3])), whole.iloc[[450, 3]])


def test_a_frame_without_columns_or_rows_has_windows_too(root: Path) -> None:
    """What there is of it: the index, the columns."""
    for frame in (pd.DataFrame(index=pd.RangeIndex(5)), pd.DataFrame(), zoo(0)):
        view, table = stored(frame, "parquet", root)
        pd.testing.assert_frame_equal(table.window(0, 10), view.load("frame"))
        pd.testing.assert_frame_equal(table.take(np.array([], dtype=np.int64)), view.load("frame").iloc[:0])


class Counting:
    """A file that counts what is read of it."""

    def __init__(self, raw: Any, counted: list[int]) -> None:
        self._raw, self._counted = raw, counted

    def read(self, size: int = -1) -> bytes:
        """Read, and count."""
        data: bytes = self._raw.read(size)
        self._counted.append(len(data))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def test_a_page_reads_little_of_a_large_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The footer and the pages of one row group; of the asked columns only."""
    rows = 300_000
    generator = np.random.default_rng(0)
    monkeypatch.setattr(kind, "_GROUP", 65_536)
    view, _ = stored(pd.DataFrame({f"c{n}": generator.random(rows) for n in range(8)}), "parquet", root)
    path = next((view.path / "assets" / "dataframe").iterdir())
    read: list[int] = []
    monkeypatch.setattr(tables.pa, "PythonFile", lambda raw, mode, real=pa.PythonFile: real(Counting(raw, read), mode=mode))
    table = ParquetTable(lambda: os.open(path, os.O_RDONLY))
    footer = sum(read)
    table.window(0, 60)
    assert 0 < sum(read) - footer < path.stat().st_size / 10
    before = sum(read)
    table.window(rows - 10, rows, slice(2, 3))
    assert sum(read) - before < path.stat().st_size / 8 / 3


def test_no_descriptor_stays_open(root: Path) -> None:
    """However many windows and pieces were read, and some only begun."""
    _, table = stored(zoo(), "parquet", root)
    before = psutil.Process().num_fds()
    for start in range(0, 900, 10):
        table.window(start, start + 5)
        table.take(np.array([start, 999 - start]))
        next(iter(table.iter_batches(["int"])))
    assert psutil.Process().num_fds() == before


@pytest.mark.parametrize(
    ("path", "error"),
    [("../outside.parquet", OutsideRun), ("assets/link.parquet", OutsideRun), ("assets/none.parquet", MissingFile), ("", MalformedEvent)],
)
@pytest.mark.parametrize("content", ["parquet", "csv"])
def test_only_files_of_the_run_are_opened(root: Path, path: str, error: type[Exception], content: str) -> None:
    """A path that leads out, also by a link, one that is not there, and none at all."""
    view, _ = stored(zoo(3), "parquet", root)
    (view.path.parent / "outside.parquet").write_bytes(b"PAR1")
    (view.path / "assets" / "link.parquet").symlink_to(view.path.parent / "outside.parquet")
    with pytest.raises(error):
        open_table(view.files, {"path": path, "content_type": content})


@pytest.mark.parametrize("content", ["parquet", "feather", "csv"])
def test_a_damaged_file_is_said_in_words(root: Path, content: str) -> None:
    """Not what it says it is, or empty; one that is not what was logged, even if it can be read."""
    view, _ = stored(zoo(3), content, root)
    path = next((view.path / "assets" / "dataframe").iterdir())
    payload = {"path": path.relative_to(view.path).as_posix(), "content_type": content}
    good = path.read_bytes()
    path.write_bytes(good + b"x")
    with pytest.raises(MalformedEvent, match="when it was logged"):
        open_table(view.files, payload)
    odd = view.path / "assets" / "odd"
    for data in (b"", b"\x00" * 100, good[:-20]) if content != "csv" else (b"",):
        odd.write_bytes(data)
        with pytest.raises(MalformedEvent, match=f"no readable {content}"):
            open_table(view.files, {**payload, "path": "assets/odd"})


@pytest.mark.filterwarnings("ignore:Mismatched null-like values:FutureWarning")  # pandas 2 has None or NaN among texts, 3 has one of them
@pytest.mark.parametrize(("encoding", "noted"), [("utf-8", False), ("utf-8-sig", False), ("utf-16", True), ("latin-1", True)])
def test_a_csv_file_of_any_encoding_is_read(root: Path, encoding: str, noted: bool) -> None:
    """By `load` and by the view alike; the view says when it is not UTF-8."""
    view, _ = stored(pd.DataFrame({"word": ["x"]}), "csv", root)
    data = ",word,n\n0,größe,1\n1,,2\n".encode(encoding)
    (view.path / "assets" / "foreign").write_bytes(data)
    table = open_table(view.files, {"path": "assets/foreign", "content_type": "csv"})
    assert table.window(0, 1)["word"].tolist() == ["größe"]
    pd.testing.assert_frame_equal(table.window(0, 9), kind.read_csv(data), check_index_type=False)
    assert ("read as" in table.note) == noted


def test_a_column_of_texts_and_numbers_is_shown(root: Path) -> None:
    """What Arrow has no type for is not a reason to show nothing."""
    frame = pd.DataFrame({"mixed": pd.Series([1, "a", None, 2.5], dtype=object)})
    table = InMemoryTable(to_arrow(frame))
    assert list(table.window(0, 3)["mixed"][:2]) == [1, "a"]
    assert table.read(0, 3, ["mixed"]).column(0).to_pylist() == ["1", "a", None]
    assert table.window(0, 3)["mixed"].isna().tolist() == [False, False, True]


def test_html_is_read_as_the_texts_of_its_first_table(root: Path) -> None:
    """Markup in cells is text, nothing is guessed, and a second table is not mixed in."""
    frame = pd.DataFrame({"<b>x</b>": ["<script>1</script>", "007"], "y": [1.5, None]})
    view, table = stored(frame, "html", root)
    shown = table.window(0, 5)
    assert shown.to_numpy().tolist() == [["<script>1</script>", "1.5"], ["007", "NaN"]]
    assert list(shown.columns) == ["<b>x</b>", "y"]
    (view.path / "assets" / "foreign").write_text("<p>no table</p>")
    assert open_table(view.files, {"path": "assets/foreign", "content_type": "html"}).count == 0


def test_a_pickle_is_not_opened(root: Path) -> None:
    """Nor is what says nothing of what it is."""
    view, _ = stored(zoo(3), "parquet", root)
    for payload in ({"path": "a.pkl", "content_type": "pickle"}, {"path": "a.pkl"}, {"path": "a"}):
        with pytest.raises(InvalidArgument, match="not opened by itself"):
            open_table(view.files, payload)
