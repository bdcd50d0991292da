"""Convert what users log: to floats, lists of numbers, arrays, and to what JSON can hold.

Objects of numpy, pandas and the like are recognised by their methods; only a function that returns an array imports numpy.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.format import event_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_DEPTH = 100
_EXACT = 2**53


def as_metric(value: Any, name: str) -> float:
    """Return a metric's value as a float.

    Takes whatever is one real number: Python's, numpy's, a tensor of one element, Decimal, Fraction, bool
    (0 or 1, as Polyaxon does).

    Raises:
        InvalidType: a string, None, an array, a complex number.
        InvalidArgument: an integer that a float cannot hold exactly.
    """
    if type(value) is float:
        return value
    kind = type(value).__name__
    if isinstance(value, str | bytes | None | complex):
        raise InvalidType(f"metric {name!r} has the value {value!r}, a {kind}; give one real number")
    size = getattr(value, "size", 1)
    size = size() if callable(size) else size
    if isinstance(size, Sequence):
        size = math.prod(size)
    if size != 1 or (isinstance(value, Iterable) and getattr(value, "shape", None) is None):
        raise InvalidType(f"metric {name!r} has {kind} of {size} values; give one real number, or log a curve or a histogram")
    try:
        item = value.item() if hasattr(value, "item") else value
        number = float(item)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidType(f"metric {name!r} has a value of type {kind}: {error}; give one real number") from None
    if isinstance(item, int) and abs(item) > _EXACT and int(number) != item:
        raise InvalidArgument(f"metric {name!r} has the value {item}, which a 64-bit float cannot hold exactly")
    return number


def as_number_list(values: object, argument: str) -> list[float]:
    """Return one-dimensional numbers as a list of floats.

    Raises:
        InvalidType: not a sequence, an array, a series or a tensor of numbers.
        InvalidArgument: more than one dimension.
    """
    if isinstance(values, str | bytes | Mapping | AbstractSet) or not hasattr(values, "__iter__"):
        raise InvalidType(f"{argument}={_short(values)} is a {type(values).__name__}; give a list or an array of numbers")
    shape = getattr(values, "shape", None)
    if shape is not None and len(shape) != 1:
        raise InvalidArgument(f"{argument} has the shape {tuple(shape)}; give one dimension, for example {argument}.ravel()")
    if hasattr(values, "detach"):  # a tensor that is part of a graph, perhaps on another device
        values = values.detach().cpu()
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    try:
        if all(type(item) is float for item in items):
            return items
        if any(isinstance(item, str | bytes) or item is None for item in items):
            raise TypeError  # noqa: TRY301 - float() would take "3"
        return [float(item) for item in items]
    except (TypeError, ValueError):
        bad = next(i for i in items if isinstance(i, str | bytes) or not hasattr(i, "__float__"))
        raise InvalidType(f"{argument} holds {_short(bad)}, a {type(bad).__name__}; every element must be a number") from None


def as_numbers(values: object, argument: str) -> tuple[Any, int]:
    """Return one-dimensional numbers ready for a JSON cell, and how many there are.

    A finite float array of numpy stays one (orjson writes it without a Python object a number); all
    else becomes a list, with non-finite numbers as strings.

    Raises:
        InvalidType: as `as_number_list`.
        InvalidArgument: as `as_number_list`.
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(values, numpy.ndarray) and values.ndim == 1 and values.dtype.kind in "fiu":
        array = numpy.ascontiguousarray(values, dtype=numpy.float64)
        if numpy.isfinite(array).all():
            return array, len(array)
    numbers = as_number_list(values, argument)
    return (numbers if all(map(math.isfinite, numbers)) else event_rows.json_safe_numbers(numbers)), len(numbers)


def as_array(data: Any, argument: str) -> NDArray[Any]:
    """Return what holds numbers (a nested list, a series, a tensor on any device) as an array of numpy.

    Raises:
        InvalidType: it holds something else, or rows of different length.
    """
    import numpy as np

    if hasattr(data, "detach"):
        data = data.detach().cpu()
    try:
        array = np.asarray(data.numpy() if callable(getattr(data, "numpy", None)) else data)
    except (ValueError, TypeError) as error:
        raise InvalidType(f"{argument} is no array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise InvalidType(f"{argument}={_short(data)} is a {type(data).__name__} of {array.dtype}; give an array of numbers")
    return array


def as_json(value: object, where: str, *, depth: int = 0) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line a type
    """Return the value as JSON can hold it, or refuse it by name.

    Scalars and arrays of numpy become numbers and lists, paths and enums strings, dates ISO strings,
    sets sorted lists, non-finite numbers the strings `NaN`, `Infinity`, `-Infinity`.

    Args:
        value: what the user gave.
        where: the name it was given under, for the message.
        depth: how deep inside the first value we are.

    Raises:
        InvalidType: no sensible JSON form (a function, a dataframe, bytes).
        InvalidArgument: nested deeper than 100 levels, two keys that are the same string, or an
            integer over 64 bits.
    """
    if value is None or type(value) is bool:
        return value
    if isinstance(value, enum.Enum):
        return as_json(value.value, where, depth=depth + 1)
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode() if not value.isascii() else str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if depth > _MAX_DEPTH:
        raise InvalidArgument(f"{where} is nested deeper than {_MAX_DEPTH} levels, or contains itself")
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise InvalidArgument(f"{where}={value} does not fit in 64 bits; give it as a string")
        return int(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    from decimal import Decimal
    from fractions import Fraction
    from uuid import UUID

    if isinstance(value, Decimal | Fraction | UUID):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        plain = {str(getattr(k, "value", k)): as_json(v, f"{where}.{k}", depth=depth + 1) for k, v in value.items()}
        if len(plain) != len(value):
            raise InvalidArgument(f"{where} has two keys that are the same string; give each its own")
        return plain
    if isinstance(value, AbstractSet):
        return sorted((as_json(v, where, depth=depth + 1) for v in value), key=repr)
    if isinstance(value, list | tuple | range):
        return [as_json(v, where, depth=depth + 1) for v in value]
    if hasattr(value, "tolist") and not hasattr(value, "columns"):  # numpy, pandas.Series, a tensor
        array = value.detach().cpu() if hasattr(value, "detach") else value
        return as_json(array.tolist(), where, depth=depth + 1)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item") and callable(value.item):
        return as_json(value.item(), where, depth=depth + 1)
    if hasattr(value, "to_dict") and not hasattr(value, "columns"):
        return as_json(value.to_dict(), where, depth=depth + 1)
    raise InvalidType(f"{where}={_short(value)} is a {type(value).__name__}, which JSON cannot hold; give numbers, texts, lists or dicts")


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004
