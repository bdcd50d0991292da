"""Documents with fields of a wrong type, and things that are no files: told, in nobody's way, and the other runs of the root are there."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main
from jupyter_tracking.errors import OutsideRun
from jupyter_tracking.read.run_files import RunFiles
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.record.run import Run
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE, WRONG = "a" * 32, "b" * 32
HOLE = 20 << 30


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root of two runs that are alike but for their uuids."""
    for uuid in (WHOLE, WRONG):
        run = Run(tmp_path / "runs" / uuid, name=f"run {uuid[:2]}", tags=["t"])
        run.log_metric("loss", 0.5, 1)
        run.log_metric("loss", 0.25, 3)
        run.log_text("note", "hello", 1)
        run.log_inputs(lr=0.1)
        run.end()
    return tmp_path


@pytest.fixture
def wrong(root: Path) -> Path:
    """The run that a test damages."""
    return root / "runs" / WRONG


def told(path: Path) -> list[str]:
    """What problems() says of a run, with file and line."""
    frame = tracking.open_run(path).problems()
    return [f"{file}:{line}: {problem}" for file, line, problem in zip(frame["file"], frame["line"], frame["problem"], strict=True)]


def ask_the_root(root: Path) -> None:
    """See that the whole run is in every answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tracking.TrackingWarning)
        runs, lineage = tracking.runs(root).set_index("uuid"), tracking.lineage(root=root)
        assert len(runs) == 2
        assert runs.loc[WHOLE, "name"] == "run aa"
        assert runs.loc[WHOLE, "inputs.lr"] == 0.1
        mine = lineage[lineage["run_uuid"] == WHOLE].set_index("name")
        assert mine.loc["loss", ["steps", "step_min", "step_max", "last_value"]].tolist() == [2, 1, 3, 0.25]
        assert set(mine.index) == {"loss", "note"}
        tracking.lineage_edges(root)
        repr(tracking.lineage_graph(root))
    assert tracking.open_run("run aa", root).load("loss") == 0.25
    browser = tracking.browse(root=root)
    assert set(browser.runs) >= {WHOLE}
    browser.close()


# --- fields of a wrong type ----------------------------------------------------------------------

VALUES: list[Any] = [None, True, 0, -1, 0.5, 1e300, 2**64 - 1, "", "x", [], ["x", 1, None], {}, {"a": [{}]}, "x" * 100_000]
RAW = [b"1e999", b"1" * 5000, b"NaN", b'"\\ud800"', b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 300 + b"1" + b"}" * 300]


def every_place(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(*path, key), *every_place(inner, (*path, key))]]


def changed(document: Any, place: tuple[Any, ...], value: Any) -> bytes:
    """The document with another value in a place; bytes are put in as they are."""
    copy = json.loads(json.dumps(document))
    inside = copy
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = "<here>" if isinstance(value, bytes) else value
    text = json.dumps(copy).encode()
    return text.replace(b'"<here>"', value) if isinstance(value, bytes) else text


@pytest.mark.parametrize("name", ["run.plx.json", "lineages.plx.json"])
def test_a_field_of_any_type_stops_nobody(root: Path, wrong: Path, name: str) -> None:
    """Each field of a document takes each type in turn; what its own rows say of the run is read all the same."""
    document = json.loads((wrong / name).read_bytes())
    for number, place in enumerate(every_place(document)):
        for value in [*VALUES, *RAW][number % 3 :: 3]:
            (wrong / name).write_bytes(changed(document, place, value))
            folder = RunFolder(wrong)
            frame = tracking.runs(root)
            assert len(frame) == 2
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", tracking.TrackingWarning)
                lineage = tracking.lineage(root=root)
            assert (lineage["run_uuid"] == WHOLE).sum() == 2
            found = [a for a in folder.artifacts() if a.path == "events/metric/loss.plx"]
            assert [e.step for a in found for e in folder.rows(a)] == [1, 3], (place, value)
    ask_the_root(root)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("run.plx.json", {"name": 5}, "run.plx.json:<NA>: name is 5 and not a string; it is taken as missing"),
        ("run.plx.json", {"tags": {"a": 1}}, "run.plx.json:<NA>: tags is an object of 1 and not a list of strings; it is taken as missing"),
        ("run.plx.json", {"status": "great"}, "run.plx.json:<NA>: status is 'great' and not a status; it is taken as missing"),
        ("run.plx.json", {"created_at": "99999-01-01"}, "run.plx.json:<NA>: created_at is '99999-01-01' and not a moment; it is taken as"),
        ("run.plx.json", {"inputs": [1]}, "run.plx.json:<NA>: inputs is a list of 1 and not an object; it is taken as missing"),
        ("run.plx.json", {"uuid": "a/b"}, "run.plx.json:<NA>: uuid is 'a/b' and not a uuid; it is taken as missing"),
        (
            "lineages.plx.json",
            {"is_input": "yes"},
            "lineages.plx.json:<NA>: item 0 (metric 'loss'): is_input is 'yes' and not true or false",
        ),
        ("lineages.plx.json", {"path": "x"}, "lineages.plx.json:<NA>: item 0 (metric 'loss'): its path is 'x' and not"),
        ("lineages.plx.json", {"name": 5}, "lineages.plx.json:<NA>: item 0 is not a lineage record: it has no name or no kind; name is 5"),
        ("lineages.plx.json", {"summary": {}}, "lineages.plx.json:<NA>: item 0 (metric 'loss'): what it says of its rows is not whole"),
    ],
)
def test_a_wrong_field_is_told_and_the_rest_is_read(root: Path, wrong: Path, name: str, change: dict[str, Any], words: str) -> None:
    """problems() names file and field; the artifact of a wrong record is there with all that its rows say."""
    document = json.loads((wrong / name).read_bytes())
    (document[0] if isinstance(document, list) else document).update(change)
    (wrong / name).write_text(json.dumps(document))
    assert any(line.startswith(words) for line in told(wrong)), told(wrong)
    assert tracking.open_run(wrong).load("loss") == 0.25
    assert tracking.open_run(wrong).load("note") == "hello"
    ask_the_root(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tracking.TrackingWarning)
        rows = tracking.lineage(wrong, root).set_index("name")
    assert rows.loc["loss", ["steps", "step_min", "step_max", "last_value"]].tolist() == [2, 1, 3, 0.25]


def test_what_a_summary_says_is_the_users_and_no_problem(root: Path) -> None:
    """A summary may have a size that is a word: it stays in the summary, and the column has none."""
    run = Run(root / "runs" / ("c" * 32))
    run.log_artifact_ref("s3://bucket/x", "file", "x", summary={"size": "large", "hash": 5, "step": 2**70 // 2**10, "deep": [[1]]})
    run.end()
    assert not told(run.path)
    (row,) = tracking.lineage(run.path).to_dict("records")
    assert row["summary"] == {"size": "large", "hash": 5, "step": 2**60, "deep": [[1]], "path": "s3://bucket/x"}
    assert tracking.lineage(run.path)[["size", "hash"]].isna().all(axis=None)


def test_journals_are_read_line_by_line_and_field_by_field(root: Path, wrong: Path) -> None:
    """A line of nonsense and a field of another type are told with their line, in every journal, and hide nothing."""
    start = {"cell": 1, "session": "s", "started": "2020-01-01 00:00:00.000000+00:00", "count": 2**70 // 2**5, "id": "c"}
    end = {"cell": 1, "session": "s", "ended": "2090-01-01 00:00:00.000000+00:00", "outcome": ["ok"], "error": "\ud800"}
    notes = [{"kind": "metric", "name": "loss", "since": 5}]
    logs = [{"value": "one", "timestamp": 5}, {"value": 7}, {"logs": 5}, {"value": "two", "stream": "stdout"}]
    (wrong / "code").mkdir()
    (wrong / "plxlogs").mkdir()
    for name, lines in {"code/cells.jsonl": [start, end], "code/elsewhere.jsonl": notes, "plxlogs/logs.jsonl": logs}.items():
        (wrong / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines) + "nonsense\n")
    (wrong / "code/session.ipynb").write_text(
        json.dumps(
            {
                "cells": ["x", {"cell_type": "code", "source": ["a", "b"], "metadata": ["jupyter_tracking"], "outputs": [5]}],
                "nbformat": 4,
                "nbformat_minor": 5,
                "metadata": {},
            }
        )
    )
    with (wrong / ".jupyter-tracking/assets.jsonl").open("a") as journal:
        journal.write('{"path":"outputs/x","size":-1}\n')
    view = tracking.open_run(wrong)
    assert view.cells()[["cell_id", "error", "outcome"]].to_numpy().tolist() == [["c", "?", "killed"]]
    assert view.cells()["events"].tolist() == [3]
    assert view.logs()["text"].tolist() == ["one", "two"]
    assert [cell.source for cell in view.notebook().cells] == ["ab"]
    assert view.events("loss")["logged_by"].tolist() == ["cell", "cell"]
    view.show("loss").close()
    lines = [line.partition(": ")[0] for line in told(wrong)]
    assert {"code/cells.jsonl:1", "code/cells.jsonl:2", "code/cells.jsonl:3", "code/elsewhere.jsonl:1", "code/elsewhere.jsonl:2"} <= {
        *lines
    }
    assert {f"plxlogs/logs.jsonl:{n}" for n in (1, 2, 3, 5)} <= {*lines}
    assert {"code/session.ipynb:<NA>", ".jupyter-tracking/assets.jsonl:1"} <= {*lines}


# --- what is no file -----------------------------------------------------------------------------


def bind(path: Path) -> None:
    """Make a socket; its name has to be short, so it is made from its folder."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def hole(path: Path) -> None:
    """Make a file of 20 GB that takes no disk."""
    path.touch()
    os.truncate(path, HOLE)


ODD: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "socket": bind,
    "folder": Path.mkdir,
    "hole": hole,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to another file": lambda path: path.symlink_to(Path(__file__)),
    "nothing to be read": lambda path: path.write_bytes(b"\x00" * 100 + b"\n"),
}
FILES = ["run.plx.json", "lineages.plx.json", ".jupyter-tracking/lineage.jsonl", ".jupyter-tracking/assets.jsonl", "events/metric/loss.plx"]
FILES += ["code/cells.jsonl", "code/elsewhere.jsonl", "code/session.ipynb", "plxlogs/logs.jsonl", ".jupyter-tracking/writers/1-x.lock"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.timeout(60)
def test_what_is_no_file_is_told_and_hangs_nobody(root: Path, wrong: Path, name: str, odd: str) -> None:
    """A pipe, a socket, a folder, a hole of 20 GB or a link in the place of each file of a run."""
    path = wrong / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.unlink(missing_ok=True)
    ODD[odd](path)
    ask_the_root(root)
    view = tracking.open_run(wrong)
    assert "the reader" not in repr((view.info, view.status, view.tags))
    for ask in (view.artifacts, view.cells, view.logs, view.metrics, view.lineage, lambda: repr(view)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", tracking.TrackingWarning)
                ask()
        except tracking.TrackingError:
            assert name.startswith("events")
    if not (name.endswith(".lock") and odd in {"folder", "hole", "nothing to be read"}):
        assert any(line.startswith(f"{name}:") for line in told(wrong)), told(wrong)


@pytest.mark.parametrize("folder", ["events", "assets", "outputs", "code", "plxlogs", "resources", ".jupyter-tracking", "events/metric"])
def test_a_linked_folder_is_told_and_never_walked(root: Path, wrong: Path, tmp_path: Path, folder: str) -> None:
    """One row says that there is a link, and nothing of where it leads is named, not even in a saved page."""
    private = tmp_path / "private"
    (private / "metric").mkdir(parents=True)
    (private / "CANARY.plx").write_text("step|timestamp|metric\n1|2024-01-02 03:04:05.678900+00:00|666.0\n")
    if (wrong / folder).exists():
        shutil.rmtree(wrong / folder)
    (wrong / folder).symlink_to(private)
    ask_the_root(root)
    view = tracking.open_run(wrong)
    assert [line for line in told(wrong) if line.startswith(f"{folder}:<NA>: a link, which is not followed")] != []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tracking.TrackingWarning)
        assert "CANARY" not in view.save(tmp_path / "page.html").read_text() + view.lineage().to_csv() + " ".join(told(wrong))


def test_events_that_were_moved_by_a_link_are_told(tmp_path: Path) -> None:
    """Rows that go to another disk through a link are not read; the artifact is named, and why, wherever it is asked for."""
    run = Run(tmp_path / "runs" / ("d" * 32))
    run.log_metric("loss", 1.0, 0)
    (run.path / "events").rename(tmp_path / "elsewhere")
    (run.path / "events").symlink_to(tmp_path / "elsewhere")
    run.log_metric("loss", 2.0, 1)
    for _ in range(2):
        view = tracking.open_run(run.path)
        assert view.artifacts() == [("metric", "loss")]
        assert "events:<NA>: a link, which is not followed: no event is read" in told(run.path)
        with pytest.raises(OutsideRun, match="goes through a link"):
            view.load("loss")
        with pytest.warns(tracking.TrackingWarning, match="lacks what cannot be read of run dddddddd: events: a link"):
            assert view.lineage()["name"].tolist() == ["loss"]
        run.end()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
def test_what_may_not_be_read_is_told(root: Path, wrong: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Another user meets a document, a run and a root that he may not read: our own errors, and the other run."""
    base = tmp_path_factory.getbasetemp()
    for place in (root, *root.parents):  # what pytest has made, which only its user may enter
        if place.is_relative_to(base) or any(above.name.startswith("pytest-of-") for above in (place, *place.parents)):
            place.chmod(0o755)
    ask_the_root(root)  # what is imported is imported now: the other user may not read the interpreter's own files
    told(wrong)
    (wrong / "run.plx.json").chmod(0)
    (wrong / "events" / "metric").chmod(0)
    child = os.fork()
    if not child:
        status = 1
        try:
            os.setuid(65534)
            ask_the_root(root)
            assert any("could not be read" in line for line in told(wrong))
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_file_that_is_cut_off_while_it_is_read_is_read_as_far_as_it_is(root: Path, wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at its size and the reading of its bytes a document is emptied."""
    fstat = os.fstat

    def cut(fd: int) -> os.stat_result:
        seen = fstat(fd)
        os.truncate(wrong / "run.plx.json", 5)
        return seen

    folder = RunFiles(wrong)
    monkeypatch.setattr(os_calls, "fstat", cut)
    assert len(folder.read("run.plx.json")) == 5
    monkeypatch.undo()
    ask_the_root(root)


# --- what is asked of a root ---------------------------------------------------------------------


def test_the_problems_of_a_root_are_one_frame(root: Path, wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """tracking.problems() has a row a problem with its run; `check` without a run prints them, and its exit status says so."""
    assert tracking.problems(root=root).empty
    assert main(["check", "--root", str(root)]) == 0
    (wrong / "lineages.plx.json").write_text("5")
    (root / "runs" / "moved").symlink_to(root / "runs" / WHOLE)
    frame = tracking.problems(root=root)
    assert list(frame) == ["run_uuid", "run_name", "file", "line", "problem", "text"]
    assert frame["run_uuid"].fillna("").tolist() == [WRONG, ""]
    assert frame["file"].tolist() == ["lineages.plx.json", "runs/moved"]
    assert tracking.problems(WHOLE, root).empty
    assert main(["check", "--root", str(root)]) == 1
    assert "  lineages.plx.json: not a JSON array" in capsys.readouterr().out


def test_what_a_frame_lacks_is_said_once(root: Path, wrong: Path) -> None:
    """One warning a call names how many runs, and why of the first; a call that lacks nothing says nothing."""
    tracking.lineage(root=root)
    (wrong / "lineages.plx.json").write_text("nonsense")
    for ask in (lambda: tracking.lineage(root=root), lambda: tracking.lineage_edges(root), lambda: tracking.lineage_graph(root)):
        with pytest.warns(tracking.TrackingWarning) as said:
            ask()
        (words,) = [str(each.message) for each in said]
        assert "lacks what cannot be read of run bbbbbbbb: lineages.plx.json: not JSON" in words
    (root / "runs" / "moved").symlink_to(root / "runs" / WHOLE)
    with pytest.warns(tracking.TrackingWarning, match="runs/moved: a link, which is not followed"):
        assert len(tracking.runs(root)) == 2
    assert tracking.open_run(root / "runs" / "moved").load("loss") == 0.25


@pytest.mark.timeout(60)
def test_a_document_of_20_gb_is_told_in_no_time(root: Path, wrong: Path) -> None:
    """Its size is looked at before a byte of it is read."""
    hole(wrong / "run.plx.json")
    began = time.process_time()
    frame = tracking.runs(root).set_index("uuid")
    assert time.process_time() - began < 10
    assert frame["status"].to_dict() == {WHOLE: "succeeded", WRONG: "broken"}
    assert any("has 21,474,836,480 bytes" in line for line in told(wrong))


@pytest.mark.parametrize("moment", ["9999-12-31 23:59:59.999999-01:00", "0001-01-01 00:00:00.000000+01:00"])
@pytest.mark.parametrize("kind", ["metric", "curve", "text"])
def test_a_moment_that_utc_has_no_name_for_is_a_bad_row(moment: str, kind: str, tmp_path: Path) -> None:
    """It is told as one, and every other row is read, by rows and by columns."""
    root = tmp_path / "apart"
    run = Run(root / "runs" / WHOLE)
    for step in range(2):
        if kind == "metric":
            run.log_metric("a", 0.5, step)
        elif kind == "curve":
            run.log_curve("a", [0, 1], [0, 1], step=step)
        else:
            run.log_text("a", "hello", step)
    path = run.path / "events" / kind / "a.plx"
    *others, last = path.read_text().splitlines(keepends=True)
    path.write_text("".join(others) + re.sub(r"\d{4}-\d\d-\d\d [\d:.]+\+00:00", moment, last))
    run.end()
    view = tracking.open_run(run)
    assert view.steps("a") == [0]
    assert view.events("a")["step"].tolist() == [0]
    if kind == "metric":
        assert view.metrics("a")["a"].tolist() == [0.5]
    assert tracking.lineage(root=root)["name"].tolist() == ["a"]
    (problem,) = tracking.problems(WHOLE, root)["problem"]
    assert "in no year from 1 to 9999 of UTC" in problem
