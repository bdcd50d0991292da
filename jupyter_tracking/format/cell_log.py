"""The journal of cells: which cells ran, when, and which rows were not logged by the cell that was executing.

A cell has two lines, one of its start and one of its end, so that a cell that was killed is known too:

    {"cell": 3, "session": "1f3c…", "started": "…", "count": 12, "id": "…", "hash": "…", "notebook": "…"}
    {"cell": 3, "session": "1f3c…", "ended": "…", "outcome": "ok"}

A logged value belongs to the cell that was executing at its timestamp. Notes say where that is not so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

CELLS_FILE = "code/cells.jsonl"
NOTES_FILE = "code/elsewhere.jsonl"
SESSION_FILE = "code/session.ipynb"


@dataclass(slots=True)
class Cell:
    """One execution of a cell.

    Attributes:
        number: the number of the execution in its session, from 1.
        session: the id of the kernel session in which it ran.
        started: when it started, as the format has timestamps.
        ended: when it ended; empty while it runs, and of a cell that was killed.
        outcome: `ok`, `error` or `interrupted`; empty as `ended`.
        cell_id: the front end's id of the cell, where it gives one.
        execution_count: the number in the brackets beside it.
        hash: the first 12 hex digits of the md5 of its source.
        notebook: the path of the notebook, where it is known.
        error: type and message of the exception.
        masked: how many of its lines looked like a secret.
    """

    number: int
    session: str
    started: str
    ended: str = ""
    outcome: str = ""
    cell_id: str | None = None
    execution_count: int | None = None
    hash: str = ""
    notebook: str | None = None
    error: str = ""
    masked: int = 0


@dataclass(frozen=True, slots=True)
class AttributionNote:
    """Says that rows of an artifact were not logged by the cell executing at their timestamps.

    Attributes:
        kind: the kind of the artifact.
        name: its name.
        moment: the row's timestamp, as the format has it.
        alone: the note is of this row only; else it holds from this row on, until the next such note.
        by: who logged the row, `thread …` or `process …`; empty for a cell.
        cell: the cell that logged a row with a timestamp of another time: (session, number).
    """

    kind: str
    name: str
    moment: str
    alone: bool
    by: str = ""
    cell: tuple[str, int] | None = None


def format_cell_start(cell: Cell) -> bytes:
    """Return the line of a cell that starts."""
    item = {
        "cell": cell.number,
        "session": cell.session,
        "started": cell.started,
        "count": cell.execution_count,
        "id": cell.cell_id,
        "hash": cell.hash,
        "notebook": cell.notebook,
        "masked": cell.masked or None,
    }
    return _line(item)


def format_cell_end(cell: Cell) -> bytes:
    """Return the line of a cell that has ended."""
    item = {
        "cell": cell.number,
        "session": cell.session,
        "ended": cell.ended,
        "outcome": cell.outcome,
        "count": cell.execution_count,
        "error": cell.error or None,
    }
    return _line(item)


def format_attribution_note(note: AttributionNote) -> bytes:
    """Return the line of a note."""
    when = "at" if note.alone else "since"
    cell = list(note.cell) if note.cell else None
    return _line({"kind": note.kind, "name": note.name, when: note.moment, "by": note.by or None, "cell": cell})


def _line(item: dict[str, Any]) -> bytes:
    present = {key: value for key, value in item.items() if value is not None}
    try:
        return orjson.dumps(present) + b"\n"
    except TypeError:  # an unpaired surrogate in an error's message, a huge number
        import json

        return json.dumps(present, default=str).encode("ascii") + b"\n"


def read_cells(data: bytes) -> list[Cell]:
    """Return the cells of a journal in the order they started; lines that cannot be read are skipped."""
    found: dict[tuple[str, int], Cell] = {}
    for item in _items(data):
        session, number = item.get("session"), item.get("cell")
        if not isinstance(session, str) or not isinstance(number, int):
            continue
        if isinstance(item.get("started"), str):
            cell = found[session, number] = Cell(number, session, item["started"])
            cell.cell_id, cell.notebook = _text(item.get("id")), _text(item.get("notebook"))
            cell.hash, cell.masked = _text(item.get("hash")) or "", _number(item.get("masked")) or 0
            cell.execution_count = _number(item.get("count"))
        elif isinstance(item.get("ended"), str) and (session, number) in found:
            cell = found[session, number]
            cell.ended, cell.outcome = item["ended"], _text(item.get("outcome")) or ""
            cell.error = _text(item.get("error")) or ""
            cell.execution_count = _number(item.get("count")) or cell.execution_count
    return list(found.values())


def read_notes(data: bytes) -> list[AttributionNote]:
    """Return the notes of a journal in their order; lines that cannot be read are skipped."""
    notes = []
    for item in _items(data):
        kind, name, alone = item.get("kind"), item.get("name"), "at" in item
        moment, cell = item.get("at" if alone else "since"), item.get("cell")
        if not (isinstance(kind, str) and isinstance(name, str) and isinstance(moment, str)):
            continue
        place = (cell[0], cell[1]) if isinstance(cell, list) and len(cell) == 2 else None  # noqa: PLR2004
        notes.append(AttributionNote(kind, name, moment, alone, _text(item.get("by")) or "", place))
    return notes


def _items(data: bytes) -> list[dict[str, Any]]:
    items = []
    for line in data[: data.rfind(b"\n") + 1].splitlines():
        try:
            item = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(item, dict):
            items.append(item)
    return items


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
