"""Tables of importances as bars: which dataframes are such, and the largest numbers of each of their measures."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.views.renderers import fallback
from jupyter_tracking.views.table.encode import cell_text, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jupyter_tracking.views.table.stored_table import StoredTable

MOST_BARS = 30
_MOST_ROWS = 10_000
_MOST_COLUMNS = 7  # the names, and six measures
_LONGEST = 200
_WORD = re.compile(r"(?<![a-z])importances?(?![a-z])", re.IGNORECASE)

Bars = list[tuple[str, list[tuple[str, float]]]]


def bars_of(name: str, table: StoredTable) -> Bars:
    """Return the bars of a table: of each measure the features with the largest numbers, whatever their sign, the largest first.

    A dataframe has bars when its name says importance, as that of the callbacks does (`feature_importance`), and its first column, or its
    index, has texts: the features. Every other column of numbers is a measure. Nothing is returned for any other dataframe.
    """
    if not _WORD.search(name.replace("_", " ")) or not 0 < table.count <= _MOST_ROWS:
        return []
    frame = table.window(0, table.count, slice(0, _MOST_COLUMNS))
    places = list(range(frame.shape[1]))
    if places and _has_texts(frame.iloc[:, 0]):
        features = frame.iloc[:, places.pop(0)]
    elif _has_texts(frame.index.to_series()):
        features = frame.index.to_series()
    else:
        return []
    names = [cell_text(feature, _LONGEST) for feature in features]
    return [(label(frame.columns[place]), bars) for place in places if (bars := _largest(names, frame.iloc[:, place]))]


def _has_texts(values: pd.Series[Any]) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.infer_dtype(values, skipna=True) == "string"


def _largest(names: list[str], values: pd.Series[Any]) -> list[tuple[str, float]]:
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values) or pd.api.types.is_complex_dtype(values):
        return []
    numbers = values.astype("float64").tolist()
    found = [(name, number) for name, number in zip(names, numbers, strict=True) if math.isfinite(number)]
    return sorted(found, key=lambda each: -abs(each[1]))[:MOST_BARS]


def fallback_bars(name: str, bars: Bars) -> str:
    """Return the first measure as a picture."""
    measure, found = bars[0]

    def draw(axes: Axes) -> None:
        places = range(len(found))
        axes.barh(places, [value for _, value in found], color=["#0072b2" if value >= 0 else "#d55e00" for _, value in found])
        axes.set_yticks(places, [each if len(each) <= MOST_BARS else f"{each[: MOST_BARS - 1]}…" for each, _ in found])
        axes.invert_yaxis()
        axes.axvline(0, color="#888888", linewidth=0.6)
        axes.set_xlabel(measure)

    return fallback.picture(draw, f"{name}: {measure} of {len(found)} features", (5.2, 0.7 + 0.17 * len(found)))
