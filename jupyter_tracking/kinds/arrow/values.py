"""Python values as JSON and back, each with its type: what a cell, a label, a name or an attribute may be besides a plain dtype.

Texts, whole numbers, booleans, None, finite floats, lists, and dicts whose keys are texts are written as JSON itself. Each other type that
can be kept is an object with one key, a word after `$`: `(1, 2)` is `{"$tuple": [1, 2]}`. Reading makes values of these types only.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import uuid
import zoneinfo
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jupyter_tracking.budgets import MOST_TABLE_BYTES
from jupyter_tracking.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 100
# Kinds of numpy's dtypes: their values are numbers, moments or texts. Longer floats than 64 bits have no JSON.
_NUMPY, _LONGEST = "biufcMmUS", {"f": 8, "c": 16}


def to_json(value: object) -> str:
    """Return a value as JSON.

    Raises:
        TypeError: a type that is not kept, in words that follow the name of what holds it.
    """
    try:
        return json.dumps(_encode(value, ()), ensure_ascii=False)
    except ValueError as error:  # whole numbers of more digits than Python writes
        raise TypeError(str(error)) from None


def from_json(text: str) -> Any:
    """Return the value of a JSON text."""
    return _decode(json.loads(text))


def is_unicode(text: str) -> bool:
    """Return whether a text has no lone surrogates, so that it can be written as UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_field_name(name: object) -> bool:
    """Return whether Arrow can have a field of this name: it reads no further than to a NUL."""
    return type(name) is str and "\0" not in name and is_unicode(name)


def _encode(value: Any, around: tuple[int, ...]) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is int or (kind is float and math.isfinite(value)):
        return value
    if kind is str:
        # A lone surrogate is no text of a file's; JSON would join two of them.
        return value if is_unicode(value) else {"$text": base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()}
    if id(value) in around or len(around) > _DEEPEST:
        raise TypeError(f"a {kind.__name__} that holds itself, or more than {_DEEPEST} levels")
    return _encode_other(value, (*around, id(value)))


def _encode_other(value: Any, around: tuple[int, ...]) -> Any:
    kind = type(value)
    if kind is list:
        return [_encode(item, around) for item in value]
    if kind is dict:
        if all(type(key) is str and is_unicode(key) and not key.startswith("$") for key in value):
            return {key: _encode(item, around) for key, item in value.items()}
        return {"$dict": [[_encode(key, around), _encode(item, around)] for key, item in value.items()]}
    if value is pd.NA or value is pd.NaT:
        return {"$missing": str(value).strip("<>")}
    word = _WORDS.get(kind)
    if word is None:
        word = "numpy" if isinstance(value, np.generic) else "period" if isinstance(value, pd.Period) else None
    if word is None:
        raise TypeError(f"a value of type {kind.__name__}")
    return {f"${word}": _encode(_TYPES[word][1](value), around)}


def _decode(stored: Any) -> Any:
    if isinstance(stored, list):
        return [_decode(item) for item in stored]
    if not isinstance(stored, dict):
        return stored
    word = next(iter(stored), "")
    if len(stored) != 1 or not word.startswith("$"):
        return {key: _decode(item) for key, item in stored.items()}
    if word == "$dict":
        return {_decode(key): _decode(item) for key, item in stored[word]}
    if word == "$missing":
        return {"NA": pd.NA, "NaT": pd.NaT}[stored[word]]
    make: Callable[[Any], Any] = _TYPES[word[1:]][2]
    return make(_decode(stored[word]))


def zone_words(zone: dt.tzinfo | None) -> Any:
    """Return a time zone as JSON.

    Raises:
        TypeError: a zone that has no name and no fixed offset.
    """
    if zone is None:
        return None
    if type(zone) is dt.timezone:
        name, offset = zone.tzname(None), zone.utcoffset(None)
        own = name != dt.timezone(offset).tzname(None)
        return ["offset", offset // dt.timedelta(microseconds=1), name if own else None]
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key:
        return ["zone", zone.key]
    if type(zone).__module__.partition(".")[0] == "pytz":
        if getattr(zone, "zone", None):
            return ["pytz", zone.zone]  # type: ignore[attr-defined]
        fixed = zone.utcoffset(None)
        if fixed is not None:
            return ["pytz", fixed // dt.timedelta(minutes=1)]
    raise TypeError(f"the time zone {zone!r}, which has no name; give zoneinfo.ZoneInfo(…)")


def zone_of(words: Any) -> dt.tzinfo | None:
    """Return the time zone that JSON names."""
    if words is None:
        return None
    kind, name = words[0], words[1]
    if kind == "zone":
        return zoneinfo.ZoneInfo(name)
    if kind == "offset":
        offset = dt.timedelta(microseconds=name)
        if words[2] is not None:
            return dt.timezone(offset, words[2])
        return dt.timezone(offset) if offset else dt.UTC
    pytz = import_module("pytz")  # which is there where its zones are used
    found: dt.tzinfo = pytz.timezone(name) if isinstance(name, str) else pytz.FixedOffset(name)
    return found


def _of_moment(value: dt.datetime) -> list[Any]:
    if type(value.tzinfo).__module__.partition(".")[0] == "pytz":
        raise TypeError("a datetime with a zone of pytz; give one of zoneinfo, or a pandas Timestamp")
    return [value.replace(tzinfo=None, fold=0).isoformat(), value.fold, zone_words(value.tzinfo)]


def _moment(stored: Any) -> dt.datetime:
    text, fold, zone = stored
    return dt.datetime.fromisoformat(text).replace(fold=fold, tzinfo=zone_of(zone))


def _of_time(value: dt.time) -> list[Any]:
    return [value.replace(tzinfo=None, fold=0).isoformat(), value.fold, zone_words(value.tzinfo)]


def _time(stored: Any) -> dt.time:
    text, fold, zone = stored
    return dt.time.fromisoformat(text).replace(fold=fold, tzinfo=zone_of(zone))


def _of_timestamp(value: pd.Timestamp) -> list[Any]:
    plain = value.asm8
    return [int(plain.view("int64")), np.datetime_data(plain.dtype)[0], zone_words(value.tzinfo), value.fold]


def _timestamp(stored: Any) -> pd.Timestamp:
    number, unit, zone, fold = stored
    made = pd.Timestamp(np.datetime64(number, unit))
    return made.replace(fold=fold) if zone is None and fold else made if zone is None else made.tz_localize("UTC").tz_convert(zone_of(zone))


def _of_timedelta(value: pd.Timedelta) -> list[Any]:
    plain = value.asm8
    return [int(plain.view("int64")), np.datetime_data(plain.dtype)[0]]


def _of_scalar(value: np.generic) -> list[Any]:
    kind = value.dtype
    if kind.kind not in _NUMPY or kind.itemsize > _LONGEST.get(kind.kind, kind.itemsize):
        raise TypeError(f"a value of type numpy.{type(value).__name__}")
    return [kind.str, int(value.view("int64")) if kind.kind in "Mm" else value.item()]


def _scalar(stored: Any) -> Any:
    kind, item = _dtype(stored[0]), stored[1]
    if kind.itemsize > MOST_TABLE_BYTES:
        raise TooLarge(f"a value of {kind.itemsize:,} bytes; up to {MOST_TABLE_BYTES:,} are decoded")
    return np.array([item]).astype("int64").view(kind)[0] if kind.kind in "Mm" else np.array([item], dtype=kind)[0]


def _of_array(value: np.ndarray[Any, Any]) -> list[Any]:
    kind = value.dtype
    if kind.kind not in _NUMPY + "O" or kind.itemsize > _LONGEST.get(kind.kind, kind.itemsize):
        raise TypeError(f"a numpy array of {kind}")
    flat = value.reshape(-1)
    return [kind.str, list(value.shape), flat.view("int64").tolist() if kind.kind in "Mm" else flat.tolist()]


def _array(stored: Any) -> np.ndarray[Any, Any]:
    kind, shape, items = _dtype(stored[0]), stored[1], stored[2]
    if kind.itemsize * len(items) > MOST_TABLE_BYTES:
        raise TooLarge(f"an array of {len(items):,} values of {kind.itemsize:,} bytes; up to {MOST_TABLE_BYTES:,} are decoded")
    if kind.kind in "Mm":
        return np.array(items, dtype=kind.str[0] + "i8").view(kind).reshape(shape)
    if kind.kind != "O":
        return np.array(items, dtype=kind).reshape(shape)
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made.reshape(shape)


def _dtype(text: str) -> np.dtype[Any]:
    kind: np.dtype[Any] = np.dtype(text)
    if kind.kind not in _NUMPY + "O":
        raise ValueError(f"{text!r} is no dtype of values that are kept")
    return kind


# A word of the stored form: the type, its parts, and the value of its parts again.
_TYPES: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "text": (type(None), str, lambda s: base64.b64decode(s).decode("utf-8", "surrogatepass")),
    "float": (float, repr, float),
    "complex": (complex, lambda v: [v.real, v.imag], lambda s: complex(*s)),
    "tuple": (tuple, list, tuple),
    "set": (set, list, set),
    "frozenset": (frozenset, list, frozenset),
    "bytes": (bytes, lambda v: base64.b64encode(v).decode(), base64.b64decode),
    "bytearray": (bytearray, lambda v: base64.b64encode(v).decode(), lambda s: bytearray(base64.b64decode(s))),
    "decimal": (Decimal, str, Decimal),
    "uuid": (uuid.UUID, str, uuid.UUID),
    "date": (dt.date, dt.date.isoformat, dt.date.fromisoformat),
    "datetime": (dt.datetime, _of_moment, _moment),
    "time": (dt.time, _of_time, _time),
    "duration": (dt.timedelta, lambda v: [v.days, v.seconds, v.microseconds], lambda s: dt.timedelta(*s)),
    "timestamp": (pd.Timestamp, _of_timestamp, _timestamp),
    "timedelta": (pd.Timedelta, _of_timedelta, lambda s: pd.Timedelta(np.timedelta64(*s))),
    "period": (pd.Period, lambda v: [v.ordinal, v.freqstr], lambda s: pd.Period(ordinal=s[0], freq=s[1])),
    "interval": (pd.Interval, lambda v: [v.left, v.right, v.closed], lambda s: pd.Interval(*s)),
    "numpy": (np.generic, _of_scalar, _scalar),
    "array": (np.ndarray, _of_array, _array),
}
_WORDS = {of: word for word, (of, _, _) in _TYPES.items()}
