"""Every logged row belongs to the cell that was executing, and to nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.format.cell_log import CELLS_FILE, NOTES_FILE, parse_cells, parse_notes
from jupyter_tracking.format.lineage import parse_asset_journal
from jupyter_tracking.format.session import parse_session
from jupyter_tracking.notebook import cell_hooks
from jupyter_tracking.read.cell_timeline import CellTimeline
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.storage.user_file_reader import md5

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def counts(name: str) -> list[Any]:
    """The execution number of each row of an artifact of the last run."""
    return list(tracking.open_run(latest()).events(name)["execution_count"].astype(object).where(lambda c: c.notna(), None))


def latest() -> Path:
    """The run that was made last."""
    return max(Path("runs").iterdir(), key=lambda path: path.stat().st_ctime_ns)


def test_a_value_belongs_to_the_cell_that_logged_it(ip: InteractiveShell, cell) -> None:
    """Number and hash of each cell's source, rows and lineage; the cell that starts the run is one of them."""
    cell("x = 1")
    cell("tracking.init(name='a')\ntracking.log_metric('first', 1)")
    cell("tracking.log_metric('second', 1, step=0)\ntracking.log_metric('first', 2)")
    cell("tracking.end()")
    view = tracking.open_run("a")
    assert view.events("first")["execution_count"].tolist() == [3, 4]
    assert view.events("second")["execution_count"].tolist() == [4]
    assert view.events("second")["logged_by"].tolist() == ["cell"]
    cells = view.cells()
    assert cells["execution_count"].tolist() == [3, 4, 5]
    assert cells["outcome"].tolist() == ["ok", "ok", "ok"]
    assert cells["events"].tolist() == [1, 2, 0]
    assert cells["artifacts"].tolist() == [[("metric", "first")], [("metric", "first"), ("metric", "second")], []]
    assert cells["source"].tolist()[1].startswith("tracking.log_metric('second'")
    digest = md5()
    digest.update(b"tracking.end()")
    assert cells["hash"].iloc[2] == digest.hexdigest()[:12]
    assert (cells["duration"] >= 0).all()
    assert view.lineage().set_index("name")["execution_count"].to_dict() == {"first": 3, "second": 4}


def test_cells_run_again_and_out_of_order(ip: InteractiveShell, cell) -> None:
    """The same source run twice is two executions, and each has its own rows."""
    a, b = "tracking.log_metric('a', 1)", "tracking.log_metric('b', 1)"
    cell("tracking.init()")
    for source in (b, a, b, a, a):
        cell(source)
    assert counts("a") == [4, 6, 7]
    assert counts("b") == [3, 5]
    hashes = tracking.open_run(latest()).cells()["hash"].tolist()
    assert hashes[1] == hashes[3]
    assert hashes[2] == hashes[4] == hashes[5]


def test_a_cell_that_fails_says_how(ip: InteractiveShell, cell) -> None:
    """Error, interrupt and syntax error; what was logged before is the cell's."""
    cell("tracking.init()")
    cell("tracking.log_metric('a', 1)\n1/0", fails=True)
    cell("raise KeyboardInterrupt", fails=True)
    cell("x = (", fails=True)
    cells = tracking.open_run(latest()).cells().iloc[1:4]
    assert cells["outcome"].tolist() == ["error", "interrupted", "error"]
    assert cells["error"].tolist()[0] == "ZeroDivisionError: division by zero"
    assert cells["events"].tolist() == [1, 0, 0]


def test_a_cell_that_runs_another_keeps_what_that_logs(ip: InteractiveShell, cell) -> None:
    """%%capture, %%time and run_cell are the cell's own doing."""
    cell("tracking.init()")
    cell("%%capture\ntracking.log_metric('a', 1)")
    cell("%%time\ntracking.log_metric('a', 2)")
    cell("get_ipython().run_cell(\"tracking.log_metric('a', 3)\")\ntracking.log_metric('a', 4)")
    assert counts("a") == [3, 4, 5, 5]


def test_a_tracked_cell_is_the_cell_of_its_run(ip: InteractiveShell, cell) -> None:
    """%%track: rows and lineage have the number of the cell, and its failure is told."""
    cell("%load_ext jupyter_tracking")
    cell("%%track --name inner\ntracking.log_metric('a', 1)")
    cell("%%track --name failing\ntracking.log_metric('a', 1)\n1/0", fails=True)
    assert tracking.open_run("inner").events("a")["execution_count"].tolist() == [3]
    assert tracking.open_run("inner").cells()["outcome"].tolist() == ["ok"]
    assert tracking.open_run("failing").cells()["outcome"].tolist() == ["error"]
    cell("%unload_ext jupyter_tracking")


def test_runs_one_in_another_know_their_own_cells(ip: InteractiveShell, cell) -> None:
    """Two runs at once: each knows every cell, and its own rows."""
    cell("outer = tracking.init(name='outer').__enter__()")
    cell("inner = tracking.init(name='inner').__enter__(); inner.log_metric('a', 1); outer.log_metric('a', 2)")
    cell("inner.end()")
    cell("outer.log_metric('a', 3); outer.end()")
    assert tracking.open_run("inner").events("a")["execution_count"].tolist() == [3]
    assert tracking.open_run("outer").events("a")["execution_count"].tolist() == [3, 5]
    assert tracking.open_run("inner").cells()["execution_count"].tolist() == [3, 4]
    assert tracking.open_run("outer").cells()["execution_count"].tolist() == [2, 3, 4, 5]


def test_what_a_thread_logs_says_so(ip: InteractiveShell, cell) -> None:
    """Rows of a thread are no cell's, also when it goes on while other cells run; the cells' own rows stay theirs."""
    cell("import threading, queue\ntracking.init()\ngo, gone = queue.Queue(), queue.Queue()")
    cell(
        "def work():\n"
        "    while go.get():\n"
        "        tracking.log_metric('a', 10); tracking.log_text('t', 'x'); gone.put(1)\n"
        "thread = threading.Thread(target=work, name='trainer'); thread.start()\n"
        "tracking.log_metric('a', 0)\n"
    )
    for _ in range(3):
        cell("go.put(1); gone.get(); tracking.log_metric('a', 1)")
    cell("go.put(0); thread.join(); tracking.log_metric('a', 2)")
    events = tracking.open_run(latest()).events("a")
    assert events["value"].tolist() == [0, 10, 1, 10, 1, 10, 1, 2]
    assert counts("a") == [3, None, 4, None, 5, None, 6, 7]
    assert events["logged_by"].tolist() == ["cell", *["thread trainer", "cell"] * 3, "cell"]
    lineage = tracking.open_run(latest()).lineage().set_index("name")
    assert lineage["execution_count"].astype(object).where(lambda c: c.notna(), None).to_dict() == {"a": 3, "t": None}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_what_a_forked_child_logs_says_so(ip: InteractiveShell, cell) -> None:
    """Rows of a child have its process, those of the parent their cell."""
    cell("import os\ntracking.init()\ntracking.log_metric('a', 0)")
    cell(
        "child = os.fork()\n"
        "if not child:\n    tracking.log_metric('a', 1); tracking.log_metric('b', 1); os._exit(0)\n"
        "os.waitpid(child, 0)\ntracking.log_metric('a', 2)"
    )
    events = tracking.open_run(latest()).events("a")
    assert events["value"].tolist() == [0, 1, 2]
    assert counts("a") == [2, None, 3]
    assert events["logged_by"].tolist()[1] == f"process {ip.user_ns['child']}"
    assert counts("b") == [None]


def test_another_process_of_the_same_run_says_so(ip: InteractiveShell, cell) -> None:
    """A worker that resumes the run while a cell waits for it is not taken for the cell."""
    cell("import subprocess, sys\nrun = tracking.init(name='shared')\ntracking.log_metric('a', 0)")
    script = "import jupyter_tracking as t; r = t.init(run_uuid=%r, shared=True); r.log_metric('a', 1)"
    cell(f"subprocess.run([sys.executable, '-c', {script!r} % run.uuid], check=True, capture_output=True)\ntracking.log_metric('a', 2)")
    events = tracking.open_run("shared").events("a")
    assert events["value"].tolist() == [0, 1, 2]
    assert events["execution_count"].isna().tolist() == [False, True, False]
    assert events["logged_by"].tolist()[1].startswith("process ")


def test_a_row_with_a_timestamp_of_another_time_belongs_to_its_cell(ip: InteractiveShell, cell) -> None:
    """A moment that the caller gives may lie in another cell, before the run or in the future."""
    cell("import time\ntracking.init()\nthen = time.time()")
    cell("for n, moment in enumerate([then, 0.0, 4e9]): tracking.log_metric('a', n, timestamp=moment)")
    cell("tracking.log_metric('a', 4, timestamp=time.time()); tracking.log_metrics(a=5, b=5)")
    assert counts("a") == [3, 3, 3, 4, 4]
    assert counts("b") == [4]


def test_what_is_logged_between_cells_is_no_cells(ip: InteractiveShell, cell) -> None:
    """A callback that runs while no cell does (a widget's, say) logs a row without a cell."""
    cell("tracking.init()")
    tracking.log_metric("a", 1)
    cell("tracking.log_metric('a', 2)")
    events = tracking.open_run(latest()).events("a")
    assert counts("a") == [None, 3]
    assert events["logged_by"].isna().tolist() == [True, False]


def test_a_run_outside_of_a_notebook_has_no_cells(root: Path) -> None:
    """A plain program: no journal, no columns, an empty frame."""
    with tracking.init() as run:
        tracking.log_metric("a", 1)
    view = tracking.open_run(run)
    assert len(view.cells()) == 0
    assert view.events("a").columns.tolist() == ["step", "timestamp", "value"]
    assert not (run.path / "code").exists()


def test_hashes_and_numbers_alone_are_kept_without_track_code(ip: InteractiveShell, cell) -> None:
    """`track_code=False`: the join works, and no source is anywhere in the run."""
    cell("tracking.init(track_code=False)\n'a_word_to_look_for'")
    cell("'a_word_to_look_for'; tracking.log_metric('a', 1)")
    cell("tracking.end()")
    assert counts("a") == [3]
    assert tracking.open_run(latest()).cells()["source"].isna().all()
    assert b"a_word_to_look_for" not in b"".join(path.read_bytes() for path in latest().rglob("*") if path.is_file())


def test_the_hooks_are_gone_after_the_end(ip: InteractiveShell, cell) -> None:
    """What was put into the shell and its streams is taken out again."""
    import sys

    before = {name: list(callbacks) for name, callbacks in ip.events.callbacks.items()}
    own = [dict(vars(owner)) for owner in (ip.display_pub, ip.displayhook, sys.stdout)]
    cell("tracking.init(collect_resources=True)")
    cell("tracking.end()")
    assert {name: list(callbacks) for name, callbacks in ip.events.callbacks.items()} == before
    assert "publish" not in vars(ip.display_pub)
    assert "write_format_data" not in vars(ip.displayhook)
    assert "_showtraceback" not in vars(ip)
    assert set(vars(sys.stdout)) - set(own[2]) <= {"write"}  # IPython's own
    assert not str(vars(sys.stdout).get("write", "")).startswith("<function _Ear")


def test_a_hook_that_fails_is_told_once_and_disturbs_nothing(
    ip: InteractiveShell, cell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The cells go on, and so does the run."""
    cell("tracking.init()")

    def fail(*_: object) -> None:
        message = "by design"
        raise RuntimeError(message)

    monkeypatch.setattr("jupyter_tracking.errors._logged", set())
    monkeypatch.setattr("jupyter_tracking.notebook.provenance._NotebookCapture.cell_started", fail)
    monkeypatch.setattr("jupyter_tracking.notebook.provenance._NotebookCapture.cell_ended", fail)
    for n in range(3):
        assert cell(f"tracking.log_metric('a', {n}); {n}").result == n
    assert [record.message for record in caplog.records] == ["the journal of cells is no longer kept: RuntimeError: by design"]
    assert tracking.open_run(latest()).load("a") == 2.0


@pytest.mark.parametrize("told", [(), (None,), (None, None)])
def test_hooks_take_whatever_a_shell_gives(ip: InteractiveShell, cell, told: tuple[object, ...]) -> None:
    """A future IPython may call with other arguments; its cells run all the same."""
    cell("tracking.init()")
    hooks = [hook for name in ("pre_run_cell", "post_run_cell") for hook in ip.events.callbacks[name]]
    own = [hook for hook in hooks if isinstance(getattr(hook, "__self__", None), cell_hooks.CellHooks)]
    assert len(own) == 2
    for hook in own:
        hook(*told)
    cell("tracking.log_metric('a', 1)")
    assert counts("a") == [3]


def test_a_run_whose_folder_goes_away_leaves_the_cells_alone(ip: InteractiveShell, cell) -> None:
    """The hooks find nothing to write to, and the cells run."""
    import shutil

    cell("run = tracking.init()")
    shutil.rmtree(tracking.current_run().path)
    assert cell("1 + 1").result == 2
    cell("tracking.log_metric('a', 1)", fails=True)
    assert cell("2 + 2").result == 4


# --- the journals themselves ---------------------------------------------------------------------


def test_damaged_lines_are_passed_over() -> None:
    """Nonsense, a torn tail and lines of something else do not hide the good ones."""
    start = b'{"cell": 1, "session": "s", "started": "2026-01-01 00:00:00.000000+00:00"}\n'
    nonsense = b'nonsense\n[]\n{"cell": "x"}\n{"session": 3, "cell": 1, "started": "y"}\n\xff\n'
    end = b'{"cell": 1, "session": "s", "ended": "2026-01-01 00:00:01.000000+00:00", "outcome": "ok", "count": 4}\n'
    cells, problems = parse_cells(start + nonsense + end + b'{"cell": 2, "sess')
    assert [(c.number, c.outcome, c.execution_count) for c in cells] == [(1, "ok", 4)]
    assert sorted({line for line, _ in problems}) == [2, 3, 4, 5, 6]
    (note,), problems = parse_notes(b'{"kind": "metric"}\n{"kind": "metric", "name": "a", "at": "2026-01-01", "cell": [1]}\n')
    assert note.cell is None
    assert [line for line, _ in problems] == [1, 2]


def test_a_field_that_is_null_is_missing() -> None:
    """A start without a moment, an execution without a session, an asset without a path: told, and none of them is made up."""
    start = b'{"cell": 1, "session": "s", "started": "2026-01-01 00:00:00.000000+00:00", "count": null}\n'
    nulls = [
        b'{"cell": 1, "session": null, "started": "2026-01-01 00:00:00.000000+00:00"}\n',
        b'{"cell": 2, "session": "s", "started": null}\n',
    ]
    nulls += [
        b'{"cell": null, "session": "s", "started": "2026-01-01 00:00:00.000000+00:00"}\n',
        b'{"cell": 1, "session": "s", "ended": null}\n',
    ]
    cells, problems = parse_cells(start + b"".join(nulls))
    assert [(c.number, c.session, c.ended, c.execution_count) for c in cells] == [(1, "s", "", None)]
    assert [line for line, _ in problems] == [2, 3, 4, 5]
    notes, problems = parse_notes(b'{"kind": "metric", "name": "a", "at": null, "since": "2026-01-01", "cell": null}\n')
    assert [(note.moment, note.alone, note.cell) for note in notes] == [("2026-01-01", False, None)]
    assert parse_session(b'{"cells": [{"source": "x", "metadata": {"jupyter_tracking": {"session": null}}}]}')[0] == []
    assets, problems = parse_asset_journal(b'{"path": null, "hash": "x"}\n{"path": "a", "hash": null, "size": null}\n')
    assert assets == {"a": {"path": "a"}}
    assert [line for line, _ in problems] == [1]


def test_a_cell_that_was_killed_ends_with_the_next_of_its_kernel(root: Path) -> None:
    """An execution without an end lasts until its kernel ran another; the last one is said to be killed."""
    run = tracking.init()
    (run.path / "code").mkdir()
    moment = "2026-01-01 00:00:{:02d}.000000+00:00"
    lines = [
        f'{{"cell": {n}, "session": "{session}", "started": "{moment.format(second)}", "count": {n}}}\n'
        for n, session, second in [(1, "a", 0), (2, "a", 10), (1, "b", 20)]
    ]
    (run.path / CELLS_FILE).write_text("".join(lines))
    for n, second in enumerate([5, 15, 25, 30]):
        run.log_metric("x", n, timestamp=moment.format(second))
    run.end()
    (run.path / NOTES_FILE).unlink(missing_ok=True)
    timeline = CellTimeline(open_folder(run.path))
    assert [(c.session, c.number) for c in timeline.cells] == [("a", 1), ("a", 2), ("b", 1)]
    events = tracking.open_run(run).events("x")
    assert events["execution_count"].tolist() == [1, 2, 1, 1]
    assert tracking.open_run(run).cells()["outcome"].tolist() == ["killed", "killed", "killed"]


def test_a_cell_inside_another_has_its_own_rows_and_leaves_the_rest(root: Path) -> None:
    """Where spans lie in one another the inner one counts, and after it the outer one again."""
    run = tracking.init()
    (run.path / "code").mkdir()
    moment = "2026-01-01 00:00:{:02d}.000000+00:00"
    spans = [(1, 0, 50), (2, 10, 40), (3, 20, 30)]
    lines = []
    for n, start, end in spans:
        lines.append(f'{{"cell": {n}, "session": "s", "started": "{moment.format(start)}", "count": {n}}}\n')
        lines.append(f'{{"cell": {n}, "session": "s", "ended": "{moment.format(end)}", "outcome": "ok"}}\n')
    (run.path / CELLS_FILE).write_text("".join(lines))
    seconds = [5, 15, 25, 35, 45, 55]
    for second in seconds:
        run.log_metric("x", second, timestamp=moment.format(second))
    run.end()
    events = tracking.open_run(run).events("x")
    assert events["execution_count"].fillna(0).tolist() == [1, 2, 3, 2, 1, 0]
    assert isinstance(events["execution_count"].dtype, pd.Int64Dtype)


def test_the_journals_of_cells_are_read_once_for_all_artifacts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many artifacts are asked for their cells, and again when a cell has been added."""
    run = tracking.init()
    (run.path / "code").mkdir()
    line = '{{"cell": {n}, "session": "s", "started": "2026-01-01 00:00:{n:02d}.000000+00:00", "count": {n}}}\n'
    (run.path / CELLS_FILE).write_text(line.format(n=1))
    for name in ("a", "b", "c"):
        run.log_metric(name, 0.5, timestamp="2026-01-01 00:00:05.000000+00:00")
    run.end()
    (run.path / NOTES_FILE).unlink(missing_ok=True)
    made: list[object] = []
    monkeypatch.setattr(CellTimeline, "__init__", lambda self, folder, init=CellTimeline.__init__: (made.append(1), init(self, folder))[1])
    view = tracking.open_run(run)
    assert [view.events(name)["execution_count"].tolist() for name in ("a", "b", "c")] == [[1], [1], [1]]
    assert len(made) == 1
    (run.path / CELLS_FILE).write_text(line.format(n=1) + line.format(n=2))
    assert view.events("a")["execution_count"].tolist() == [2]
    assert len(made) == 2
