"""What a page asks of a dataframe, validated: a field that is not what it has to be is an error that says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.model.payload import json_safe

if TYPE_CHECKING:
    from jupyter_tracking.views.table.stored_table import StoredTable

PAGE = 1_000
_LONGEST = 10_000
_FAR = 2**53


@dataclass(frozen=True, slots=True)
class Query:
    """One question of the page.

    Attributes:
        rows: from which row up to which, `PAGE` rows at most.
        sort: the column, and whether to sort descending.
        text: what a cell of each row has to contain.
        since: the number of the step to compare with; with `beside`, a step of the run compared with.
        key: the columns that rows are matched by.
        changed_only: list only rows that differ.
        columns: the first column to return.
        cell: row and column of the cell to return in full.
        summary: whether the columns' summaries are asked for.
    """

    rows: tuple[int, int] | None
    sort: tuple[int, bool] | None
    text: str
    since: int | None
    key: tuple[int, ...]
    changed_only: bool
    beside: bool
    columns: int
    cell: tuple[int, int] | None
    summary: bool

    @classmethod
    def read(cls, query: dict[str, Any]) -> Query:
        """Read a question; unknown fields are ignored.

        Raises:
            InvalidArgument: a field that is not what it has to be.
        """
        rows, sort, since, cell = (query.get(name) for name in ("rows", "sort", "since", "cell"))
        start, stop = (0, 0) if rows is None else (max(n, 0) for n in _two(rows, "rows"))
        column, descending = (0, 0) if sort is None else _two(sort, "sort")
        return cls(
            rows=None if rows is None else (start, max(start, min(stop, start + PAGE))),
            sort=None if sort is None else (column, bool(descending)),
            text=_text(query.get("text")),
            since=None if since is None else _place(since, "since"),
            key=_places(query.get("key"), "key"),
            changed_only=_yes(query.get("only"), "only"),
            beside=_yes(query.get("beside"), "beside"),
            columns=_place(query.get("columns") or 0, "columns"),
            cell=None if cell is None else _two(cell, "cell"),
            summary=_yes(query.get("summary"), "summary"),
        )

    def fit(self, table: StoredTable) -> None:
        """Check that the columns and the cell exist.

        Raises:
            InvalidArgument: one of them does not.
        """
        levels = max(1, len(table.levels))
        if self.columns and self.columns >= table.width:
            raise _wrong("columns", self.columns, f"one of the {table.width} columns")
        if self.sort is not None and not -levels <= self.sort[0] < table.width:
            raise _wrong("sort", self.sort[0], f"one of the {table.width} columns")
        if not all(place < table.width for place in self.key):
            raise _wrong("key", list(self.key), f"some of the {table.width} columns")
        if self.cell is not None and not (0 <= self.cell[0] < table.count and -levels <= self.cell[1] < table.width):
            raise _wrong("cell", list(self.cell), f"row and column of the {table.count} rows and {table.width} columns")


def _wrong(name: str, value: object, right: str) -> InvalidArgument:
    shown = repr(value)
    return InvalidArgument(f"{name}={shown if len(shown) <= 60 else shown[:59] + '…'} is not {right}")  # noqa: PLR2004


def _number(value: object) -> bool:
    return type(value) is int and abs(value) <= _FAR


def _place(value: object, name: str) -> int:
    if not _number(value) or value < 0:  # type: ignore[operator]
        raise _wrong(name, value, "a whole number")
    return int(value)  # type: ignore[call-overload,no-any-return]


def _two(value: object, name: str) -> tuple[int, int]:
    if not (isinstance(value, list) and len(value) == 2 and all(map(_number, value))):  # noqa: PLR2004
        raise _wrong(name, value, "a pair of whole numbers")
    return value[0], value[1]


def _places(value: object, name: str) -> tuple[int, ...]:
    if value is None:
        return ()
    if not (isinstance(value, list) and all(_number(place) and place >= 0 for place in value) and len(set(value)) == len(value)):
        raise _wrong(name, value, "a list of different columns")
    return tuple(value)


def _yes(value: object, name: str) -> bool:
    if not (value is None or isinstance(value, bool)):
        raise _wrong(name, value, "true or false")
    return bool(value)


def _text(value: object) -> str:
    if not (value is None or (isinstance(value, str) and len(value) <= _LONGEST)):
        raise _wrong("text", value, f"a text of at most {_LONGEST} characters")
    cleaned: str = json_safe(value or "")
    return cleaned
