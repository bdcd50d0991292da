"""Fewer points that draw the same picture, as indices of the points that are kept."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_POINTS_AT_A_TIME = 1 << 16


SPARK_POINTS = 24
SPARK_GAP = 255  # where a spark has no point


def spark_heights(y: NDArray[np.float64]) -> bytes:
    """Return a series as the heights of a small line, a byte a point: 0 for its lowest value, 254 for its highest.

    A point is the mean of the finite values of its stretch. A series of fewer values has as many points, spread evenly.
    """
    count = min(len(y), SPARK_POINTS)
    points = np.full(count, np.nan)
    ends = np.linspace(0, len(y), count + 1).astype(np.intp)
    for n, (begin, end) in enumerate(itertools.pairwise(ends.tolist())):
        finite = y[begin:end][np.isfinite(y[begin:end])]
        points[n] = finite.mean() if len(finite) else np.nan
    known = np.isfinite(points)
    if not known.any():
        return b""
    low, high = points[known].min(), points[known].max()
    with np.errstate(over="ignore", invalid="ignore"):
        heights = np.where(known, (points - low) / (high - low) * 254 if high > low else 127, SPARK_GAP)
    return np.where(np.isfinite(heights), heights, SPARK_GAP).round().astype(np.uint8).tobytes()


def downsample_series(y: NDArray[np.float64], limit: int) -> NDArray[np.intp]:
    """Return at most about `limit` indices of a series: of each stretch the first, lowest and highest value, and the start of a gap."""
    count = len(y)
    if count <= limit:
        return np.arange(count)
    stretches = max(1, limit // 4)
    ends = np.linspace(0, count, stretches + 1).astype(np.intp)
    finite = np.isfinite(y)
    found = [ends[:-1], *_lowest_and_highest(y, finite, ends), np.array([count - 1])]
    return np.unique(np.concatenate([*found, _first_gaps(finite, ends)]))


def _lowest_and_highest(y: NDArray[np.float64], finite: NDArray[np.bool_], ends: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return where the lowest and where the highest finite value of each stretch is: its first point where none is finite."""
    low, high = (y, y) if finite.all() else (np.where(finite, y, np.inf), np.where(finite, y, -np.inf))
    found = [(begin + low[begin:end].argmin(), begin + high[begin:end].argmax()) for begin, end in itertools.pairwise(ends.tolist())]
    return list(np.array(found, dtype=np.intp).T)


def _first_gaps(finite: NDArray[np.bool_], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the first point of each stretch that is not finite, where it has any."""
    missing = np.flatnonzero(~finite)
    _, first = np.unique(np.searchsorted(ends, missing, side="right"), return_index=True)
    return missing[first]


def downsample_range(
    x: NDArray[np.float64], y: NDArray[np.float64], span: tuple[float, float], pixels: int, *, log: bool = False
) -> NDArray[np.intp]:
    """Return indices of points that draw the same line between two places of the x axis as all points do.

    These are the points between the places, and those that the line comes from and goes to. Where they are more than four a pixel, of each
    pixel the first, lowest, highest and last are kept, and the start of a gap; of a line that goes to and fro too often for that, those of
    stretches of equal many points.

    Args:
        x: in the order in which the line goes through the points, which need not be ascending.
        y: of each point.
        span: the two places.
        pixels: between them.
        log: the axis is logarithmic, and both places are above zero.
    """
    low, high = span
    if (x[1:] >= x[:-1]).all():
        begin, end = max(0, int(np.searchsorted(x, low)) - 1), min(int(np.searchsorted(x, high, side="right")) + 1, len(x))
        if end - begin <= 4 * pixels:
            return np.arange(begin, end)
        edges = (np.geomspace if log else np.linspace)(low, high, pixels + 1)
        starts = np.searchsorted(x[begin:end], edges)
        after = np.searchsorted(x[begin:end], [high], side="right")
        return begin + _of_each_pixel(y[begin:end], np.unique([*starts, *after]), pixels)
    if x.min() >= low and x.max() <= high:  # all of it, of which there may be very much
        changes = _pixel_changes(x, span, pixels, log=log)
        return downsample_series(y, 2 * pixels) if changes is None else _of_each_pixel(y, changes, pixels)
    # A line between two points is seen unless both lie beyond the same end.
    beyond = ((x[1:] < low) & (x[:-1] < low)) | ((x[1:] > high) & (x[:-1] > high))
    rows = np.flatnonzero(~np.concatenate([[True], beyond]) | ~np.concatenate([beyond, [True]]))
    x, y = x[rows], y[rows]
    changes, shown = _pixel_changes(x, span, pixels, log=log), np.where(np.isfinite(x), y, np.nan)
    if changes is not None:
        return rows[_of_each_pixel(shown, changes, pixels)]
    # What lies between the places is thinned by itself too: what is beyond them must not hide its extremes.
    inside = np.flatnonzero((x >= low) & (x <= high))
    return rows[np.union1d(downsample_series(shown, 2 * pixels), inside[downsample_series(shown[inside], 2 * pixels)])]


def _pixel_changes(x: NDArray[np.float64], span: tuple[float, float], pixels: int, *, log: bool) -> NDArray[np.intp] | None:
    """Return the points at which a line comes to another pixel; None where these are more than four a pixel, as soon as that is known."""
    begins, ends = (np.log(place) if log else np.float64(place) for place in span)
    found = [np.empty(0, dtype=np.intp)]
    for start in range(0, len(x), _POINTS_AT_A_TIME):
        part = x[max(0, start - 1) : start + _POINTS_AT_A_TIME]
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.log(part) if log else part
            pixel = np.where((part >= span[0]) & (part <= span[1]), np.floor((place - begins) * (pixels / (ends - begins))), -1.0)
        pixel[part > span[1]] = pixels + 1.0
        found.append(np.flatnonzero(pixel[1:] != pixel[:-1]) + max(1, start))
        if sum(map(len, found)) > 4 * pixels:
            return None
    return np.concatenate(found)


def _of_each_pixel(y: NDArray[np.float64], starts: NDArray[np.intp], pixels: int) -> NDArray[np.intp]:
    """Return which points are kept of those of each pixel, which begin at `starts` and at 0."""
    count = len(y)
    if count <= 4 * pixels:
        return np.arange(count)
    ends = np.union1d(starts, [0, count])
    finite = np.isfinite(y)
    return np.unique(np.concatenate([ends[:-1], *_lowest_and_highest(y, finite, ends), ends[1:] - 1, _first_gaps(finite, ends)]))


def downsample_curve(x: NDArray[np.float64], y: NDArray[np.float64], limit: int) -> NDArray[np.intp]:
    """Return about `limit` indices of a curve at most: half as of a series, half evenly along it, so that steep parts keep points."""
    count = len(y)
    if count <= limit:
        return np.arange(count)
    parts = []
    for values in (x, y):
        span = finite_range([values])
        scaled = np.nan_to_num(values / ((span[1] - span[0]) or 1.0) if span else values, nan=0.0, posinf=0.0, neginf=0.0)
        parts.append(np.diff(scaled, prepend=scaled[:1]))
    length = np.cumsum(np.hypot(*parts))
    even = np.searchsorted(length, np.linspace(0, length[-1], max(2, limit // 2))).clip(0, count - 1)
    return np.union1d(downsample_series(y, limit // 2), even)


def finite_range(arrays: Iterable[NDArray[np.float64]]) -> list[float] | None:
    """Return the lowest and the highest finite number in the arrays; None when there is none."""
    low, high = np.inf, -np.inf
    for array in arrays:
        known = np.isfinite(array)
        finite = array if known.all() else array[known]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return None if low > high else [low, high]


def spread_evenly(count: int, kept: int) -> list[int]:
    """Return `kept` of the indices below `count`, evenly spread, the first and the last among them."""
    if kept >= count:
        return list(range(count))
    if kept <= 1:
        return [count - 1][:kept]
    return sorted({round(n * (count - 1) / (kept - 1)) for n in range(kept)})
