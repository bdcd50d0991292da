"""The snippets of a page of documentation, and what comes of typing them in order: one place decides what a snippet is.

Fenced blocks of `python` are the cells of one notebook, from the top of the page to its end, in a fresh kernel; blocks of `sh` are typed
into a terminal in the same folder, between them. Blocks of any other language (`text`, a folder's tree) are not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL)
_RUN = {"python", "sh"}


class Snippet(NamedTuple):
    """A block that is run as typed: its language, `python` or `sh`, and its text."""

    language: str
    text: str


def snippets(page: str) -> list[Snippet]:
    """Return the blocks of a page that are run, in order; blocks inside of a directive, such as the tabs of a set, too."""
    found = []
    for block in _FENCE.finditer(page):
        info = block["info"].strip()
        if info in _RUN:
            found.append(Snippet(info, block["body"]))
        elif info.startswith("{") and not info.startswith(("{code", "{eval", "{toctree")):
            found += snippets(block["body"])
    return found


def type_in_order(typed: Iterable[Snippet], folder: Path, *, timeout: int = 120) -> list[Any]:
    """Type snippets, one after the other, into a fresh kernel and terminals whose current directory is `folder`; return the cells.

    A snippet of `sh` is a cell too, whose source says so; its one output is what the terminal showed.

    Raises:
        CellExecutionError: a cell of Python has failed.
        AssertionError: a command has failed.
    """
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text, metadata={"language": language}) for language, text in typed]
    )
    environment = _environment(folder)
    client = NotebookClient(notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    with client.setup_kernel(env=environment):
        for index, cell in enumerate(notebook.cells):
            if cell.metadata["language"] == "sh":
                cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=_in_terminal(cell.source, folder, environment))]
            else:
                client.execute_cell(cell, index)
    cells: list[Any] = notebook.cells
    return cells


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of the kernel and the terminals: no settings of this machine's, and the commands of the package on the path."""
    programs = folder.parent / f"{folder.name}-bin"
    programs.mkdir(exist_ok=True)
    command = programs / "jupyter-tracking"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m jupyter_tracking "$@"\n')
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLYAXON")}
    path = os.pathsep.join([str(programs), os.path.dirname(sys.executable), kept.get("PATH", "")])
    return kept | {"IPYTHONDIR": str(folder / "ipython"), "PATH": path, "COLUMNS": "96"}


def _in_terminal(text: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-e", "-c", text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}"
    return done.stdout
