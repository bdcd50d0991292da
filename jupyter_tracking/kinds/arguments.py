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

from jupyter_tracking.errors import InvalidArgument, InvalidType, shortened
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.document.run_values import NumberWord

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_DEPTH = 100
_MAX_DIMENSIONS = 64  # of an array of numpy
_EXACT = 2**53
_TIMES = {"M", "m"}  # numpy's kinds of dates and durations
_WHOLE = {int, bool}  # the plain ones, which are asked for first


def as_metric(value: Any, name: str) -> float:
    """Return a metric's value as a float.

    Takes whatever is one real number: Python's, numpy's, a tensor of one element, Decimal, Fraction, bool
    (0 or 1, as Polyaxon does).

    Raises:
        InvalidType: a string, None, an array, a complex number, a date.
        InvalidArgument: a number that a float cannot hold exactly, or one that is masked.
    """
    if type(value) is float:
        return value
    if type(value) in _WHOLE and -_EXACT <= value <= _EXACT:
        return float(value)
    kind, where = type(value).__name__, f"metric {name!r}"
    if isinstance(value, str | bytes | None | complex) or _dtype_kind(value) in _TIMES:
        raise InvalidType(f"{where} has the value {shortened(value)}, a {kind}; give one real number")
    size = getattr(value, "size", 1)
    size = size() if callable(size) else size
    size = math.prod(size) if isinstance(size, Sequence) else size
    if size != 1 or (isinstance(value, Iterable) and getattr(value, "shape", None) is None):
        raise InvalidType(f"{where} has {kind} of {size} values; give one real number, or log a curve or a histogram")
    _refuse_masked(value, where)
    try:
        return _exact(value.item() if hasattr(value, "item") else value, where)
    except (InvalidArgument, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a tensor's library may refuse in any way
        raise InvalidType(f"{where} has a value of type {kind}: {error}; give one real number") from None


def _exact(item: Any, where: str) -> float:
    """Return one real number as the float that equals it; of a Decimal, as the float that is written so.

    Raises:
        InvalidArgument: no float does, or the number is masked.
        TypeError: no real number.
    """
    if type(item) is float:
        return item
    if type(item) in _WHOLE and -_EXACT <= item <= _EXACT:
        return float(item)
    if isinstance(item, str | bytes | bytearray | complex) or item is None or _dtype_kind(item) in _TIMES:
        raise TypeError(f"a {type(item).__name__} is no real number")
    _refuse_masked(item, where)
    if hasattr(item, "__index__") and not hasattr(item, "shape"):
        item = item.__index__()
    try:
        number = float(item)
        if _is_kept(item, number):
            return number
    except OverflowError:  # an integer beyond the largest float
        pass
    raise InvalidArgument(f"{where} has the value {item!s:.60}, which a 64-bit float cannot hold exactly; round it yourself, with float()")


def _is_kept(item: Any, number: float) -> bool:
    """Return whether a float is the number that it was made of."""
    from decimal import Decimal
    from numbers import Rational

    if isinstance(item, Decimal):
        return item.is_nan() or item == number or Decimal(repr(number)) == item
    if isinstance(item, Rational):
        return (int(item) if hasattr(item, "__index__") else item) == number
    wide = type(item).__name__ in {"longdouble", "float128", "float96"}
    return not wide or bool(item == number) or math.isnan(number)


def _dtype_kind(value: Any) -> str:
    """Return the letter that numpy has for the kind of an array's or a scalar's dtype, `""` where it has none."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind if isinstance(kind, str) else ""


def _refuse_masked(values: Any, where: str, *, depth: int = 0) -> None:
    """Refuse masked elements, those of arrays in lists too: what lies below a mask is no value, and 0 would be one."""
    masked = sys.modules.get("numpy.ma")
    if masked is None or depth > _MAX_DIMENSIONS:
        return
    if isinstance(values, masked.MaskedArray):
        count = int(masked.count_masked(values))
        if count:
            raise InvalidArgument(
                f"{where} has {count} masked {'element' if count == 1 else 'elements'}, which are no numbers; "
                "say what they are, for example with .filled(numpy.nan), or leave them out with .compressed()"
            )
    elif isinstance(values, list | tuple) and not {list, tuple, masked.MaskedArray, type(masked.masked)}.isdisjoint(map(type, values)):
        for each in values:
            _refuse_masked(each, where, depth=depth + 1)


def as_numbers(values: Any, argument: str) -> tuple[Any, int]:
    """Return one-dimensional numbers ready for a JSON cell, and how many there are.

    A finite float array of numpy stays one (orjson writes it without a Python object a number); all
    else becomes a list, with non-finite numbers as strings.

    Raises:
        InvalidType: not a sequence, an array, a series or a tensor of numbers.
        InvalidArgument: more than one dimension, masked elements, or a number that a float cannot hold exactly.
    """
    if isinstance(values, str | bytes | Mapping | AbstractSet) or not hasattr(values, "__iter__"):
        raise InvalidType(f"{argument}={shortened(values)} is a {type(values).__name__}; give a list or an array of numbers")
    shape = getattr(values, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        raise InvalidArgument(f"{argument} has the shape {tuple(shape)}; give one dimension, for example {argument}.ravel()")
    if _dtype_kind(values) in _TIMES:
        raise InvalidType(
            f"{argument} holds {values.dtype}; give numbers, for example seconds: ({argument} - {argument}[0]) / numpy.timedelta64(1, 's')"
        )
    _refuse_masked(values, argument)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(values, numpy.ndarray) and values.dtype.kind in "biuf":
        array = numpy.ascontiguousarray(_as_float64(values, argument))
        if numpy.isfinite(array).all():
            return array, len(array)
        return event_rows.json_safe_numbers(array.tolist()), len(array)
    try:
        values = _detached(values)
        items = list(values.tolist() if hasattr(values, "tolist") else values)
    except MemoryError:
        raise
    except Exception as error:
        raise InvalidType(f"{argument} is a {type(values).__name__} that cannot be read: {error}; give a list of numbers") from error
    if not all(type(item) is float for item in items):
        items = [_element(item, argument) for item in items]
    return (items if all(map(math.isfinite, items)) else event_rows.json_safe_numbers(items)), len(items)


def _element(item: Any, argument: str) -> float:
    try:
        return _exact(item, argument)
    except (InvalidArgument, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - `float()` of an object runs the object's own code
        raise InvalidType(f"{argument} holds {shortened(item)}, a {type(item).__name__}; every element must be a number") from None


def _as_float64(array: NDArray[Any], argument: str) -> NDArray[Any]:
    """Return numbers of an array as floats that equal them.

    Raises:
        InvalidArgument: one has no such float.
    """
    import numpy as np

    plain = np.asarray(array)
    with np.errstate(all="ignore"):
        numbers = np.asarray(plain, dtype=np.float64)
    lost: Any = ()
    if plain.dtype.kind in "iu" and plain.dtype.itemsize == np.dtype(np.int64).itemsize:
        large = plain[(plain > _EXACT) | (plain < -_EXACT)] if plain.dtype.kind == "i" else plain[plain > _EXACT]
        lost = (item for item in large.tolist() if int(float(item)) != item)
    elif plain.dtype.kind == "f" and plain.dtype.itemsize > np.dtype(np.float64).itemsize:
        lost = iter(plain[(plain != numbers) & ~np.isnan(numbers)].astype(str).tolist())
    for item in lost:
        raise InvalidArgument(
            f"{argument} has the value {item}, which a 64-bit float cannot hold exactly; take an offset off, or round it yourself"
        )
    return numbers


def as_array(data: Any, argument: str) -> NDArray[Any]:
    """Return what holds numbers (a nested list, a series, a tensor on any device) as an array of numpy, each equal to what it was.

    Raises:
        InvalidType: it holds something else, or rows of different length.
        InvalidArgument: masked elements, or an integer among floats that a float cannot hold exactly.
    """
    import numpy as np

    array = as_ndarray(data, argument)
    if array.dtype.isbuiltin == 2:  # noqa: PLR2004 - a dtype that another library has added: bfloat16, float8, int4
        wider = next((wide for wide in (np.int64, np.float64) if np.can_cast(array.dtype, wide)), None)
        array = array if wider is None else array.astype(wider)
    if array.dtype.kind not in "biuf":
        raise InvalidType(f"{argument}={shortened(data)} is a {type(data).__name__} of {array.dtype}; give an array of numbers")
    if array.dtype.kind != "f":
        return array
    if array.dtype == np.float64 and not isinstance(data, np.ndarray) and np.nanmax(np.abs(array), initial=0) >= _EXACT:
        # Integers became floats: beside floats, or beside integers without a sign.
        items = data.to_numpy(dtype=object) if hasattr(data, "columns") else np.asarray(data, dtype=object)
        whole = [item for item in items.ravel().tolist() if isinstance(item, int)]
        if len(whole) == items.size and min(whole) >= 0 and max(whole) < 2**64:
            return items.astype(np.uint64)
        for item in whole:
            _exact(item, argument)
    return _as_float64(array, argument) if array.dtype.itemsize > np.dtype(np.float64).itemsize else array


def as_ndarray(data: Any, argument: str) -> NDArray[Any]:
    """Return an array, a nested list, a series or a tensor on any device as an array of numpy, of whatever it holds.

    Raises:
        InvalidType: no array, or rows of different length.
        InvalidArgument: masked elements.
    """
    import numpy as np

    _refuse_masked(data, argument)
    try:
        data = _detached(data)
        try:
            return np.asarray(data.numpy() if callable(getattr(data, "numpy", None)) else data)
        except Exception:
            if not hasattr(data, "tolist"):
                raise
            return np.asarray(data.tolist())  # a tensor of a type that numpy has not, such as bfloat16
    except MemoryError:
        raise
    except Exception as error:
        raise InvalidType(f"{argument} is no array: {error}") from error


def as_text(text: object, argument: str) -> str:
    r"""Return a string as a plain `str`, also where it is of a subclass.

    Half of a character (`"\ud800"`) is refused, wherever text is logged: UTF-8 has no bytes for it, and one such text makes Polyaxon
    read none of its file.

    Raises:
        InvalidType: not a string.
        InvalidArgument: it holds half of a character.
    """
    if not isinstance(text, str):
        raise InvalidType(f"{argument}={shortened(text)} is a {type(text).__name__}; give a string")
    plain = str.__str__(text)  # what it holds: the `str` of an enum is its name
    if not plain.isascii():
        try:
            plain.encode()
        except UnicodeEncodeError as error:
            raise InvalidArgument(
                f"{argument} holds half of a character, {plain[error.start]!r} at {error.start}, which UTF-8 cannot hold; "
                "leave it out, or replace it: text.encode('utf-8', 'replace').decode()"
            ) from None
    return plain


def as_flag(value: Any, argument: str) -> bool:
    """Return a switch as True or False.

    Raises:
        InvalidType: something that is neither true nor false, such as an array.
    """
    try:
        if isinstance(value, str | bytes):  # "no" would be true
            raise TypeError  # noqa: TRY301
        return bool(value)
    except Exception:  # noqa: BLE001 - numpy, pandas and tensors refuse, each in its own way
        raise InvalidType(f"{argument}={shortened(value)} is a {type(value).__name__}; give True or False") from None


def as_summary(summary: Any, argument: str = "summary") -> dict[str, Any]:
    """Return what is kept beside an artifact, as JSON has it; empty for None.

    Raises:
        InvalidType: no mapping, or one with what JSON cannot hold.
    """
    if summary is not None and not isinstance(summary, Mapping):
        raise InvalidType(f"{argument}={shortened(summary)} is a {type(summary).__name__}; give a dict")
    plain: dict[str, Any] = as_json(summary or {}, argument)
    return plain


def as_json(value: Any, where: str, *, depth: int = 0) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line a type
    """Return the value as JSON can hold it, or refuse it by name.

    Scalars and arrays of numpy become numbers and lists, paths, enums, Decimal and Fraction strings, dates
    ISO strings, durations seconds, sets sorted lists, series with labels dicts, non-finite numbers the strings `NaN`, `Infinity`,
    `-Infinity`, as `NumberWord`; keys of dicts that are numbers, dates or enums become strings.

    Args:
        value: what the user gave.
        where: the name it was given under, for the message.
        depth: how deep inside the first value we are.

    Raises:
        InvalidType: no sensible JSON form (a function, a dataframe, bytes).
        InvalidArgument: nested deeper than 100 levels, two keys that are the same string, half of a character, masked
            elements, or an integer over 64 bits.
    """
    if value is None or type(value) is bool:
        return value
    if isinstance(value, enum.Enum):
        return as_json(value.value, where, depth=depth + 1)
    if isinstance(value, str):
        return as_text(value, where)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return NumberWord(event_rows.json_safe_numbers([value])[0])
    if depth > _MAX_DEPTH:
        raise InvalidArgument(f"{where:.100} is nested deeper than {_MAX_DEPTH} levels, or contains itself")
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise InvalidArgument(f"{where}={value!s:.60} does not fit in 64 bits; give it as a string")
        return int(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return as_json(value.total_seconds(), where)
    from decimal import Decimal
    from fractions import Fraction
    from uuid import UUID

    if isinstance(value, Decimal | Fraction | UUID):
        return str(value)
    if isinstance(value, os.PathLike):
        return as_json(os.fspath(value), where, depth=depth + 1)
    if isinstance(value, Mapping):
        plain = {_as_key(key, where): as_json(item, f"{where}.{key!s:.60}", depth=depth + 1) for key, item in value.items()}
        if len(plain) != len(value):
            raise InvalidArgument(f"{where} has two keys that are the same string; give each its own")
        return plain
    if isinstance(value, AbstractSet):
        return sorted((as_json(item, where, depth=depth + 1) for item in value), key=repr)
    if isinstance(value, list | tuple | range):
        return [as_json(item, where, depth=depth + 1) for item in value]
    try:
        found = _unpacked(value, where)
    except (InvalidArgument, MemoryError):
        raise
    except Exception as error:
        raise InvalidType(f"{where} is a {type(value).__name__} that cannot be read: {error}") from error
    if found is value:
        raise InvalidType(
            f"{where}={shortened(value)} is a {type(value).__name__}, which JSON cannot hold; give numbers, texts, lists or dicts"
        )
    return as_json(found, where, depth=depth + 1)


def _as_key(key: object, where: str) -> str:
    """Return a key of a dict as text: as it is, or a number's, a date's or an enum's."""
    plain = as_json(key, f"{where} has a key that") if not isinstance(key, Iterable) or isinstance(key, str) else key
    if isinstance(plain, str | int | float | None):
        return str(plain)
    raise InvalidType(f"{where} has the key {shortened(key)}, a {type(key).__name__}; give a string")


def _unpacked(value: Any, where: str) -> Any:  # noqa: PLR0911 - the same
    """Return an object of numpy, pandas or a tensor library as Python has it: an array as a list. Any other is returned as it is."""
    _refuse_masked(value, where)
    if hasattr(value, "columns") or isinstance(value, memoryview) or getattr(getattr(value, "dtype", None), "names", None):
        return value  # a table's columns and an array's fields would be lost, bytes become numbers
    value = _detached(value)
    kind = _dtype_kind(value)
    if kind in _TIMES and hasattr(value, "astype"):  # `tolist` makes an integer of a date to the nanosecond
        return value.astype(str).tolist() if kind == "M" else (value / value.dtype.type(1, "s")).tolist()
    if hasattr(value, "tolist"):
        if hasattr(value, "to_dict") and hasattr(value, "index") and list(value.index) != list(range(len(value))):
            if not value.index.is_unique:
                raise InvalidArgument(f"{where} has two values of one label; give each its own")
            return value.to_dict()
        plain = value.tolist()
        return _exact(plain, where) if type(plain) is type(value) else plain
    if callable(getattr(value, "numpy", None)):
        return value.numpy()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if callable(getattr(value, "item", None)):
        return value.item()
    return value.to_dict() if hasattr(value, "to_dict") else value


def _detached(data: Any) -> Any:
    """Return a tensor that may be part of a graph, and on another device, as one of this machine; anything else as it is."""
    return data.detach().cpu() if hasattr(data, "detach") else data
