"""Run notebooks top to bottom and save them with what they show, so that it is seen where nothing runs: `make notebooks`.

    python notebooks/execute.py gradient_boosting optuna_search

Each runs in a folder of its own that is gone afterwards. What no reader needs is left out of the saved file: the times of cells, and
widgets, which no kernel is behind any more (their static pages stay). One that tells a folder of this machine is not saved.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTEBOOKS = Path(__file__).resolve().parent
LARGEST = 1_000_000  # bytes of a notebook's file, beyond which web pages of repositories are slow to show it
_PACKED = re.compile(r'<script type="application/gzip" class="jt-data">([^<]*)')
_WIDGET = "application/vnd.jupyter.widget-view+json"


def main() -> int:
    """Run the notebooks that are named and save each with its outputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help="notebooks of this folder, without .ipynb")
    failed = 0
    for name in parser.parse_args().names:
        path = NOTEBOOKS / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            execute(notebook, Path(folder))
            found = told_of_the_machine(notebook, folder)
        text = nbformat.writes(notebook) + "\n"
        print(f"{path.name}: {len(text.encode()):,} bytes")
        if found or len(text.encode()) > LARGEST:
            print(f"not saved: {', '.join(found) or 'it is too large'}", file=sys.stderr)
            failed = 1
        else:
            path.write_text(text, encoding="utf-8")
    return failed


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell in a kernel of its own, in a folder; a cell that fails raises."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYAXON")}
    environment |= {"IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(NOTEBOOKS.parent)}
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        extra_arguments=["--IPKernelApp.log_level=40"],  # it warns that it listens on loopback
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_of_the_kernel(output)]
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}  # without the version of this Python


def is_of_the_kernel(output: nbformat.NotebookNode) -> bool:
    """Return whether an output is nothing without its kernel: a live widget, or the bar of something that took long and is over."""
    return _WIDGET in output.get("data", {}) or bool(output.get("metadata", {}).get("jupyter_tracking", {}).get("progress"))


def texts(output: nbformat.NotebookNode) -> Iterator[bytes]:
    """Yield what is in an output, unpacked: what it shows, and what the pages of its views have packed."""
    yield repr(output).encode()
    for packed in _PACKED.findall(output.get("data", {}).get("text/html", "")):
        yield gzip.decompress(base64.b64decode(packed))


def told_of_the_machine(notebook: nbformat.NotebookNode, folder: str) -> list[str]:
    """Return what the outputs say of the machine: the cell, and the path."""
    paths = {folder, str(Path.home()), str(NOTEBOOKS.parent), sys.prefix}
    path = re.compile("|".join(rf"(?<![\w/.]){re.escape(path)}(?=/)" for path in paths).encode())
    outputs = [(cell.id, text) for cell in notebook.cells for output in cell.get("outputs", []) for text in texts(output)]
    return sorted({f"{cell}: {found.decode()}" for cell, text in outputs for found in path.findall(text)})


if __name__ == "__main__":
    sys.exit(main())
