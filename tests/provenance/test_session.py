"""The session as a notebook: valid at every moment, complete, and it runs again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import NotFound
from jupyter_tracking.notebook import session_notebook
from jupyter_tracking.notebook.session_notebook import CellOutputs
from jupyter_tracking.redact.names import level
from tests.provenance.conftest import executed

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking import RunView

SEEDED = [
    "import numpy as np\nimport jupyter_tracking as tracking",
    "generator = np.random.default_rng(7)",
    "run = tracking.init(name='seeded', root='.')",
    "for n in range(50): tracking.log_metric('noise', generator.normal(), step=n)",
    "def curve():\n    return np.linspace(0, 1, 20), generator.random(20)\n\ntracking.log_curve('roc', *curve(), step=1)",
    "print('done')\ngenerator.integers(100)",
    "tracking.end()",
]


def session(run: Path) -> nbformat.NotebookNode:
    """The session's file, checked against the format's schema."""
    notebook = nbformat.read(run / "code" / "session.ipynb", as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_it_is_valid_after_every_cell_and_holds_what_has_ended(cell) -> None:
    """Cells in the order they ran, those before the run too, twice what ran twice, with ids of their own."""
    cell("before = 1")
    cell("tracking.init()")
    run = tracking.current_run()
    for n in range(3):
        cell("print('same')")
        notebook = session(run.path)
        assert [c.source for c in notebook.cells[2:]] == ["tracking.init()", *["print('same')"] * (n + 1)]
        assert len({c.id for c in notebook.cells}) == len(notebook.cells)
    assert notebook.cells[1].source == "before = 1"
    cell("tracking.end()")
    assert session(run.path).cells[-1].source == "tracking.end()"
    assert tracking.open_run(run).notebook().cells[-1].source == "tracking.end()"


def test_outputs_are_kept_as_a_notebook_keeps_them(cell) -> None:
    """Printed text, results, pictures, tables and tracebacks, in their order; no scripts."""
    cell("tracking.init()\nfrom IPython.display import display, HTML, Image, update_display, clear_output\nimport sys, base64")
    cell("print('one'); display(HTML('<b>two</b>')); print('three', file=sys.stderr); 4")
    cell("1/0", fails=True)
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    cell(f"display(Image(base64.b64decode('{pixel}')))")
    cell("display(HTML('<script>x()</script>'))")
    cell("display(1, display_id='d'); update_display(2, display_id='d')")
    cell("print('gone'); clear_output(); print('here')")
    cell("import pandas as pd; pd.DataFrame({'a': [1]})")
    outputs = [c.outputs for c in session(tracking.current_run().path).cells[2:]]
    assert [o.output_type for o in outputs[0]] == ["stream", "display_data", "stream", "execute_result"]
    assert (outputs[0][0].text, outputs[0][1].data["text/html"], outputs[0][2].name) == ("one\n", "<b>two</b>", "stderr")
    assert outputs[0][3].data["text/plain"] == "4"
    assert (outputs[1][0].ename, outputs[1][0].evalue) == ("ZeroDivisionError", "division by zero")
    assert outputs[2][0].data["image/png"].strip() == pixel
    assert "text/html" not in outputs[3][0].data
    assert [o.data["text/plain"] for o in outputs[4]] == ["2"]
    assert [o.text for o in outputs[5]] == ["here\n"]
    assert "<table" in outputs[6][0].data["text/html"]


def test_our_own_displays_keep_what_finds_the_run_again(cell) -> None:
    """Of a view its line and its metadata are kept, not its page."""
    cell("tracking.init()\ntracking.log_metric('a', 1, step=0); tracking.log_metric('a', 2, step=1)")
    cell("tracking.open_run(tracking.current_run()).show('a')")
    outputs = session(tracking.current_run().path).cells[-1].outputs
    assert all(set(o.data) == {"text/plain"} for o in outputs)
    assert outputs[0].metadata["jupyter_tracking"]["name"] == "a"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A seeded session that was run."""
    folder = tmp_path_factory.mktemp("seeded")
    executed(folder, SEEDED)
    return tracking.open_run("seeded", root=folder)


def test_running_it_again_logs_the_same_values(seeded: RunView, root: Path) -> None:
    """A seeded session, run again in a fresh kernel, makes the same rows."""
    first = seeded
    executed(root, [c.source for c in first.notebook().cells])
    second = tracking.open_run("seeded", root=root)
    assert first.events("noise")["value"].tolist() == second.events("noise")["value"].tolist()
    assert first.load("roc").y.tolist() == second.load("roc").y.tolist()
    assert first.notebook().cells[5].outputs[0].text == "done\n"
    assert [c.source for c in second.notebook().cells] == [c.source for c in first.notebook().cells]
    assert str(tracking.diff_notebooks(first, second)) == ""


def test_nbconvert_takes_it(seeded: RunView) -> None:
    """The session converts to HTML."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(seeded.notebook())
    assert "default_rng" in page


def test_kill_in_the_middle_of_a_cell(root: Path) -> None:
    """After kill -9 it is valid and holds every cell that had ended; the run's cells say which was killed."""
    lines = [
        "import os, signal, jupyter_tracking as tracking",
        "run = tracking.init(name='killed', root='.')",
        *[f"tracking.log_metric('a', {n}); print('cell', {n})" for n in range(20)],
        "tracking.log_metric('a', 99); os.kill(os.getpid(), signal.SIGKILL)",
        "print('never')",
    ]
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit", "--colors=NoColor"]
    environment = {**os.environ, "IPYTHONDIR": str(root / ".ipython")}
    done = subprocess.run(
        command, input="\n".join(lines), cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL
    view = tracking.open_run("killed")
    assert view.status == "interrupted"
    notebook = session(view.path)
    assert [c.source for c in notebook.cells] == lines[:22]
    assert [c.outputs[0].text for c in notebook.cells[2:]] == [f"cell {n}\n" for n in range(20)]
    cells = view.cells()
    assert cells["outcome"].tolist() == [*["ok"] * 21, "killed"]
    assert view.events("a")["execution_count"].tolist() == list(range(3, 24))
    assert view.events("a")["value"].tolist()[-1] == 99
    assert view.logs()["text"].tolist()[1:] == [f"cell {n}" for n in range(20)]


def test_a_resumed_run_goes_on_with_its_session(cell) -> None:
    """What the first life ran stays, what the second ran follows."""
    cell("run = tracking.init(name='x')")
    cell("'first life'")
    cell("tracking.end()")
    cell("tracking.init(run_uuid=run.uuid)")
    cell("'second life'")
    cell("tracking.end()")
    sources = [c.source for c in session(tracking.open_run("x").path).cells]
    assert sources.index("'first life'") < sources.index("'second life'")
    view = tracking.open_run("x")
    assert len(set(view.cells()["session"])) == 2
    assert view.cells()["source"].notna().all()


def test_a_run_without_code_says_so(root: Path) -> None:
    """`notebook()` of a plain program's run is one clear line."""
    with tracking.init() as run:
        tracking.log_metric("a", 1)
    with pytest.raises(NotFound, match="kept no cells: it ran outside of IPython, or with track_code=False"):
        tracking.open_run(run).notebook()


def test_a_session_with_half_a_character_is_valid(cell) -> None:
    """What UTF-8 cannot hold in an output is no reason to lose the cell."""
    cell("tracking.init()")
    cell("from IPython.display import publish_display_data as p; p({'text/plain': 'a\\ud800b'})")
    assert "publish_display_data" in session(tracking.current_run().path).cells[-1].source


def test_the_names_of_earlier_cells_are_not_looked_at_by_each_cell(cell, ip) -> None:
    """IPython keeps the source of each cell in a variable: after thousands of cells a cell is as quick as the first."""
    cell("tracking.init()")
    ip.user_ns.update({f"_i{number}": "x = 1" for number in range(5000)})
    cell("password = 'Tr0ub4dor&3xyz'")
    before = level.cache_info().misses
    for number in range(3):
        cell(f"print('Tr0ub4dor&3xyz', {number})")
    assert level.cache_info().misses - before < 1000
    assert "Tr0ub4dor" not in (tracking.current_run().path / "code/session.ipynb").read_text()


# --- limits --------------------------------------------------------------------------------------


def test_printed_text_has_a_limit_that_says_so(cell) -> None:
    """A hundred thousand lines: the first of them, and how many more there are; the log has all."""
    cell("tracking.init(name='x')")
    cell("for n in range(100000): print('line', n)")
    outputs = session(tracking.current_run().path).cells[-1].outputs
    assert outputs[0].text.startswith("line 0\nline 1\n")
    assert len(outputs[0].text) <= session_notebook.TEXT_LIMIT
    kept = outputs[0].text.count("\n")
    assert outputs[1].text.startswith(f"… {100_000 - kept:,} more lines")
    cell("tracking.end()")
    assert tracking.open_run("x").logs()["text"].str.startswith("line").sum() == 100_000


def test_a_picture_beyond_the_limit_is_named_not_kept() -> None:
    """Two megabytes of one picture: a line says what was there."""
    transcript = CellOutputs()
    transcript.on_display({"output_type": "display_data", "data": {"image/png": "A" * 2_000_000}, "metadata": {}})
    assert transcript.final(1)[0]["data"] == {"text/plain": "[an output of 2,000,000 bytes was not kept here: image/png]"}


def test_a_session_that_has_grown_large_keeps_less_of_each_cell(cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of all outputs a cell keeps a little of its text, and stays."""
    monkeypatch.setattr(session_notebook, "SESSION_LIMIT", 15_000)
    cell("tracking.init()")
    for _ in range(4):
        cell("print('x' * 9000)")
    texts = [c.outputs[0].text for c in session(tracking.current_run().path).cells[-4:]]
    assert [len(text) > 9000 for text in texts] == [True, True, False, False]
    assert all("more characters" in text for text in texts[2:])


def test_the_file_is_made_of_whole_cells_without_rereading_them(cell) -> None:
    """A cell is turned into JSON once: what stands in the file of it stays byte for byte."""
    cell("tracking.init()")
    cell("1 + 1")
    path = tracking.current_run().path / "code/session.ipynb"
    before = path.read_bytes().rpartition(b"\n]}")[0]
    cell("2 + 2")
    assert before.partition(b'"cells":[')[2] in path.read_bytes()
    assert json.loads(path.read_bytes())["metadata"]["jupyter_tracking"]["run"] == tracking.current_run().uuid
