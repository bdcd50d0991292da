"""The cells that recorded a run and what they printed, as DataFrames; the cell that logged each event; the session as a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd

from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.json_fields import parse_json
from jupyter_tracking.format.session import MOST_OBJECTS, parse_logs, parse_notebook, parse_session
from jupyter_tracking.frames.dtypes import TIMESTAMP, with_dtypes
from jupyter_tracking.read.cell_timeline import cell_timeline, session_paths

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from jupyter_tracking.format.cell_log import Cell
    from jupyter_tracking.read.cell_timeline import CellTimeline
    from jupyter_tracking.read.run_files import RunFiles
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

_CELLS = {
    "cell_id": "string",
    "execution_count": "Int64",
    "notebook": "string",
    "session": "string",
    "started": TIMESTAMP,
    "ended": TIMESTAMP,
    "duration": "Float64",
    "outcome": "string",
    "error": "string",
    "hash": "string",
    "masked": "Int64",
    "events": "Int64",
    "artifacts": "object",
    "source": "string",
}
_MOST_CONVERTED = 50_000  # objects of a notebook of another format: to convert and check them takes some seconds
_LOGS = {"timestamp": TIMESTAMP, "stream": "string", "text": "string"}


# --- cells ---------------------------------------------------------------------------------------


def cells_frame(folder: RunFolder) -> pd.DataFrame:
    """Return the cells that ran while the run was active: a row an execution, with what it logged and its source.

    `outcome` is `ok`, `error`, `interrupted`, `running`, or `killed` when its kernel died in it. `events` counts
    logged rows, `artifacts` lists their (kind, name). Rows that threads and other processes logged are no cell's.
    """
    timeline = cell_timeline(folder)
    events = np.zeros(len(timeline.cells), dtype=np.int64)
    artifacts: list[list[tuple[str, str]]] = [[] for _ in timeline.cells]
    logged = [artifact for artifact in folder.artifacts() if artifact.kind != "system"]  # which no cell logs
    for artifact in logged if timeline.cells else []:
        places, _ = timeline.cells_of_rows(artifact.kind, artifact.name, _timestamps(folder, artifact))
        counts = np.bincount(places[places >= 0], minlength=len(timeline.cells))
        events += counts if artifact.versioned else 0
        for n in np.flatnonzero(counts):
            artifacts[n].append((artifact.kind, artifact.name))
    sources, running = session_cells(folder), folder.status == "running"
    last = {cell.session: n for n, cell in enumerate(timeline.cells)}
    rows = [
        {
            **{key: getattr(cell, key) for key in ("cell_id", "execution_count", "notebook", "session", "hash", "masked")},
            "started": cell.started,
            "ended": cell.ended or None,
            "outcome": cell.outcome or ("running" if running and last[cell.session] == n else "killed"),
            "error": cell.error or None,
            "events": events[n],
            "artifacts": artifacts[n],
            "source": sources.get((cell.session, cell.number)),
        }
        for n, cell in enumerate(timeline.cells)
    ]
    frame = pd.DataFrame(rows, columns=list(_CELLS))
    frame = with_dtypes(frame, {name: dtype for name, dtype in _CELLS.items() if name != "duration"})
    lasted = (frame["ended"] - frame["started"]).dt.total_seconds().astype("Float64")
    told = pd.Series([cell.seconds for cell in timeline.cells], index=frame.index, dtype="Float64")  # where the clock was set meanwhile
    frame["duration"] = told.where(told.notna(), lasted)
    return frame


def _timestamps(folder: RunFolder, artifact: Artifact) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the timestamps of an artifact's rows in µs since the epoch; of one without rows, when it was first logged."""
    if not artifact.versioned:
        logged = artifact.meta.get("logged") or ""
        own = not (artifact.meta.get("cell") or {}).get("by")
        try:
            return np.array([event_rows.parse_timestamp(logged)] if own else [], dtype=np.int64)
        except ValueError:
            return np.array([], dtype=np.int64)
    return folder.rows(artifact).timestamp


def with_cells(folder: RunFolder, artifact: Artifact, events: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of an artifact with the cell that logged each; of a run that knows no cells, as they are.

    The columns are `notebook`, `cell_id`, `execution_count`, and `logged_by`: `cell`, `thread …`, `process …`, or nothing for
    what was logged between two cells.
    """
    timeline = cell_timeline(folder)
    if not timeline or artifact.kind == "system":
        return events
    moments = events["timestamp"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    places, by = timeline.cells_of_rows(artifact.kind, artifact.name, moments)
    for name in ("notebook", "cell_id", "execution_count"):
        events[name] = _cell_column(timeline, places, name)
    events["logged_by"] = pd.array(by, dtype="string")
    return events


def _cell_column(timeline: CellTimeline, places: np.ndarray[Any, np.dtype[np.int64]], name: str) -> Any:
    """Return an attribute of the cells at these places in `timeline.cells` as a column; missing where the place is -1."""
    known = np.array([*(getattr(cell, name) for cell in timeline.cells), None], dtype=object)  # -1 is the None at the end
    values: Any = known[places]
    return pd.array(values, dtype=_CELLS[name])


# --- the session ---------------------------------------------------------------------------------


def session_cells(folder: RunFolder) -> dict[tuple[str, int], str]:
    """Return the source of each execution, by session and number; none of a run that kept no code."""
    return folder.once(session_paths(folder), _read_sources)


def _read_sources(folder: RunFiles) -> dict[tuple[str, int], str]:
    cells = [cell for path in session_paths(folder) for cell in parse_session(folder.read_or_empty(path))[0]]
    return {(cell.session, cell.number): cell.source for cell in cells}


def session_notebook(folder: RunFolder) -> NotebookNode:
    """Return the session as a notebook: the cells that ran, in the order they ran, with what they put out.

    Raises:
        NotFound: the run kept no code.
        InvalidArgument: what it kept is no notebook any more.
    """
    paths = session_paths(folder)
    if not paths:
        raise NotFound(f"run {folder.uuid[:8]} kept no cells: it ran outside of IPython, or with track_code=False")
    return as_notebook(folder.read_document(paths[0]), f"{folder.path}/{paths[0]}")


def as_notebook(data: bytes, name: str) -> NotebookNode:
    """Return a notebook, brought to the present version of the format, without cells, outputs and fields that are none.

    Raises:
        InvalidArgument: it is no notebook; the message says `name`.
    """
    found, wrong = parse_notebook(data)
    if wrong and not found["cells"]:
        found = _of_old_format(data) or found
    if wrong and not found["cells"]:
        raise InvalidArgument(f"notebook={name!r} is no notebook: {wrong[0]}")
    try:
        node = _as_nodes(found)
        _ = node.cells
    except Exception as error:  # noqa: BLE001 - what nbformat raises differs with what is wrong
        raise InvalidArgument(f"notebook={name!r} is no notebook: {' '.join(str(error).split())[:200] or type(error).__name__}") from None
    return node


def _of_old_format(data: bytes) -> dict[str, Any] | None:
    """Return a notebook of before format 4, which has worksheets, in the present format; None of what is none."""
    try:
        found = parse_json(data) if data.count(b"{") <= MOST_OBJECTS else None
        return parse_notebook(orjson.dumps(_as_nodes(found)))[0] if type(found) is dict and "worksheets" in found else None
    except Exception:  # noqa: BLE001 - what nbformat raises differs with what is wrong
        return None


def _as_nodes(found: dict[str, Any]) -> NotebookNode:
    """Return a notebook's JSON as nbformat's object."""
    import warnings

    import nbformat

    if found.get("nbformat") == nbformat.v4.nbformat:
        of_present: NotebookNode = nbformat.v4.to_notebook_json(found, minor=found.get("nbformat_minor", 0))
        return of_present
    data = orjson.dumps(found)
    if data.count(b"{") > _MOST_CONVERTED:
        raise ValueError(f"it has no format 4, and more objects than the {_MOST_CONVERTED:,} that are brought to it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what nbformat says of cells without an id, to which it gives one
        node: NotebookNode = nbformat.reads(data.decode("utf-8"), as_version=4)
    return node


# --- logs ----------------------------------------------------------------------------------------


def logs_frame(folder: RunFolder) -> pd.DataFrame:
    """Return what was printed, a row a line: `timestamp`, `stream`, `text`, and the cell that was executing."""
    timeline = cell_timeline(folder)
    rows = [row for name in folder.list_names("plxlogs") for row in parse_logs(folder.read_or_empty(f"plxlogs/{name}"))[0]]
    frame = with_dtypes(pd.DataFrame(rows, columns=list(_LOGS)), _LOGS)
    moments = frame["timestamp"].to_numpy(dtype="datetime64[us]")
    places = timeline.cells_at(moments.astype(np.int64)) if len(timeline.cells) else np.full(len(frame), -1)
    for n, row in enumerate(rows):
        if "cell" in row:  # it was said, because the time does not tell
            places[n] = timeline.place(row["cell"])
    for name in ("cell_id", "execution_count"):
        frame[name] = _cell_column(timeline, places, name)
    return frame


def cell_label(cell: Cell) -> str:
    """Return what a view calls a cell: `[execution count]`, else its id."""
    return f"[{cell.execution_count}]" if cell.execution_count is not None else cell.cell_id or "?"
