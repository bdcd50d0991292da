"""Which cell of a marimo notebook is executing, as far as its runtime tells; marimo is not imported for it."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run


def name_marimo_cells(run: Run) -> None:
    """Let the lineage of a run say which cell of marimo made what, if marimo runs this code."""
    if _context() is not None:
        run.current_cell = current_cell


def current_cell() -> dict[str, Any]:
    """Return the notebook's file and the id of the cell that is executing, as the lineage has it; of another thread its name."""
    context = _context()
    if context is None:  # marimo keeps it by thread
        return {"by": f"thread {threading.current_thread().name}"}
    file, cell = getattr(context, "filename", None), getattr(context, "cell_id", None)
    place = {"notebook": os.path.abspath(file)} if isinstance(file, str) and file else {}  # noqa: PTH100 - links stay as they are
    return place | ({"cell_id": str(cell)} if cell is not None else {})


def _context() -> Any:
    """Return marimo's context of this thread, or None; its place in marimo is no public name, so that it may be missing."""
    ask = getattr(sys.modules.get("marimo._runtime.context"), "get_context", None)
    try:
        return ask() if ask is not None else None
    except Exception:  # noqa: BLE001 - there is none in this thread, or it is made in another way than today
        return None
