"""Fewer points that draw the same picture, as indices of the points that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def downsample_series(y: NDArray[np.float64], limit: int) -> NDArray[np.intp]:
    """Return at most about `limit` indices of a series: of each stretch the first, lowest and highest value, and the start of a gap."""
    count = len(y)
    if count <= limit:
        return np.arange(count)
    stretches = max(1, limit // 4)
    ends = np.linspace(0, count, stretches + 1).astype(np.intp)
    width = int(np.diff(ends).max())
    grid = np.minimum(ends[:-1, None] + np.arange(width), ends[1:, None] - 1)
    values = y[grid]
    gaps = ~np.isfinite(values)
    low = np.where(gaps, np.inf, values).argmin(axis=1)
    high = np.where(gaps, -np.inf, values).argmax(axis=1)
    rows = np.arange(stretches)
    found = [ends[:-1], grid[rows, low], grid[rows, high], grid[rows, gaps.argmax(axis=1)], np.array([count - 1])]
    return np.unique(np.concatenate(found))


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
        finite = array[np.isfinite(array)]
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
