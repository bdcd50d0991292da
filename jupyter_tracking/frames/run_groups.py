"""Groups of runs as a DataFrame: a row for the runs that have the same value of an input, a tag, a group, a parent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd

from jupyter_tracking.errors import InvalidArgument, InvalidType, shortened
from jupyter_tracking.frames.dtypes import as_strings
from jupyter_tracking.read.filter.columns import Column, Columns, ambiguous
from jupyter_tracking.read.filter.comparing import is_missing, is_number

if TYPE_CHECKING:
    from collections.abc import Iterable

STATISTICS = ("mean", "std", "min", "max")
_OF_GROUPS = ("n", "uuids")


def grouping_columns(group_by: str | Iterable[str], columns: Iterable[Column], *, complete: bool) -> list[str]:
    """Return the full names of the columns to group runs by.

    Args:
        group_by: a name or several, each as a filter may write it.
        columns: those of the runs.
        complete: those are all columns; where there are no runs, every name may be one.

    Raises:
        InvalidArgument: a name that is no column's, or may be one of several.
        InvalidType: something that is no name.
    """
    known = Columns(columns, complete=complete)
    names: list[Any] = list(group_by) if hasattr(group_by, "__iter__") and not isinstance(group_by, str) else [group_by]
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if wrong is not None:
        raise InvalidType(f"group_by={shortened(group_by)}: {shortened(wrong)} is a {type(wrong).__name__}; give names of columns")
    found: dict[str, None] = {}
    for name in names:
        fitting = known.find(name)
        if len(fitting) > 1:
            raise InvalidArgument(f"group_by={shortened(group_by)}: {ambiguous(name, fitting)}")
        if not fitting:
            raise InvalidArgument(f"group_by={shortened(group_by)}: there is no column {name!r}{known.nearest(name)}")
        found[fitting[0].name] = None
    if not found:
        raise InvalidArgument("group_by names no column; give one or several, such as 'lr'")
    return list(found)


def groups_frame(runs: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the groups of runs, a row a group, in the order of their values: numbers, then texts, those without a value last.

    Args:
        runs: a DataFrame of runs.
        names: its columns to group by. Of `tags`, a run is in the group of each of its tags.

    Returns:
        Those columns, `n` (how many runs), `outputs.NAME.mean`, `.std`, `.min` and `.max` of each output that is a number in any run, as
        pandas counts them (a run without the number is left out of its figures; `std` is that of a sample), and `uuids` of the runs.
    """
    several = runs.explode("tags", ignore_index=True) if "tags" in names else runs
    values = [[_as_key(value) for value in several[name].tolist()] for name in names]
    keys = list(zip(*values, strict=True))
    order = sorted(dict.fromkeys(keys), key=lambda key: tuple(map(_rank, key)))
    number = {key: n for n, key in enumerate(order)}
    group = np.array([number[key] for key in keys], dtype=np.int64)
    places = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    first = [places[key] for key in order]
    found: dict[str, Any] = {name: _column(several[name], column, first) for name, column in zip(names, values, strict=True)}
    found["n"] = np.bincount(group, minlength=len(order)).astype(np.int64)
    for name in several.columns:
        numbers = _numbers(several[name]) if name.startswith("outputs.") and name not in names else None
        if numbers is not None:
            with np.errstate(all="ignore"):  # of infinities there is no spread
                figures = numbers.groupby(group).agg(list(STATISTICS)).reindex(range(len(order)))
            found |= {f"{name}.{statistic}": figures[statistic].to_numpy() for statistic in STATISTICS}
    uuids: list[list[str]] = [[] for _ in order]
    for n, uuid in zip(group.tolist(), several["uuid"].tolist(), strict=True):
        uuids[n].append(uuid)
    found["uuids"] = pd.Series(uuids, dtype=object)
    frame = pd.DataFrame(found)
    frame.attrs = dict(runs.attrs)
    return frame


def _as_key(value: Any) -> Any:
    """Return a value of a run as one that groups: a list or a dict as its JSON, all that is missing as None."""
    if isinstance(value, list | dict):
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return None if is_missing(value) or value is pd.NA or value is pd.NaT else value


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return 4, 0
    if isinstance(value, bool):
        return 0, value
    if is_number(value):
        return 1, value
    return (2, value) if isinstance(value, str) else (3, str(value))


def _column(runs: pd.Series[Any], keys: list[Any], first: list[int]) -> Any:
    """Return the values of groups as a column of the dtype that it has of runs."""
    chosen = [keys[n] for n in first]
    if runs.dtype != object and not isinstance(runs.dtype, pd.StringDtype):
        return runs.iloc[first].reset_index(drop=True)
    if all(value is None or isinstance(value, str) for value in chosen):
        return as_strings(chosen)
    return pd.Series(chosen, dtype=object)


def _numbers(column: pd.Series[Any]) -> pd.Series[Any] | None:
    """Return a column as floats, NaN where it has none; None where no run has a number."""
    values = [] if isinstance(column.dtype, pd.StringDtype) else column.tolist()  # in which a missing text is NaN
    if not any(map(is_number, values)):
        return None
    return pd.Series([_as_float(value) if is_number(value) else np.nan for value in values], dtype=np.float64)


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond the largest float
        return math.copysign(math.inf, value)
