"""Files cut at any byte: exactly the rows whose newline was written are rows, and what follows goes on from there."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.format import event_rows
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.event_file import EventFile
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.store import Store
from tests.compat.every_kind import log_every_kind
from tests.reliability.script import readable

if TYPE_CHECKING:
    from pathlib import Path

UUID = "0" * 32
SEED = 2
EVERY = pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["some", "every byte"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with every kind."""
    folder = tmp_path_factory.mktemp("torn")
    run = Run(folder / "runs" / UUID)
    log_every_kind(run, folder / "sources")
    run.end()
    return run.path


def cuts(size: int, every: bool) -> list[int]:
    """Where to cut a file: at every byte; else at each of its first and last, and at some between."""
    if every or size <= 150:
        return list(range(size + 1))
    choice = random.Random(SEED)
    return sorted({*range(40), *range(size - 40, size + 1), *(choice.randrange(size) for _ in range(30))})


def rows_of(data: bytes, kind: str, path: Path, *, ours: bool = True) -> tuple[list[Any], list[Any]]:
    """What the reader makes of a file: (step, moment, payload) of the rows, and the problems."""
    path.write_bytes(data)
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=ours)
    events = file.rows()
    return [(e.step, e.timestamp, p) for e, p in zip(events, file.payloads(), strict=True)], list(file.problems())


def event_files(run: Path) -> list[Path]:
    """Every event file, the smallest first."""
    return sorted((run / "events").rglob("*.plx"), key=lambda path: path.stat().st_size)


@EVERY
def test_a_cut_file_has_the_rows_whose_newline_is_there(whole: Path, memory: Path, every: bool) -> None:
    """Every kind of event file, cut at each byte: the rows before the cut, no other value, no exception, no problem."""
    looked_at = 0
    for path in event_files(whole):
        kind, data = path.parent.name, path.read_bytes()
        expected, problems = rows_of(data, kind, memory / "cut.plx")
        assert expected
        assert not problems
        ends = [at + 1 for at, byte in enumerate(data) if byte == 10][0 if kind in event_rows.JSONL_KINDS else 1 :]
        assert len(ends) == len(expected)
        for cut in cuts(len(data), every):
            rows, problems = rows_of(data[:cut], kind, memory / "cut.plx")
            assert repr(rows) == repr(expected[: sum(end <= cut for end in ends)]), (path.name, cut)
            assert not problems, (path.name, cut)
            looked_at += 1
    assert looked_at > 2000


@EVERY
def test_a_row_of_polyaxon_without_its_newline_is_read_if_it_is_whole(whole: Path, memory: Path, every: bool) -> None:
    """In Polyaxon's files the last row is bare: cut anywhere, whole rows are read, a torn one is told, and nothing raises."""
    for path in event_files(whole):
        kind, data = path.parent.name, path.read_bytes()
        expected, _ = rows_of(data, kind, memory / "cut.plx")
        if kind == "metric":
            continue  # a number cut short is a number: there no reader can know
        for cut in cuts(len(data), every):
            rows, problems = rows_of(data[:cut], kind, memory / "cut.plx", ours=False)
            assert repr(rows) == repr(expected[: len(rows)])
            assert len(problems) <= 1
            if problems:
                assert not data[:cut].endswith(b"\n")


@EVERY
def test_what_is_logged_after_a_cut_follows_the_last_whole_row(whole: Path, memory: Path, every: bool) -> None:
    """Gone on with after a cut at each byte: the torn row goes, the next row follows, no value that was never logged appears."""
    store = Store(memory / "run")
    for path in event_files(whole):
        kind, data = path.parent.name, path.read_bytes()
        new = data[data.rindex(b"\n", 0, -1) + 1 :].replace(b"2", b"3")
        relative = f"events/{kind}/{path.name}"
        target = store.path / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        for cut in cuts(len(data), every):
            target.write_bytes(data[:cut])
            journal = Journal(store, relative, event_rows.header(kind))
            journal.append(new)
            journal.close()
            kept = data[: data.rfind(b"\n", 0, cut) + 1] or event_rows.header(kind)
            assert target.read_bytes() == kept + new, (path.name, cut)
    store.close()


@EVERY
def test_lineage_and_assets_cut_anywhere_lose_only_what_was_cut(tmp_path: Path, every: bool) -> None:
    """Our own journals, cut at each byte: the run is gone on with, each record that is whole is kept, every row is read."""
    run = Run(tmp_path / "runs" / UUID)
    names = ["loss", "train/loss", "損失", "a.b"]
    for name in names:
        run.log_metric(name, 1.5, 1)
    source = tmp_path / "file.txt"
    source.write_text("text")
    run.log_artifact(source, "file", step=1)
    run._release_lock()
    run._store.close()
    for journal in ("lineage.jsonl", "assets.jsonl"):
        data = (run.path / ".jupyter-tracking" / journal).read_bytes()
        choice = random.Random(SEED)
        for cut in range(len(data) + 1) if every else sorted(choice.sample(range(len(data)), 25)):
            copy = tmp_path / "copy" / UUID
            shutil.copytree(run.path, copy)
            (copy / ".jupyter-tracking" / journal).write_bytes(data[:cut])
            again = Run(copy)
            for name in names:
                again.log_metric(name, 2.5, 2)
            again.end()
            folder = open_folder(copy)
            assert not find_problems(folder)
            found = readable(folder)
            for name in names:
                assert found["metric", name][-1] == (2, 2.5)
            values = sorted(value for (kind, _), rows in found.items() if kind == "metric" for _, value in rows)
            assert values == [1.5] * 4 + [2.5] * 4
            assert found["file", "file"] == [(1, b"text")]
            shutil.rmtree(tmp_path / "copy")


@pytest.mark.parametrize("line", [b"\x00\xff\n", b"{}\n", b'{"name": 3, "kind": "metric"}\n', b"[" * 100_000 + b"\n", b"null\n"])
def test_a_damaged_line_of_lineage_hides_no_other(tmp_path: Path, line: bytes) -> None:
    """A line of the lineage journal that is none is told by its number; the run is read, and gone on with."""
    run = Run(tmp_path / "runs" / UUID)
    run.log_metric("train/loss", 1.5, 1)
    run._release_lock()
    journal = run.path / ".jupyter-tracking" / "lineage.jsonl"
    journal.write_bytes(line + journal.read_bytes() + line)
    folder = open_folder(run.path)
    assert [(p.file, p.line) for p in find_problems(folder)] == [
        (".jupyter-tracking/lineage.jsonl", 1),
        (".jupyter-tracking/lineage.jsonl", 3),
    ]
    assert readable(folder) == {("metric", "train/loss"): [(1, 1.5)]}
    again = Run(run.path)
    again.log_metric("train/loss", 2.5, 2)
    again.end()
    assert readable(open_folder(run.path)) == {("metric", "train/loss"): [(1, 1.5), (2, 2.5)]}
