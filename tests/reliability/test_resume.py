"""Runs that are gone on with: ours after any end, Polyaxon's, damaged ones, and those of a newer version."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from jupyter_tracking import session
from jupyter_tracking.errors import InvalidArgument, RunEnded
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.reliability import writers
from tests.reliability.faults import FailAt
from tests.reliability.killed import finished
from tests.reliability.script import readable

if TYPE_CHECKING:
    from pathlib import Path

UUID = "0" * 32
TIME = "2024-01-02 03:04:05.678900+00:00"


def write(path: Path, files: dict[str, str | bytes]) -> Path:
    """Make a run folder of files."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def polyaxon_run(path: Path, **files: str) -> Path:
    """A run as Polyaxon leaves it: rows that begin with a newline, the last one bare."""
    return write(
        path,
        {
            "run.plx.json": json.dumps({"uuid": path.name, "name": "theirs", "status": "succeeded", "meta_info": {"has_events": True}}),
            "lineages.plx.json": json.dumps(
                [
                    {"name": "loss", "kind": "metric", "path": "events/metric/loss.plx", "summary": {"is_event": True}, "is_input": False},
                    {"name": "data", "kind": "data", "path": "s3://bucket/data", "summary": {"hash": "abc"}, "is_input": True},
                ]
            ),
            "events/metric/loss.plx": f"step|timestamp|metric\n1|{TIME}|0.5\n2|{TIME}|0.25",
            "events/text/note.plx": json.dumps({"timestamp": TIME, "step": 1, "text": "a"}),
            **files,
        },
    )


# --- Polyaxon's runs -------------------------------------------------------------------------------


def test_a_run_of_polyaxon_keeps_every_row_and_record(root: Path) -> None:
    """Gone on with, a run that Polyaxon wrote keeps its bare last rows and its lineage, and gets ours beside them."""
    path = polyaxon_run(root / "runs" / UUID)
    run = Run(path)
    assert run.resumed
    run.log_metric("loss", 0.125, 3)
    run.log_metric("new", 1.0, 1)
    run.log_text(name="note", text="b", step=2)
    run.end()
    folder = open_folder(path)
    assert folder.name == "theirs"
    assert readable(folder) == {
        ("metric", "loss"): [(1, 0.5), (2, 0.25), (3, 0.125)],
        ("text", "note"): [(1, "a"), (2, "b")],
        ("metric", "new"): [(1, 1.0)],
    }
    data = folder.find("data")
    assert (data.path, data.is_input, data.summary["hash"]) == ("s3://bucket/data", True, "abc")
    assert not find_problems(folder)


def test_a_torn_row_of_polyaxon_does_not_become_a_value(root: Path) -> None:
    """A bare last row that is no row is cut off when the file is gone on with, and left alone where it is not."""
    torn = f"step|timestamp|metric\n1|{TIME}|0.5\n2|2024-01"
    files = {"events/metric/loss.plx": torn, "events/metric/other.plx": torn}
    curve = '{"kind":"custom","x":[1],"y":{"a":1}'  # ends as a whole cell would
    path = polyaxon_run(root / "runs" / UUID, **files, **{"events/curve/roc.plx": f"step|timestamp|curve\n1|{TIME}|{curve}"})
    run = Run(path)
    run.log_metric("loss", 0.125, 3)
    run.log_curve("roc", [0, 1], [0, 1], step=2)
    run.end()
    found = readable(open_folder(path))
    assert found["metric", "loss"] == [(1, 0.5), (3, 0.125)]
    assert found["curve", "roc"] == [(2, ([0.0, 1.0], [0.0, 1.0]))]
    assert (path / "events/metric/other.plx").read_text() == torn


@pytest.mark.parametrize("at", range(1, 120, 3))
def test_an_adoption_that_is_cut_short_loses_nothing(root: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at any moment while it takes over a run of Polyaxon's, the next start takes over the rest."""
    path = polyaxon_run(root / "runs" / UUID)
    with monkeypatch.context() as patched:
        patched.setattr("jupyter_tracking.storage.store.Syscalls", lambda: FailAt(at, KeyboardInterrupt))
        # A kill runs no clean-up.
        patched.setattr("jupyter_tracking.record.run.Run._release_lock", lambda _run: None)
        patched.setattr("jupyter_tracking.storage.store.Store.undo_creation", lambda store: store.close())
        with contextlib.suppress(KeyboardInterrupt):
            Run(path)._writer_lock.forget()  # type: ignore[union-attr]
    run = Run(path, shared=True)
    run.log_metric("loss", 0.125, 3)
    run.end()
    folder = open_folder(path)
    assert readable(folder) == {("metric", "loss"): [(1, 0.5), (2, 0.25), (3, 0.125)], ("text", "note"): [(1, "a")]}
    assert folder.find("data").path == "s3://bucket/data"


def test_an_unended_run_of_polyaxon_without_documents(root: Path) -> None:
    """Event files alone are a run of Polyaxon's that never ended: its bare rows are rows."""
    path = write(root / "runs" / UUID, {"events/metric/loss.plx": f"step|timestamp|metric\n1|{TIME}|0.5"})
    run = Run(path)
    run.log_metric("loss", 0.25, 2)
    run.end()
    assert readable(open_folder(path)) == {("metric", "loss"): [(1, 0.5), (2, 0.25)]}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("metric", f"timestamp|step|metric\n{TIME}|1|0.5\n"),
        ("text", f"step|timestamp|text\n1|{TIME}|hello\n"),
    ],
)
def test_a_file_of_an_old_form_is_not_mixed(root: Path, kind: str, content: str) -> None:
    """A file whose rows have another form cannot be gone on with: that is said, and its rows stay readable."""
    path = polyaxon_run(root / "runs" / UUID, **{f"events/{kind}/old.plx": content})
    before = readable(open_folder(path))
    run = Run(path)
    with pytest.raises(InvalidArgument, match=f"events/{kind}/old.plx was written by an old Polyaxon.*log under another name"):
        run.log_metric("old", 1.0, 2) if kind == "metric" else run.log_text(name="old", text="x", step=2)
    run.end()
    assert readable(open_folder(path)) == before


# --- ours, after any end ---------------------------------------------------------------------------

# How a process ends, and what the reader says of its run then.
ENDINGS = {
    "the interpreter exits": ("", "succeeded"),
    "os._exit": ("import os; os._exit(0)", "interrupted"),
    "an exception": ("1 / 0", "failed"),
    "SIGTERM": ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "interrupted"),
    "SIGKILL": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "interrupted"),
}


@pytest.mark.parametrize(("ending", "status"), ENDINGS.values(), ids=ENDINGS)
def test_a_process_that_ends_without_ending_its_run(root: Path, ending: str, status: str) -> None:
    """However the process ends without `end()`: every row is there, the status is true, and the run can be gone on with."""
    program = f"import jupyter_tracking as t; t.init(run_uuid='{UUID}')\nfor i in range(100): t.log_metric('loss', i / 7, i)\n{ending}"
    subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    folder = open_folder(root / "runs" / UUID)
    assert folder.status == status
    assert readable(folder) == {("metric", "loss"): [(i, i / 7) for i in range(100)]}
    run = Run(folder.path)
    assert run.resumed
    assert folder.status == "running"
    run.log_metric("loss", 99.0, 100)
    run.end()
    assert folder.status == "succeeded"
    assert len(readable(folder)["metric", "loss"]) == 101


def test_leftovers_of_a_dead_writer_are_swept(root: Path) -> None:
    """Unfinished files of a killed process go when the run is resumed; those of a living one stay."""
    run = Run(root / "runs" / UUID)
    left = run.path / ".jupyter-tracking" / "tmp"
    (left / "1-0.tmp").write_bytes(b"half")
    (left / "1-1.tmp" / "inner").mkdir(parents=True)
    Run(run.path, shared=True).end()
    assert sorted(p.name for p in left.iterdir()) == ["1-0.tmp", "1-1.tmp"]
    run.end()
    Run(run.path).end()
    assert not list(left.iterdir())


def test_an_end_is_once(root: Path) -> None:
    """`end()` again does nothing; after it every call says so, and writes nothing."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    run.end()
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    run.end("failed")
    for call in (
        lambda: run.log_metric("loss", 2.0, 2),
        lambda: run.log_metric("new", 2.0, 2),
        lambda: run.log_text(name="t", text="x"),
        lambda: run.log_inputs(lr=1),
        lambda: run.log_artifact(before and next(iter(before))),
        lambda: run.log_artifact_ref(path="s3://x/y", name="r"),
    ):
        with pytest.raises(RunEnded, match="has ended"):
            call()
    assert {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()} == before


def test_two_runs_in_one_process_end_on_their_own(root: Path) -> None:
    """Nested runs: the inner is active, then the outer again; each ends alone."""
    with session.init(run_uuid="1" * 32) as outer:
        with session.init(run_uuid="2" * 32) as inner:
            session.log_metric("where", 2.0)
        assert open_folder(inner.path).status == "succeeded"
        assert open_folder(outer.path).status == "running"
        session.log_metric("where", 1.0)
    assert readable(open_folder(outer.path)) == {("metric", "where"): [(None, 1.0)]}
    assert readable(open_folder(inner.path)) == {("metric", "where"): [(None, 2.0)]}


def test_the_same_process_id_again(root: Path) -> None:
    """In a container the process may have the number of the one before: its leftovers are not in the way."""
    path = root / "runs" / UUID
    run = Run(path)
    for number in range(200):
        (path / ".jupyter-tracking" / "tmp" / f"{os.getpid()}-{number}.tmp").touch()
    run.log_metric("loss", 1.0, 1)
    run.log_inputs(lr=1)
    run.end()
    assert readable(open_folder(path)) == {("metric", "loss"): [(1, 1.0)]}


# --- damaged, and newer ----------------------------------------------------------------------------


def test_an_empty_document_of_ours_makes_no_torn_row_a_value(root: Path) -> None:
    """With its document emptied or gone, a run with our journal is ours: a torn row is cut off, not closed."""
    for number, damage in enumerate((lambda p: p.write_bytes(b""), lambda p: p.unlink())):
        path = root / "runs" / f"{number:032x}"
        run = Run(path)
        run.log_metric("train/loss", 0.5, 1)
        run._release_lock()
        with (path / "events/metric/train__loss.plx").open("ab") as file:
            file.write(f"2|{TIME}|0.12".encode())
        damage(path / "run.plx.json")
        assert readable(open_folder(path)) == {("metric", "train/loss"): [(1, 0.5)]}
        again = Run(path)
        again.log_metric("train/loss", 0.25, 3)
        again.end()
        folder = open_folder(path)
        assert readable(folder) == {("metric", "train/loss"): [(1, 0.5), (3, 0.25)]}
        assert (folder.uuid, folder.status) == (path.name, "succeeded")


@pytest.mark.parametrize("garbage", [b"{", b"[]", b"\x00" * 100, b'"text"', b"[" * 100_000])
def test_a_document_that_cannot_be_read_is_left_as_it_is(root: Path, garbage: bytes) -> None:
    """A run whose document is garbage is not resumed: that is said, with the path; nothing is changed."""
    path = write(root / "runs" / UUID, {"run.plx.json": garbage})
    with pytest.raises(InvalidArgument, match=r"runs/0+' holds a run.plx.json that cannot be read"):
        Run(path)
    assert [p.name for p in path.iterdir()] == ["run.plx.json"]
    assert (path / "run.plx.json").read_bytes() == garbage


def test_a_document_damaged_meanwhile_is_written_anew(root: Path) -> None:
    """What another tool did to the document of a live run costs nothing that the run had said."""
    run = Run(root / "runs" / UUID, name="mine")
    run.log_inputs(lr=0.1)
    for damage in (lambda p: p.write_bytes(b"{"), lambda p: p.unlink(), lambda p: p.write_bytes(b"[]")):
        damage(run.path / "run.plx.json")
        run.log_inputs(epochs=3)
        info = open_folder(run.path).info
        assert (info["name"], info["inputs"]) == ("mine", {"lr": 0.1, "epochs": 3})
    run.end()


def test_what_a_newer_version_wrote_is_kept(root: Path) -> None:
    """Fields that we do not know stay in the document and in the lineage when the run is gone on with."""
    path = root / "runs" / UUID
    run = Run(path)
    run.log_metric("loss", 1.0, 1)
    run.end()
    document: dict[str, Any] = orjson.loads((path / "run.plx.json").read_bytes())
    document["novelty"] = {"a": 1}
    document["meta_info"]["jupyter_tracking"] |= {"format": 7, "other": [1]}
    (path / "run.plx.json").write_bytes(orjson.dumps(document))
    journal = path / ".jupyter-tracking" / "lineage.jsonl"
    line = orjson.loads(journal.read_bytes())
    journal.write_bytes(orjson.dumps(line | {"novelty": "b"}) + b"\n")
    again = Run(path)
    again.log_metric("loss", 2.0, 2)
    again.end()
    after = orjson.loads((path / "run.plx.json").read_bytes())
    assert after["novelty"] == {"a": 1}
    assert after["meta_info"]["jupyter_tracking"].items() >= {"format": 7, "other": [1]}.items()
    assert b"novelty" in journal.read_bytes()
    assert readable(open_folder(path)) == {("metric", "loss"): [(1, 1.0), (2, 2.0)]}


def test_a_clock_that_goes_back_changes_no_order(root: Path) -> None:
    """Rows stay in the order they were logged, whatever the clock says."""
    run = Run(root / "runs" / UUID)
    for step in range(4):
        run.log_metric("loss", float(step), step, timestamp=[3.0, 1.0, 2.0, "1970-01-01 00:00:00+00:00"][step])
    folder = open_folder(run.path)
    assert [(e.step, e.timestamp) for e in folder.rows(folder.find("loss"))] == [(0, 3_000_000), (1, 1_000_000), (2, 2_000_000), (3, 0)]


def test_a_run_that_others_wrote_to_is_synced_whole(root: Path) -> None:
    """`end()` waits for what an earlier life, a second process or a forked child wrote as well."""
    assert finished(writers.ends_of_shared_runs, root / "runs" / UUID) == [0, 1, 0, 1]
