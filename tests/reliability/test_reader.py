"""What a run folder answers, where the answer is no value: nothing, or what to do instead."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking import fork
from jupyter_tracking.errors import MalformedEvent, NotFound
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from pathlib import Path

UUID = "0" * 32


@pytest.fixture
def run(root: Path) -> Run:
    """A run with a metric, a text of the same name, a reference and an output."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 0.5, 1)
    run.log_text(name="note", text="a", step=1)
    run.log_text(name="loss", text="b", step=2)
    run.log_artifact_ref("s3://bucket/data.csv", name="away")
    (root / "file.txt").write_text("text")
    run.log_artifact(root / "file.txt", "output")
    run.log_artifact_ref(root / "file.txt", name="here")
    return run


def test_an_artifact_is_found_by_name_and_kind(run: Run) -> None:
    """Where a name is that of several kinds, the kind says which; where it is of another kind, that is said."""
    folder = open_folder(run.path)
    assert folder.find("loss", "metric").kind == "metric"
    assert folder.find("note").kind == "text"
    with pytest.raises(NotFound, match=r"^'loss' is the name of a metric and of a text; say which with kind=$"):
        folder.find("loss")
    with pytest.raises(NotFound, match=r"^'note' is no metric; it is a text$"):
        folder.find("note", "metric")
    with pytest.raises(NotFound, match=r"^'loss' is no curve; it is a metric and a text$"):
        folder.find("loss", "curve")
    with pytest.raises(NotFound, match=r"has no artifact 'los'; near: 'loss'"):
        folder.find("los")


def test_what_has_no_rows_answers_where_it_is(run: Run, root: Path) -> None:
    """An output is a path inside, a file elsewhere its path, a URL itself; none has events, steps or payloads."""
    folder = open_folder(run.path)
    assert folder.value(folder.find("away")) == "s3://bucket/data.csv"
    assert folder.value(folder.find("output")) == run.path / "outputs" / "file.txt"
    assert folder.value(folder.find("here")) == root / "file.txt"
    for name in ("away", "output", "here"):
        artifact = folder.find(name)
        assert (folder.rows(artifact), folder.steps(artifact), folder.payloads(artifact), folder.row_problems(artifact)) == (
            [],
            [],
            [],
            [],
        )
    assert set(folder.find("note").meta) == {"cell", "logged"}


def test_the_last_value_of_a_metric_needs_no_reading_of_the_rest(run: Run) -> None:
    """A run that goes on is asked for it again and again; what is no metric has none."""
    folder = open_folder(run.path)
    assert folder.facts().outputs["loss"] == 0.5
    run.log_metric("loss", 0.25, 2)
    outputs = folder.facts().outputs
    assert outputs["loss"] == 0.25
    assert not {"note", "away"} & set(outputs)


def test_who_has_read_a_file_says_its_last_value_for_one_look_alone(run: Run) -> None:
    """What was said is taken while one looks; after that the file is asked again."""
    folder = open_folder(run.path)
    with folder.one_look():
        folder.keep_last_value(folder.find("loss", "metric"), 8.0)
        assert folder.facts().outputs["loss"] == 8.0
    assert folder.facts().outputs["loss"] == 0.5


def test_only_a_metric_has_columns(run: Run) -> None:
    """Anything else says what it is."""
    folder = open_folder(run.path)
    assert folder.columns(folder.find("loss", "metric"))["value"].to_pylist() == [0.5]
    for name in ("note", "away"):
        with pytest.raises(NotFound, match=rf"^'{name}' is a \w+; only a metric has columns$"):
            folder.columns(folder.find(name))


def test_a_damaged_cell_is_told_with_file_and_line(run: Run) -> None:
    """A row that is whole at its ends and damaged inside: its payload says where it is; its neighbours are read."""
    run.log_curve("roc", [0, 1], [0, 1], step=1)
    file = run.path / "events" / "curve" / "roc.plx"
    good = file.read_bytes().splitlines(keepends=True)[1]
    file.write_bytes(file.read_bytes() + good.replace(b'"x":', b'"x"') + good)
    folder = open_folder(run.path)
    artifact = folder.find("roc")
    events = folder.rows(artifact)
    assert [event.line for event in events] == [2, 3, 4]
    for ask in (folder.payload, folder.value):
        with pytest.raises(MalformedEvent, match=r"^events/curve/roc\.plx:3: not JSON from character \d+ on$"):
            ask(artifact, events[1])
        assert ask(artifact, events[2])
    assert [isinstance(payload, ValueError) for payload in folder.payloads(artifact)] == [False, True, False]


def test_a_library_that_is_missing_is_not_taken_for_damage(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder's lack of a library, or of memory, comes out as it is; anything else is told as the row's, with file and line."""
    run.log_dataframe(pd.DataFrame({"a": [1]}), "frame", step=1)
    folder = open_folder(run.path)
    artifact = folder.find("frame")
    event = folder.rows(artifact)[0]
    for error, expected in ((ImportError, ImportError), (MemoryError, MemoryError), (ZeroDivisionError, MalformedEvent)):

        def decode(*_args: object, error: type[Exception] = error) -> None:
            raise error("of the library")

        monkeypatch.setattr(
            "jupyter_tracking.read.run_reader.kind_of", lambda _kind, decode=decode: type("Kind", (), {"decode": staticmethod(decode)})
        )
        with pytest.raises(expected, match="of the library") as caught:
            folder.value(artifact, event)
        assert str(caught.value).startswith("events/dataframe/frame.plx:2: ") == (expected is MalformedEvent)


def test_a_forked_child_reads_though_a_thread_of_its_parent_was_reading(run: Run) -> None:
    """Every lock was held by a thread that the child has not; a worker that loads data may look at a run."""
    run.end()
    view = tracking.open_run(run)

    def look() -> None:
        assert view.metrics()["loss"].tolist() == [0.5]
        assert tracking.open_run(run.path).load("note") == "a"
        tracking.lineage(run.path)
        for shown in (view.show("note"), view.browse(), tracking.browse(root=run.path.parent.parent)):
            shown.close()

    look()
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        locks = list(fork._locks)
        for lock in locks:
            lock.acquire()
        held.set()
        let_go.wait()
        for lock in locks:
            lock.release()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        signal.alarm(60)  # which ends a child that hangs
        status = 1
        try:
            look()
            status = 0
        finally:
            os._exit(status)
    let_go.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
