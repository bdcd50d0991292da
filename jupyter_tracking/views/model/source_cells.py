"""Where what is shown came from: the cells that logged each step, with their sources, and what the cells printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.frames.cells import cell_label, logs_frame, session_cells
from jupyter_tracking.read.cell_timeline import cell_timeline

if TYPE_CHECKING:
    from jupyter_tracking.read.event_table import EventRows
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

_LONGEST = 4_000  # characters of a cell's source
_ROOM = 40_000  # characters of all sources of a series
_LINES = 400  # of the log
_WIDEST = 300  # characters of a line


def source_cells(folder: RunFolder, artifact: Artifact, events: EventRows) -> dict[str, Any]:
    """Return `cells`, each with a label and its source where the run kept it, and `from`: the index of the cell of each event (-1: none).

    Empty for a run that was not recorded in a notebook, and for system metrics, which no cell logs.
    """
    timeline = cell_timeline(folder) if artifact.kind != "system" else None
    if not timeline or not events:
        return {}
    places, by = timeline.cells_of_rows(artifact.kind, artifact.name, events.timestamp)
    sources = session_cells(folder) if (places >= 0).any() else {}
    room = _ROOM
    cells: list[dict[str, str]] = []
    known: dict[object, int] = {}
    which = []
    for place, who in zip(places.tolist(), by.tolist(), strict=True):
        key = place if place >= 0 else who
        if key is not None and key not in known:
            known[key] = len(cells)
            cell = {"label": f"cell {cell_label(timeline.cells[place])}" if place >= 0 else str(who)}
            source = sources.get((timeline.cells[place].session, timeline.cells[place].number), "") if place >= 0 else ""
            if source and room > 0:
                cell["source"] = source if len(source) <= _LONGEST else f"{source[:_LONGEST]}\n…"
                room -= len(cell["source"])
            cells.append(cell)
        which.append(known.get(key, -1) if key is not None else -1)
    return {"cells": cells, "from": which} if cells else {}


def log_of(folder: RunFolder) -> dict[str, Any]:
    """Return the last `lines` that were printed, each as [cell, text, is stderr], and how many lines came `before` them."""
    frame = logs_frame(folder)
    last = frame.tail(_LINES)
    counts = [f"[{count}]" for count in last["execution_count"].astype("string").fillna("")]
    wrong = (last["stream"] == "stderr").fillna(value=False)
    texts = last["text"].fillna("").str.slice(0, _WIDEST)
    rows = [[count if count != "[]" else "", text, bool(bad)] for count, text, bad in zip(counts, texts, wrong, strict=True)]
    return {"lines": rows, "before": len(frame) - len(last)}
