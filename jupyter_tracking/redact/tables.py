"""Secrets in tables: a column, or a row, that is named like one, in what pandas, databases and markdown print."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.redact.names import CERTAIN, NONE, is_secret, level, looks_random

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from jupyter_tracking.redact.forms import Span
    from jupyter_tracking.redact.text import Name

_LONGEST_LINE = 20_000  # characters; a longer line is none of a table
_SIGNS = "\t|│┃┆,;"  # that stand between cells; without one, two spaces do
_SPACED = re.compile(r"\S+(?: \S+)*")
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,60}(?: [A-Za-z]{1,20}){0,2}\Z")
_RULE = re.compile(r"[\s+|:=─━┆┌┬┐└┴┘┼╪╞╡├┤│┃╇╈╂-]*\Z")
_END_OF_CELL = re.compile(r"[\"'`* ]{0,4}(?:[A-Za-z]{1,20} {0,4})?(?:[\t|│┃┆,;\r\n]|  |\Z)")


class _Cell(NamedTuple):
    start: int
    end: int
    text: str


def table_spans(text: str, names: list[Name]) -> Iterator[Span]:
    """Yield the values in columns and rows that are named like a secret; `names` are those in the text."""
    done = -1
    for name in names:
        after = _END_OF_CELL.match(text, name.end)
        if after is None or name.line <= done:
            continue
        end = text.find("\n", name.end)
        line = text[name.line : end if end >= 0 else len(text)]
        done = name.line
        if len(line) <= _LONGEST_LINE:
            done = yield from _named_by(text, name.line, line)


def _named_by(text: str, start: int, line: str) -> Generator[Span, None, int]:
    """Yield the values that the names in a line have in it, and in the rows below it; return where the last of these begins."""
    for sign in (*(sign for sign in _SIGNS if sign in line), ""):
        cells = _cells(line, sign)
        names = {n: certainty for n, cell in enumerate(cells) if (certainty := _certainty(cell.text)) > NONE}
        if not names:
            continue
        if sign not in {",", ";"}:
            yield from ((start + first, start + end) for first, end in _beside(cells, names))
        at, count = start + len(line) + 1, 0
        while 0 < at <= len(text):
            end = text.find("\n", at)
            end = end if end >= 0 else len(text)
            found = _below(text[at:end], sign, line, cells, names)
            if found is None:
                break
            yield from ((at + span[0], at + span[1]) for span in found)
            at, count = end + 1, count + 1
        if count:
            return at - 1
    return start


def _cells(line: str, sign: str) -> list[_Cell]:
    if not sign:
        return [_Cell(found.start(), found.end(), found[0]) for found in _SPACED.finditer(line)]
    cells, at = [], 0
    for part in line.split(sign):
        inner = part.strip(" \r\"'`*|│┃")
        start = at + (part.find(inner) if inner else 0)
        cells.append(_Cell(start, start + len(inner), inner))
        at += len(part) + 1
    return cells


def _certainty(text: str) -> int:
    """Return how certain it is that a cell is the name of secrets; one that says more than a name is none."""
    return level(text.replace(" ", "_")) if _NAME.match(text) else NONE


def _is_secret(value: str, certainty: int) -> bool:
    return is_secret(value, certainty, quoted=certainty < CERTAIN)


def _beside(cells: list[_Cell], names: dict[int, int]) -> Iterable[Span]:
    """Return the values that follow a name in its own row; where there are several, they may be names of columns too."""
    found = []
    for n, certainty in names.items():
        if n < 2:  # noqa: PLR2004 - the name may stand behind the number of the row
            values = cells[n + 1 :]
            found += [cell[:2] for cell in values if _is_secret(cell.text, certainty) and (len(values) == 1 or looks_random(cell.text))]
    return found


def _below(row: str, sign: str, head: str, cells: list[_Cell], names: dict[int, int]) -> list[Span] | None:
    """Return the values in a row below the names; None where it is no row of this table."""
    if _RULE.match(row):
        return [] if row.strip() else None
    if len(row) > _LONGEST_LINE:
        return None
    own = _cells(row, sign)
    if sign:
        if len(own) != len(cells) or len(cells) < 2:  # noqa: PLR2004
            return None
        return [own[n][:2] for n, certainty in names.items() if _is_secret(own[n].text, certainty)]
    if len(own) not in {len(cells), len(cells) + 1} or (len(cells) == 1 and not head.startswith("  ")):
        return None
    found = []
    for n, certainty in names.items():
        column = cells[n]
        found += [cell[:2] for cell in own if cell.start < column.end and cell.end > column.start and _is_secret(cell.text, certainty)]
    return found
