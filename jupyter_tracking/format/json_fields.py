"""JSON that anybody may have written: parsed within bounds, and its fields handed on only as of the type they should have.

What is of another type is as good as missing, and is named, so that one wrong field hides nothing but itself.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from jupyter_tracking.budgets import MOST_DOCUMENT_BYTES
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.standard_json import oversize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_FIRST, _LAST = 1, 9999  # years, of which some moments lie outside of what UTC has
_UUID = re.compile(r"[\w-]{1,64}\Z")
_BOM = b"\xef\xbb\xbf"


class JsonError(ValueError):
    """A text is no JSON, or too large.

    Attributes:
        line: the line where it is wrong.
    """

    def __init__(self, words: str, line: int = 1) -> None:
        """Say what is wrong."""
        super().__init__(words)
        self.line = line


def parse_json(data: bytes) -> Any:
    """Return the value of a JSON text. Half of a surrogate pair, which no text can hold, becomes a question mark.

    Raises:
        JsonError: it is none, or too large; the message says where it is wrong.
    """
    check_size(data)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if data.startswith(_BOM):
            return parse_json(data[len(_BOM) :])
        found = _with_whole_characters(data) if "surrogate" in error.msg else None
        if found is None:
            raise JsonError(f"not JSON: {error.msg} (character {error.colno})", error.lineno) from None
        return found


def check_size(data: bytes) -> None:
    """Check that a JSON text may be parsed.

    Raises:
        JsonError: it is too large, or holds more than memory should.
    """
    if len(data) > MOST_DOCUMENT_BYTES:
        raise JsonError(f"has {len(data):,} bytes; up to {MOST_DOCUMENT_BYTES:,} are read")
    if words := oversize(data):
        raise JsonError(words)


def _with_whole_characters(data: bytes) -> Any:
    try:
        return orjson.loads(json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def is_nested_too_deeply(value: object) -> bool:
    """Return whether a value that was parsed is nested more deeply than any that is written, which are 254 levels."""
    try:
        orjson.dumps(value)
    except TypeError:
        return True
    return False


class FieldType(NamedTuple):
    """What a field has to be.

    Attributes:
        words: it in words.
        fits: whether a value is so.
        exact: a type of which every value is so, where there is one: it is looked at first.
    """

    words: str
    fits: Callable[[Any], bool]
    exact: type | None = None


Fields = dict[str, "FieldType | Fields"]


def _is_whole(value: object) -> bool:
    return type(value) is int and event_rows.STEP_MIN <= value <= event_rows.STEP_MAX


def _is_moment(value: object) -> bool:
    if type(value) is not str:
        return False
    try:
        moment = datetime.fromisoformat(value)
        return _FIRST < moment.year < _LAST or bool(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def _is_statistic(value: object) -> bool:
    return type(value) in {int, float} or (type(value) is str and value in event_rows.NUMBER_WORDS)


TEXT = FieldType("a string", lambda value: type(value) is str, str)
FILLED_TEXT = FieldType("a string that is not empty", lambda value: type(value) is str and bool(value))
FLAG = FieldType("true or false", lambda value: type(value) is bool, bool)
WHOLE = FieldType("a whole number of 64 bits", _is_whole)
COUNT = FieldType("a whole number of 0 or more", lambda value: _is_whole(value) and value >= 0)
NUMBER = FieldType("a number", lambda value: type(value) in {int, float}, float)
STATISTIC = FieldType("a number", _is_statistic, float)
MOMENT = FieldType("a moment", _is_moment)
OBJECT = FieldType("an object", lambda value: isinstance(value, dict), dict)
SHALLOW_OBJECT = FieldType("an object of few levels", lambda value: isinstance(value, dict) and not is_nested_too_deeply(value))
LIST = FieldType("a list", lambda value: type(value) is list, list)
TEXTS = FieldType("a list of strings", lambda value: type(value) is list and set(map(type, value)) <= {str})
IDENTITY = FieldType("a uuid", lambda value: type(value) is str and (value.isalnum() or bool(_UUID.match(value))) and value.isascii())


def typed(item: dict[str, Any], fields: Mapping[str, FieldType | Fields], wrong: list[str], inside: str = "") -> dict[str, Any]:
    """Return an object without the fields that are not as they should be: itself, if all are.

    Args:
        item: the object; fields that are not named below are kept as they are.
        fields: what each field has to be; of an object, what its fields have to be.
        wrong: a sentence on each field that was left out is added.
        inside: the name of the object and a dot, for these sentences.
    """
    kept = item
    for name, value in item.items():
        expected = fields.get(name)
        if expected is None or value is None:
            continue
        if isinstance(expected, FieldType):
            if type(value) is expected.exact or expected.fits(value):
                continue
            kind, found = expected, None
        else:
            found = typed(value, expected, wrong, f"{inside}{name}.") if isinstance(value, dict) else None
            if found is value:
                continue
            kind = OBJECT
        kept = kept if kept is not item else dict(item)
        if found is not None:
            kept[name] = found
        else:
            wrong.append(f"{inside}{name} is {in_words(value)} and not {kind.words}; it is taken as missing")
            del kept[name]
    return kept


def without_nulls(item: dict[str, Any]) -> dict[str, Any]:
    """Return an object without the fields that are null, which say as little as those that are not there."""
    return {name: value for name, value in item.items() if value is not None}


def in_words(value: object) -> str:
    """Return what a JSON value is, short enough for a message."""
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return f"{value!r:.60}"


def parse_lines(data: bytes) -> tuple[list[tuple[int, dict[str, Any]]], list[tuple[int, str]]]:
    """Return (line, object) of each whole line of JSON lines, and (line, problem) of those that are none; blank lines are passed over."""
    if words := oversize(data):
        return [], [(1, f"the file {words}")]
    found, problems = [], []
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            item = parse_json(line)
        except ValueError as error:
            problems.append((number, str(error)))
            continue
        if type(item) is dict:
            found.append((number, item))
        else:
            problems.append((number, f"{in_words(item)} and not an object"))
    return found, problems


# --- lists of steps -----------------------------------------------------------------------------

_SHORT = 40  # steps that are written as a list: a notebook's file has a line for each
_MOST_STEPS = 1_000_000
_PIECES = re.compile(r"(?:None|-?\d{1,19})(?::-?\d{1,19}:\d{1,19})?")


def steps_in_short(steps: Sequence[int | None]) -> list[int | None] | str:
    """Return a list of steps as it is where it is short; else as a text of ranges, `0:100:1,200,None`: first, last and distance of each."""
    if len(steps) <= _SHORT:
        return list(steps)
    pieces: list[str] = []
    at = 0
    while at < len(steps):
        first, end, by = steps[at], at + 1, 0
        if first is not None and end < len(steps) and (then := steps[end]) is not None and then > first:
            by = then - first
            while end < len(steps) and (now := steps[end]) is not None and now - first == by * (end - at):
                end += 1
        if end - at > 2:  # noqa: PLR2004 - two are as short each
            pieces.append(f"{first}:{steps[end - 1]}:{by}")
        else:
            end = at + 1
            pieces.append(f"{first}")
        at = end
    return ",".join(pieces)


def steps_in_full(steps: object) -> list[int | None] | None:
    """Return what `steps_in_short` was given; None of what is no such list or text, or of more than a million steps."""
    if type(steps) is list:
        return steps if all(each is None or WHOLE.fits(each) for each in steps) else None
    found: list[int | None] = []
    for piece in steps.split(",") if isinstance(steps, str) else [""]:
        if not _PIECES.fullmatch(piece) or len(found) >= _MOST_STEPS:
            return None
        first, *more = piece.split(":")
        if not more:
            found.append(None if first == "None" else int(first))
            continue
        if first == "None" or more[1].strip("0") == "":
            return None
        several = range(int(first), int(more[0]) + 1, int(more[1]))
        if max(0, several.stop - several.start) // several.step + len(found) > _MOST_STEPS:
            return None
        found.extend(several)
    return found
