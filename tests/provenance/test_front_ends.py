"""The same twelve cells by nbclient, by papermill and in a terminal: every artifact's cell is right. JupyterLab's turn is in tests/lab."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.storage.user_file_reader import md5
from tests.provenance.conftest import EVENTS, TWELVE, executed

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking import RunView


def check(view: RunView, *, numbers: range = range(1, 13), sources: list[str] = TWELVE) -> None:
    """Every artifact, row and hash belongs to its cell; `numbers` are the execution numbers of the twelve cells."""
    lineage = view.lineage().set_index("name")
    for name, count in EVENTS.items():
        expected = numbers[int(name.split()[1]) - 1]
        events = view.events(name)
        assert len(events) == count
        assert set(events["execution_count"]) == {expected}, name
        assert set(events["logged_by"]) == {"cell"}
        assert lineage.loc[name, "execution_count"] == expected
    assert lineage.loc["ref 11", "execution_count"] == numbers[10]
    cells = view.cells()
    assert cells["execution_count"].tolist() == list(numbers)[1:]
    assert cells["events"].tolist() == [0, 300, 300, 60, 20, 80, 20, 60, 10, 150, 0]
    assert cells["source"].str.strip().tolist() == sources[1:]
    for source, digest in zip(cells["source"], cells["hash"], strict=True):
        whole = md5()
        whole.update(source.encode())
        assert whole.hexdigest()[:12] == digest
    assert sum(EVENTS.values()) == 1000
    assert len({kind for kind, name in view.artifacts() if name in EVENTS}) == 8


def test_by_nbclient(root: Path) -> None:
    """Numbers and hashes; nbclient tells no ids and no path."""
    executed(root, TWELVE)
    view = tracking.open_run("twelve")
    check(view)
    assert view.cells()["cell_id"].isna().all()
    assert view.cells()["notebook"].isna().all()


@pytest.mark.filterwarnings("ignore")  # papermill's own
def test_by_papermill(root: Path) -> None:
    """With the paths it injects, the notebook is known too."""
    import papermill

    cells = [nbformat.v4.new_code_cell(source) for source in TWELVE]
    cells[0].metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, root / "in.ipynb")
    paths = {"PAPERMILL_INPUT_PATH": str(root / "in.ipynb"), "PAPERMILL_OUTPUT_PATH": str(root / "out.ipynb")}
    papermill.execute_notebook(root / "in.ipynb", root / "out.ipynb", parameters=paths, cwd=root, progress_bar=False)
    view = tracking.open_run("twelve")
    # Papermill puts a cell of its own behind the parameters: all numbers are one more.
    check(view, numbers=range(2, 14))
    assert set(view.cells()["notebook"]) == {str(root / "out.ipynb")}
    assert set(view.lineage()["notebook"].dropna()) == {str(root / "out.ipynb")}


def test_by_the_messages_of_vs_code(root: Path) -> None:
    """Its extension names a cell by the address that the editor has for it, and tells the file by a variable that it sets unseen."""
    from jupyter_client.manager import start_new_kernel

    notebook = root / "notes.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), notebook)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("POLYAXON")} | {
        "IPYTHONDIR": str(root / ".ipython")
    }
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(root), env=environment)
    ids = [f"vscode-notebook-cell:{notebook}#W{number}sZmlsZQ%3D%3D" for number in range(len(TWELVE))]

    def execute(code: str, metadata: dict[str, str], *, seen: bool = True) -> None:
        content = {
            "code": code,
            "silent": not seen,
            "store_history": seen,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": False,
        }
        message = client.session.msg("execute_request", content, metadata=metadata)
        client.shell_channel.send(message)
        reply = client._recv_reply(message["header"]["msg_id"], timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]

    try:
        execute(f"__vsc_ipynb_file__ = {str(notebook)!r}", {}, seen=False)
        for source, identity in zip(TWELVE, ids, strict=True):
            execute(source, {"cellId": identity})
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    view = tracking.open_run("twelve")
    check(view)
    assert view.cells()["cell_id"].tolist() == ids[1:]
    assert set(view.cells()["notebook"]) == {str(notebook)}
    lineage = view.lineage().set_index("name")
    assert [lineage["cell_id"][name] for name in EVENTS] == [ids[int(name.split()[1]) - 1] for name in EVENTS]
    nbformat.validate(view.notebook())


def test_in_a_terminal(root: Path) -> None:
    """Plain IPython: numbers and hashes, and what is printed in the log."""
    lines = [*TWELVE[:-1], "print('  indented')", TWELVE[-1]]
    typed = "".join(f"{source}\n\n" if "\n" in source or source.startswith("for") else f"{source}\n" for source in lines)
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit", "--colors=NoColor"]
    environment = {**os.environ, "IPYTHONDIR": str(root / ".ipython")}
    done = subprocess.run(command, input=typed, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    view = tracking.open_run("twelve")
    cells = view.cells()
    # A terminal's cells are its statements.
    for name, count in EVENTS.items():
        events = view.events(name)
        assert len(events) == count
        (number,) = set(events["execution_count"])
        own = cells[cells["execution_count"] == number]
        assert name in [logged for _, logged in own["artifacts"].iloc[0]]
        assert f"'{name}'" in own["source"].iloc[0]
        assert view.lineage().set_index("name").loc[name, "execution_count"] == number
    assert "  indented" in view.logs()["text"].tolist()
    assert view.status == "succeeded"
