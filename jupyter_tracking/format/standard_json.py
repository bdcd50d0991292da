"""JSON by the standard library, for what orjson does not take (unpaired surrogates, NaN tokens) or rounds (integers over 64 bits).

The standard library stops at a depth that differs by Python's version (1,000 levels in 3.11, 10,000 in 3.13) and by the stack that
calls it. What is written under one version is read under every other, so one limit holds for all.

Old runs of Polyaxon's have cells in quotes, which its reader takes away.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import orjson

from jupyter_tracking.budgets import MOST_VALUES, VALUES_OF_AN_OBJECT
from jupyter_tracking.errors import InvalidType

_LONG = 1 << 20  # bytes
_EXACT = 2**63
_DEEPEST = 500  # lists and objects within each other
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[][{}]")


def unquoted(cell: bytes | bytearray) -> bytes | bytearray:
    """Return a cell without the quotes around it, those inside not doubled any more; one that has none around it as it is."""
    if len(cell) < 2 or not cell.startswith(b'"') or not cell.endswith(b'"'):  # noqa: PLR2004
        return cell
    inside = cell[1:-1]
    return cell if b'"' in inside.replace(b'""', b"") else inside.replace(b'""', b'"')


def is_object(raw: bytes | bytearray, start: int, end: int) -> bool:
    """Return whether the text from `start` to `end` begins and ends as a JSON object, also in quotes; its inside is not looked at."""
    edges = raw[start : start + 2] + raw[end - 2 : end]
    return edges == b'"{}"' or (edges[:1] == b"{" and edges[-1:] == b"}")


def dumps(value: Any) -> bytes:
    """Return a value as JSON in ASCII.

    Raises:
        InvalidType: it has something that JSON cannot hold, or is nested more than 500 levels deep.
    """
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
        if not _is_too_deep(text):
            return text
    except (TypeError, ValueError) as error:
        raise InvalidType(f"the payload has a value that JSON cannot hold: {error}") from None
    except RecursionError:
        pass
    raise InvalidType(f"the payload has a value that JSON cannot hold: lists or dicts within each other beyond {_DEEPEST} levels") from None


def loads(text: bytes | bytearray) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is not JSON, or is nested more than 500 levels deep.
    """
    message = "the JSON is nested too deeply"
    try:
        if not _is_too_deep(text):
            return json.loads(text)
    except RecursionError:
        pass
    except json.JSONDecodeError as error:
        message = f"not JSON from character {error.pos + 1} on"
    except ValueError:  # an integer of thousands of digits, bytes that are no string
        message = "not JSON that can be read"
    raise ValueError(message)


def loads_line(raw: bytes | bytearray, start: int, end: int) -> Any:
    """Return the value of a JSON text from `start` to `end`; of a long one by orjson, as the standard library copies it several times.

    Raises:
        ValueError: as `loads`.
    """
    if end - start > _LONG and not _is_too_deep(raw, start, end):
        with suppress(orjson.JSONDecodeError), memoryview(raw) as whole, whole[start:end] as line:
            found = orjson.loads(line)
            # An integer of more than 64 bits is a float there, near it.
            if not (isinstance(found, dict) and any(isinstance(each, float) and abs(each) >= _EXACT for each in found.values())):
                return found
    return loads(raw[start:end])


def oversize(text: bytes | bytearray | str, most: int = MOST_VALUES) -> str:
    """Return why a JSON text is not parsed, in words: it has too many values; empty if it has not."""
    if len(text) <= most:
        return ""
    comma, bracket, brace = (",", "[", "{") if isinstance(text, str) else (b",", b"[", b"{")
    values = text.count(comma) + text.count(bracket) + VALUES_OF_AN_OBJECT * text.count(brace)  # type: ignore[arg-type]
    return f"has {values:,} values or more; up to {most:,} are read" if values > most else ""


def _is_too_deep(text: bytes | bytearray, start: int = 0, end: int | None = None) -> bool:
    """Whether a JSON text, whole or damaged, goes beyond the limit; brackets inside of its strings count for nothing."""
    if text.count(b"[", start, end) + text.count(b"{", start, end) <= _DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", text[start:end])):
        depth += 1 if bracket in b"[{" else -1
        if depth > _DEEPEST:
            return True
    return False
