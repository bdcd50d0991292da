"""A run that a marimo notebook records: its lineage names the notebook and the cell, and what marimo shows of it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("marimo", reason="`make fronts` tests it in an environment of its own")

NOTEBOOK = """
import marimo
app = marimo.App()

@app.cell
def _():
    import threading
    import jupyter_tracking as tracking
    return threading, tracking

@app.cell
def start(tracking):
    run = tracking.init(name="cells")
    run.log_metric("first", 1.0)
    return (run,)

@app.cell
def go_on(run, threading, tracking):
    run.log_metric("second", 2.0)
    run.log_text("words", "a")
    thread = threading.Thread(target=lambda: run.log_metric("third", 3.0), name="worker")
    thread.start()
    thread.join()
    run.end()
    return

if __name__ == "__main__":
    app.run()
"""


def test_the_lineage_names_marimos_cells(root: Path) -> None:
    """As a script, which has the same context as a notebook that is served: the file, and one id a cell; of a thread its name."""
    (root / "notebook.py").write_text(NOTEBOOK)
    done = subprocess.run([sys.executable, "notebook.py"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lineage = tracking.open_run("cells", root).lineage().set_index("name")
    made = lineage["cell_id"]
    assert made["first"]
    assert made["second"]
    assert made["first"] != made["second"] == made["words"]
    assert lineage["notebook"][["first", "second", "words"]].tolist() == [str(root / "notebook.py")] * 3
    assert made.isna()["third"]
    assert not tracking.open_run("cells", root).problems(hashes=True).size


def test_marimo_takes_our_frames_and_cards(root: Path) -> None:
    """By `_display_` and `_repr_html_`: HTML each time, and never the sentence on what is not supported."""
    from marimo._output.formatting import get_formatter

    with tracking.init(name="seen") as run:
        run.log_metric("loss", 0.5, step=0)
    view = tracking.open_run(run)
    shown = [run, view, view.show("loss"), view.browse(), tracking.browse(), tracking.best(None, "loss")]
    for each in shown:
        formatter = get_formatter(each)
        assert formatter is not None
        mime, text = formatter(each)
        assert mime == "text/html"
        assert ("<iframe sandbox" in text) == (each is not run)
