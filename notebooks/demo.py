"""Run the quickstart notebook for real and show what it left behind; with --lab, open it in JupyterLab.

Works on a copy in demo/, so that the checkout stays as it is. The runs of the copy lie under demo/runs/.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.sign import NotebookNotary

CHECKOUT = Path(__file__).resolve().parent.parent
SOURCE = CHECKOUT / "notebooks" / "quickstart.ipynb"
DEMO = CHECKOUT / "demo"
COPY = DEMO / "quickstart.ipynb"


def main() -> int:
    """Run or open the notebook."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lab", action="store_true", help="open the notebook in JupyterLab")
    arguments = parser.parse_args()
    if not SOURCE.exists():
        print(f"{SOURCE} is missing: this is not a whole checkout.", file=sys.stderr)
        return 1
    DEMO.mkdir(exist_ok=True)
    os.environ["POLYAXON_OFFLINE_ROOT"] = str(DEMO)
    return open_in_lab() if arguments.lab else run()


def run() -> int:
    """Run a fresh copy of the notebook, a line a cell; then show the run it made."""
    notebook = nbformat.read(SOURCE, as_version=4)
    keep_edited_copy(notebook)
    earlier = set(DEMO.glob("runs/*"))
    failure = execute(notebook)
    nbformat.write(notebook, COPY)
    if failure is not None:
        story = str(failure) if sys.stderr.isatty() else re.sub(r"\x1b\[[0-9;]*m", "", str(failure))
        print(f"\n\n{story}\nThe notebook up to there: {COPY}", file=sys.stderr)
        return 1
    # The outputs are ours, made on this machine a moment ago: JupyterLab may run the scripts of their sliders.
    NotebookNotary().sign(notebook)
    for folder in sorted(set(DEMO.glob("runs/*")) - earlier, key=lambda folder: folder.stat().st_mtime):
        show(folder)
    print(f"\nThe notebook with its outputs: {COPY.relative_to(CHECKOUT)}\nOpen it in JupyterLab: make lab")
    return 0


def execute(notebook: nbformat.NotebookNode) -> CellExecutionError | None:
    """Run every code cell in a kernel of its own."""
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    began = {}

    def start(cell: Any, cell_index: int) -> None:
        began[cell_index] = time.perf_counter()
        if cell.cell_type == "code":
            print(f"[{code.index(cell_index) + 1:2}/{len(code)}] {first_line(cell.source):<70}", end="", flush=True)

    def finish(cell: Any, cell_index: int, **_: Any) -> None:
        if cell.cell_type == "code":
            print(f"{time.perf_counter() - began[cell_index]:7.1f} s", flush=True)

    # Without stored widget state the saved page shows the views' own twins.
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        # The kernel warns that it listens on loopback; that is no news in a demo.
        extra_arguments=["--IPKernelApp.log_level=40"],
        store_widget_state=False,
        resources={"metadata": {"path": str(DEMO)}},
        on_cell_start=start,
        on_cell_executed=finish,
    )
    print(f"Running {SOURCE.relative_to(CHECKOUT)}")
    try:
        client.execute()
    except CellExecutionError as failure:
        return failure
    return None


def first_line(source: str) -> str:
    """The line that says most about a cell: its first, cut to fit."""
    line = next((line for line in source.splitlines() if line.strip()), "")
    return line if len(line) <= 68 else line[:67] + "…"  # noqa: PLR2004 - the width of the column above


def keep_edited_copy(notebook: nbformat.NotebookNode) -> None:
    """Move an earlier copy aside when its cells were changed: nothing of the user's is overwritten."""
    if not COPY.exists():
        return
    earlier = nbformat.read(COPY, as_version=4)
    if [cell.source for cell in earlier.cells] != [cell.source for cell in notebook.cells]:
        kept = COPY.with_name(f"quickstart-{time.strftime('%Y%m%d-%H%M%S', time.localtime(COPY.stat().st_mtime))}.ipynb")
        COPY.replace(kept)
        print(f"The cells of demo/quickstart.ipynb differ from {SOURCE.relative_to(CHECKOUT)}: it was kept as {kept.relative_to(CHECKOUT)}")


def show(folder: Path) -> None:
    """Print a run's folder and lineage."""
    import jupyter_tracking as tracking

    lineage = tracking.lineage(folder.name, root=DEMO)
    columns = ["kind", "name", "steps", "step_min", "step_max", "last_value", "path"]
    print(f"\nRun folder: {folder.relative_to(CHECKOUT)}\nLineage:")
    shown = lineage[columns].astype(object).where(lineage[columns].notna(), "")
    print(shown.to_string(index=False, max_colwidth=36))


def open_in_lab() -> int:
    """Open the copy that was run, or a fresh one."""
    if not COPY.exists():
        COPY.write_bytes(SOURCE.read_bytes())
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # As the default address it is what the browser opens, and what is printed where there is none.
    words = [f"--ServerApp.root_dir={DEMO}", f"--LabApp.default_url=/lab/tree/{COPY.name}", *as_root]
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *words])


if __name__ == "__main__":
    sys.exit(main())
