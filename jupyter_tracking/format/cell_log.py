"""The journal of cells: which cells ran, when, and which rows were not logged by the cell that was executing.

A cell has two lines, one of its start and one of its end, so that a cell that was killed is known too:

    {"cell": 3, "session": "1f3c…", "started": "…", "count": 12, "id": "…", "hash": "…", "notebook": "…"}
    {"cell": 3, "session": "1f3c…", "ended": "…", "outcome": "ok"}

A logged value belongs to the cell that was executing at its timestamp. Notes say where that is not so. When the clock has been set
back, timestamps come twice: the second time each row has a note, and `since` and `until` say from and up to when no note is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from jupyter_tracking.format.json_fields import COUNT, MOMENT, NUMBER, TEXT, WHOLE, Fields, FieldType, parse_lines, typed, without_nulls

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
        since: rows after this moment are its own without a note; empty where that is `started`. It is later when the clock was set back.
        until: rows up to this moment are; empty where that is `ended`.
        seconds: how long it ran, where the clock was set meanwhile, so that `started` and `ended` do not tell.
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
    since: str = ""
    until: str = ""
    seconds: float | None = None


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
        "since": cell.since or None,
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
        "until": cell.until or None,
        "seconds": cell.seconds,
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


_CELL: Fields = {
    "cell": COUNT,
    "started": MOMENT,
    "ended": MOMENT,
    "since": MOMENT,
    "until": MOMENT,
    "seconds": NUMBER,
    "count": WHOLE,
    "masked": COUNT,
    **dict.fromkeys(("session", "id", "hash", "notebook", "outcome", "error"), TEXT),
}
IS_CELL = FieldType(
    "[session, number]",
    lambda value: type(value) is list and len(value) == 2 and TEXT.fits(value[0]) and COUNT.fits(value[1]),  # noqa: PLR2004
)
_NOTE: Fields = {"kind": TEXT, "name": TEXT, "at": MOMENT, "since": MOMENT, "by": TEXT, "cell": IS_CELL}


def parse_cells(data: bytes) -> tuple[list[Cell], list[tuple[int, str]]]:
    """Return the cells of a journal in the order they started, and (line, problem) of lines and fields that are not as they should be."""
    lines, problems = parse_lines(data)
    found: dict[tuple[str, int], Cell] = {}
    for line, written in lines:
        wrong: list[str] = []
        item = without_nulls(typed(written, _CELL, wrong))
        key = item.get("session", ""), item.get("cell", -1)
        if "started" in item and all(each in item for each in ("session", "cell")):
            cell = found[key] = Cell(key[1], key[0], item["started"])
            cell.cell_id, cell.notebook = item.get("id"), item.get("notebook")
            cell.hash, cell.masked = item.get("hash") or "", item.get("masked") or 0
            cell.execution_count = item.get("count")
            cell.since = item.get("since") or ""
        elif "ended" in item and key in found:
            cell = found[key]
            cell.ended, cell.outcome, cell.error = item["ended"], item.get("outcome") or "", item.get("error") or ""
            cell.until, cell.seconds = item.get("until") or "", item.get("seconds")
            cell.execution_count = item.get("count") or cell.execution_count
        else:
            wrong.append("neither the start of a cell nor the end of one that started")
        problems += [(line, "; ".join(wrong))] if wrong else []
    return list(found.values()), sorted(problems)


def parse_notes(data: bytes) -> tuple[list[AttributionNote], list[tuple[int, str]]]:
    """Return the notes of a journal in their order, and (line, problem) of lines and fields that are not as they should be."""
    lines, problems = parse_lines(data)
    notes = []
    for line, written in lines:
        wrong: list[str] = []
        item = without_nulls(typed(written, _NOTE, wrong))
        kind, name, alone = item.get("kind"), item.get("name"), "at" in item
        moment, cell = item.get("at" if alone else "since"), item.get("cell")
        if kind and name and moment:
            notes.append(AttributionNote(kind, name, moment, alone, item.get("by") or "", (cell[0], cell[1]) if cell else None))
        else:
            wrong.append("not a note: it has no kind, no name or no moment")
        problems += [(line, "; ".join(wrong))] if wrong else []
    return notes, sorted(problems)
