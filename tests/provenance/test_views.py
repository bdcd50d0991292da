"""What the views are told of cells, of what was printed, and of what the machine used."""

from __future__ import annotations

import gzip
import re
from base64 import b64decode
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.notebook import system_metrics
from jupyter_tracking.views.export import page
from jupyter_tracking.views.model.listing import list_artifacts
from jupyter_tracking.views.model.scene import open_scene

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_pane_says_from_which_cell_each_step_came(cell) -> None:
    """Labels and sources once a cell, and for each step which of them; a thread has its name, and secrets are masked."""
    cell("import threading\ntracking.init(name='x')")
    cell("tracking.log_text('t', 'a', step=0); tracking.log_text('t', 'b', step=1); password = 'hunter2'")
    cell("tracking.log_text('t', 'c', step=2)")
    cell("t = threading.Thread(target=lambda: tracking.log_text('t', 'd', step=3), name='trainer'); t.start(); t.join()")
    shown = open_scene(tracking.open_run("x").files, ["t"])
    told = shown.info()["panels"][0]
    assert [c["label"] for c in told["cells"]] == ["cell [3]", "cell [4]", "thread trainer"]
    assert told["from"] == [0, 0, 1, 2]
    assert told["cells"][0]["source"].endswith("password = '***'")
    assert "source" not in told["cells"][2]
    # Of a twin that holds some of the steps, those.
    about, _ = page.select_steps(shown, [0, 2, 3], 0, preview=True)
    assert about["about"]["panels"][0]["from"] == [0, 1, 2]


def test_sources_keep_to_a_size(cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long cell is cut, and beyond the room of all there are labels alone."""
    monkeypatch.setattr("jupyter_tracking.views.model.source_cells._LONGEST", 100)
    monkeypatch.setattr("jupyter_tracking.views.model.source_cells._ROOM", 150)
    cell("tracking.init(name='x')")
    for step in range(4):
        cell(f"tracking.log_text('t', 'a', step={step}) #" + "x" * 500)
    told = open_scene(tracking.open_run("x").files, ["t"]).info()["panels"][0]
    assert [len(c.get("source", "")) for c in told["cells"]] == [102, 102, 0, 0]


def test_a_plain_run_says_nothing_of_cells(root: Path) -> None:
    """Nothing is known, so nothing is said, and no row of a log either."""
    with tracking.init(track_logs=False) as run:
        tracking.log_text("t", "a", step=0)
    files = tracking.open_run(run).files
    assert "cells" not in open_scene(files, ["t"]).info()["panels"][0]
    assert list_artifacts(files)["log"] == {"lines": [], "before": 0}


def test_the_browser_has_the_log(cell) -> None:
    """The last lines with their cells and streams, in the listing and so in the twin."""
    cell("import sys\nrun = tracking.init(name='x')")
    cell("for n in range(500): print('line', n)\nprint('<b>wrong</b>', file=sys.stderr)")
    cell("tracking.end()")
    view = tracking.open_run("x")
    log = list_artifacts(view.files)["log"]
    assert log["lines"][-1] == ["[3]", "<b>wrong</b>", True]
    assert log["lines"][-2] == ["[3]", "line 499", False]
    assert log["before"] + len(log["lines"]) == 502
    page = view.save("x.html").read_text()
    data = gzip.decompress(b64decode(re.findall(r'class="jt-data">([^<]+)', page)[0]))
    assert b"line 499" in data
    assert "<b>wrong</b>" not in page


def test_what_the_machine_used_is_read_and_shown_as_metrics(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames, values and views; behind the metrics in the browser; no cell's, and nothing is wrong with the run."""
    monkeypatch.setattr(system_metrics, "_SHORTEST", 0.0)
    with tracking.init(collect_resources=True) as run:
        tracking.log_metric("loss", 1, step=0)
        tracking.log_text("note", "x")
    view = tracking.open_run(run)
    assert view.events("memory").columns.tolist() == ["step", "timestamp", "value"]
    assert 0 < view.load("memory") <= 100
    assert view.show("cpu").content is not None
    kinds = [entry["kind"] for entry in list_artifacts(view.files)["artifacts"]]
    assert kinds[0] == "metric"
    assert kinds[-1] == "text"
    assert set(kinds[1:-1]) == {"system"}
    assert len(view.problems()) == 0
