"""Which `log_*` function is meant by a value alone: what `log` does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, shortened
from jupyter_tracking.format import paths
from jupyter_tracking.kinds.arguments import as_array, as_metric
from jupyter_tracking.kinds.confusion import CONFUSION, Confusion
from jupyter_tracking.kinds.curve import CURVE, Curve
from jupyter_tracking.kinds.histogram import HISTOGRAM, Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_tracking.kinds.base import Kind

_TUPLES: dict[type, Kind] = {Curve: CURVE, Confusion: CONFUSION, Histogram: HISTOGRAM}
_DEEPEST = 32


def sort_values(values: Mapping[Any, Any]) -> tuple[dict[str, float], list[tuple[str, dict[str, Any]]]]:
    """Return what is a metric, and for all else the function that logs it, with its arguments but for the step and the time.

    Raises:
        InvalidType: a value that no function takes by itself; the message says which function to call.
        InvalidArgument: a name is empty or given twice.
    """
    metrics: dict[str, float] = {}
    others: list[tuple[str, dict[str, Any]]] = []
    names = set()
    for name, value in _flat(values):
        if name in names:
            raise InvalidArgument(f"log() has the name {name!r} twice; give it once")
        names.add(name)
        if _is_number(value):
            metrics[name] = as_metric(value, name)
        else:
            others.append(_call(name, value))
    return metrics, others


def _flat(values: Mapping[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise InvalidArgument(f"log() has more than {_DEEPEST} mappings inside of each other, in {before[:60]!r}")
    for key, value in values.items():
        name = before + paths.check_name(key)
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}/", depth + 1)
        else:
            yield name, value


def _is_number(value: object) -> bool:
    if isinstance(value, int | float | Decimal | Fraction):
        return True
    shape = getattr(value, "shape", None)  # of an array or a tensor
    return isinstance(shape, tuple) and not hasattr(value, "columns") and all(length == 1 for length in shape)


def _call(name: str, value: Any) -> tuple[str, dict[str, Any]]:
    kind = _TUPLES.get(type(value))
    if kind is not None:
        return "record", {"kind": kind.name, "name": name, "encoded": kind.encode(*value)}
    for is_meant, function, argument in _WAYS:
        if is_meant(value):
            return function, {"name": name, argument: value}
    raise InvalidType(
        f"{name}={shortened(value)} is a {type(value).__name__}{_of_shape(value)}, which could be meant in several ways or in none; "
        "call the function that is meant, such as log_image, log_histogram, log_dataframe or log_inputs"
    )


def _is_of(*libraries: str) -> Callable[[object], bool]:
    """Return what tells whether a value's class, or one that it comes from, is of a library; the library is not imported for it."""
    return lambda value: any(base.__module__.partition(".")[0] in libraries for base in type(value).__mro__)


def _is_picture(value: Any) -> bool:
    """Return whether an array is one of pixels, and no weights: levels of 8 bits, or from 0 to 1."""
    if len(getattr(value, "shape", ())) not in {2, 3, 4}:
        return False
    import numpy as np

    array = as_array(value, "data")
    return array.dtype == np.uint8 or (array.dtype.kind in "bf" and bool(array.size) and bool(((array >= 0) & (array <= 1)).all()))


def _of_shape(value: object) -> str:
    shape = getattr(value, "shape", None)
    return f" of the shape {tuple(shape)}" if isinstance(shape, tuple) else ""


# What is meant by a value, the first that fits: the function, and the argument that the value is.
_WAYS: list[tuple[Callable[[Any], bool], str, str]] = [
    (lambda value: isinstance(value, str), "log_text", "text"),
    (lambda value: isinstance(value, os.PathLike), "log_artifact", "path"),
    (_is_of("plotly"), "log_plotly_chart", "figure"),
    (_is_of("bokeh"), "log_bokeh_chart", "figure"),
    (_is_of("altair"), "log_altair_chart", "figure"),
    (lambda value: hasattr(value, "columns"), "log_dataframe", "df"),
    (lambda value: hasattr(value, "savefig"), "log_mpl_image", "data"),
    (_is_of("PIL"), "log_image", "data"),
    (_is_picture, "log_image", "data"),
    (lambda value: len(getattr(value, "shape", ())) == 1, "log_histogram", "values"),
]
