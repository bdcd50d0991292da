"""The session as a notebook, and what was printed: what of it can be read, whatever it is."""

from __future__ import annotations

from typing import Any, NamedTuple

from jupyter_tracking.format.cell_log import IS_CELL
from jupyter_tracking.format.json_fields import (
    COUNT,
    LIST,
    MOMENT,
    SHALLOW_OBJECT,
    TEXT,
    TEXTS,
    WHOLE,
    Fields,
    FieldType,
    in_words,
    parse_json,
    parse_lines,
    typed,
    without_nulls,
)
from jupyter_tracking.format.lineage import META_KEY

# Each cell and output becomes objects of their own: those of a notebook by hand are some thousands, and these take half a gigabyte.
MOST_OBJECTS = 500_000
LINES = FieldType("a string or a list of strings", lambda value: TEXT.fits(value) or TEXTS.fits(value))
_OUTPUT: Fields = {
    **dict.fromkeys(("output_type", "name", "ename", "evalue"), TEXT),
    "text": LINES,
    "data": SHALLOW_OBJECT,
    "metadata": SHALLOW_OBJECT,
    "traceback": TEXTS,
    "execution_count": WHOLE,
}
_CELL: Fields = {"cell_type": TEXT, "id": TEXT, "source": LINES, "metadata": SHALLOW_OBJECT, "outputs": LIST, "execution_count": WHOLE}
_OURS: Fields = {"session": TEXT, "cell": COUNT}
_LOG: Fields = {"timestamp": MOMENT, "stream": TEXT, "value": TEXT, "cell": IS_CELL}


class SessionCell(NamedTuple):
    """The source of one execution: the session it ran in, its number in it, and the text."""

    session: str
    number: int
    source: str


def parse_notebook(data: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return a notebook of which each cell and output is an object with fields of their types, and what was wrong, in words.

    A file that is no notebook has no cells; nor has one with more objects than are read.
    """
    if data.count(b"{") > MOST_OBJECTS:
        return {"cells": []}, [f"has {data.count(b'{'):,} objects; of a notebook up to {MOST_OBJECTS:,} are read"]
    try:
        found = parse_json(data)
    except ValueError as error:
        return {"cells": []}, [str(error)]
    if type(found) is not dict or type(found.get("cells")) is not list:
        return {"cells": []}, ["not a notebook: it has no cells"]
    wrong: list[str] = []
    cells = [_cell(cell, f"cell {number}", wrong) for number, cell in enumerate(found["cells"], start=1)]
    return {**found, "cells": [cell for cell in cells if cell is not None]}, wrong


def _cell(cell: Any, where: str, wrong: list[str]) -> dict[str, Any] | None:
    if type(cell) is not dict:
        wrong.append(f"{where} is {in_words(cell)} and not an object")
        return None
    present = {name: value for name, value in cell.items() if value is not None or name == "execution_count"}
    kept = {"cell_type": "code", "source": "", "metadata": {}, **typed(present, _CELL, wrong, f"{where}: ")}
    outputs = kept.get("outputs")
    if outputs:
        wrong += [f"{where}: an output is {in_words(each)} and not an object" for each in outputs if type(each) is not dict]
        kept["outputs"] = [typed(each, _OUTPUT, wrong, f"{where}: output.") for each in outputs if type(each) is dict]
    return kept


def parse_session(data: bytes) -> tuple[list[SessionCell], list[str]]:
    """Return the executions of a session that was kept as a notebook, and what is wrong with it, in words."""
    notebook, wrong = parse_notebook(data)
    found = []
    for number, cell in enumerate(notebook["cells"], start=1):
        ours = (cell.get("metadata") or {}).get(META_KEY)
        if type(ours) is not dict:
            if ours is not None:
                wrong.append(f"cell {number}: metadata.{META_KEY} is {in_words(ours)} and not an object")
            continue
        place, source = without_nulls(typed(ours, _OURS, wrong, f"cell {number}: metadata.{META_KEY}.")), cell.get("source")
        if "session" in place and source is not None:
            found.append(SessionCell(place["session"], place.get("cell") or 0, "".join(source)))
    return found, wrong


def parse_logs(data: bytes) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """Return `timestamp`, `stream` and `text` of each line that was printed, and (line, problem) of what is none.

    Where the time does not tell the cell, `cell` does: its session and number, or None for none.

    Polyaxon's server keeps chunks, `{"logs": [...]}`, with the same records.
    """
    lines, problems = parse_lines(data)
    rows = []
    for line, record in lines:
        items = record.get("logs", [record])
        if type(items) is not list:
            problems.append((line, f"logs is {in_words(items)} and not a list"))
            continue
        for item in items:
            wrong: list[str] = []
            kept = typed(item, _LOG, wrong) if type(item) is dict else {}
            if kept.get("value") is not None:
                row = {"timestamp": kept.get("timestamp"), "stream": kept.get("stream"), "text": kept["value"]}
                rows.append({**row, "cell": kept["cell"]} if "cell" in kept else row)
            else:
                wrong.append("not a line of a log: it has no value")
            problems += [(line, "; ".join(wrong))] if wrong else []
    return rows, sorted(problems)
