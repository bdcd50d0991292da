"""Complete a filter that is being written: columns, operators, and the values that a column has."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.read.filter.columns import Column, Columns, as_text
from jupyter_tracking.read.filter.comparing import is_missing, text_of
from jupyter_tracking.read.filter.words import KEYWORDS, Mistake, Token, is_bare, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_OPERANDS = {"word", "text", "name"}
_OPERATORS = ("<", "<=", ">", ">=", "=", "!=", "~", "in", "is missing")
_MOST_OFFERED = 100
_MOST_VALUES = 2_000
_TIMES = ("today", "yesterday", "now")
_SPANS = ("1h", "1d", "1w")


class Completion(NamedTuple):
    """What may stand at a place of a filter.

    Attributes:
        start: from where on it replaces what is written there, up to the place.
        words: each as a filter writes it.
    """

    start: int
    words: list[str]


def complete_filter(text: str, position: int, columns: Iterable[Column], values_of: Callable[[Column], Iterable[object]]) -> Completion:
    """Return what may stand at a place of a filter.

    Args:
        text: the filter; what follows the place is not looked at.
        position: the place, in characters from the start.
        columns: of the rows that the filter is for.
        values_of: returns the values of a column, in the order in which they are offered; lists stand for their values.
    """
    try:
        before = tokens_of(text[:position], unfinished=True)[:-1]
    except Mistake:
        return Completion(position, [])
    last = before[-1] if before and before[-1].end == position else None
    is_word = last is not None and (last.kind == "word" or last.text.lower() in KEYWORDS)  # && and the like are keywords too
    fragment = last if last is not None and (is_word or not last.closed) else None
    known = Columns(columns)
    wanted = fragment.text.lower() if fragment is not None else ""
    offered = _offered(before[:-1] if fragment is not None else before, known, values_of)
    fitting = dict.fromkeys(word for word, names in offered if any(name.lower().startswith(wanted) for name in names))
    return Completion(fragment.at if fragment is not None else position, list(islice(fitting, _MOST_OFFERED)))


Offer = tuple[str, tuple[str, ...]]  # a word as a filter writes it, and by the beginnings of what it is found


def _offered(before: list[Token], columns: Columns, values_of: Callable[[Column], Iterable[object]]) -> Iterator[Offer]:
    """Yield what may follow some words."""
    kinds = ["end", "end", *(token.kind for token in before)]
    last, second = kinds[-1], kinds[-2]
    if last == "is" or (last == "not" and second == "is"):
        yield from _plain("missing", *([] if last == "not" else ["not missing"]))
    elif last == "not" and second in _OPERANDS:
        yield from _plain("in")
    elif last in {"comparison", "in"} or _opens_list(before):
        column = _compared(before, columns)
        if column is not None and last == "in":
            yield from _plain("[")
        if column is not None and last != "in":
            yield from _values(column, columns, values_of)
        if column is None or last == "in":
            yield from _names(columns)
    elif last in _OPERANDS or last in {")", "]"}:
        if last in {"word", "name"} and second not in {"comparison", "in"} and columns.find(before[-1].text):
            yield from _plain(*_OPERATORS)
        yield from _plain("and", "or")
        yield from _names(columns)
    else:
        yield from _names(columns)
        yield from _plain("not")


def _opens_list(before: list[Token]) -> bool:
    """Return whether the next word is one of a list."""
    opened = _list_start(before)
    return bool(before) and opened is not None and before[-1].kind in {"[", "(", ","}


def _list_start(before: list[Token]) -> int | None:
    """Return where the list opens that the next word is in; None where it is in none."""
    for n in range(len(before) - 1, 0, -1):
        if before[n].kind in {"[", "("}:
            return n if before[n - 1].kind == "in" else None
        if before[n].kind not in {"word", "text", ","}:
            return None
    return None


def _compared(before: list[Token], columns: Columns) -> Column | None:
    """Return the column that the next word is compared with."""
    opened = _list_start(before)
    at = (opened if opened is not None else len(before)) - 2  # before the operator
    if before[at + 1].kind == "in" and before[at].kind == "not":
        at -= 1
    if at < 0 or before[at].kind not in {"word", "name"}:
        return None
    found = columns.find(before[at].text)
    return found[0] if found else None


def _plain(*words: str) -> Iterator[Offer]:
    yield from ((word, (word,)) for word in words)


def _names(columns: Columns) -> Iterator[Offer]:
    for column in columns.every:
        label = columns.label(column)
        yield label, (label, column.short, column.name)


def _values(column: Column, columns: Columns, values_of: Callable[[Column], Iterable[object]]) -> Iterator[Offer]:
    """Yield the values of a column as a filter writes them, then what else may stand there."""
    if column.kind in {"time", "seconds"}:
        yield from _plain(*(_TIMES if column.kind == "time" else _SPANS))
        return
    for value in islice(values_of(column), _MOST_VALUES):
        for each in value if isinstance(value, list | tuple) else [value]:
            if is_missing(each) or isinstance(each, list | tuple | dict):
                continue
            said = text_of(each)
            if not isinstance(each, str):
                yield said, (said,)
            else:
                yield said if is_bare(said) and not columns.find(said) else as_text(said), (said,)
