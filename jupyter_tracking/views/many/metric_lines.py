"""The metrics that runs have in common, as lines: one a run, or of each group of runs the mean with its band."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.read.run_reader import Artifact, RunFolder

    _Floats = NDArray[np.float64]


class MetricLine(NamedTuple):
    """A metric over its steps, or over the order in which it was logged: of a run, or the mean of several with what it spreads.

    Attributes:
        row: the number of the run, or of the group.
        x: its steps.
        y: its values.
        std: the standard deviation at each step, NaN where fewer than two runs have it; None of a single run.
    """

    row: int
    x: _Floats
    y: _Floats
    std: _Floats | None = None


class MetricChart(NamedTuple):
    """A metric of several runs.

    Attributes:
        name: the metric.
        over: "step", or "order logged" where no run gave steps.
        lines: those of the runs, or groups, that have it.
    """

    name: str
    over: str
    lines: list[MetricLine]

    def payload(self, points: int) -> Payload:
        """Return the chart, of each line about four times so many points at most, which draw the same."""
        payload = Payload({"name": json_safe(self.name), "over": self.over, "rows": [line.row for line in self.lines]})
        if unit := unit_of("metric", self.name):
            payload.head["unit"] = unit
        kept = [_thinned(line, points) for line in self.lines]
        payload.head["thinned"] = sum(len(line.x) > len(at) for line, at in zip(self.lines, kept, strict=True))
        payload.add("count", np.array([len(at) for at in kept], dtype=np.uint32))
        payload.add("x", _joined(line.x[at] for line, at in zip(self.lines, kept, strict=True)))
        payload.add("y", _joined(line.y[at] for line, at in zip(self.lines, kept, strict=True)).astype(np.float32))
        if any(line.std is not None for line in self.lines):
            stds = (line.std[at] for line, at in zip(self.lines, kept, strict=True) if line.std is not None)
            payload.add("std", _joined(stds).astype(np.float32))
        return payload


def _joined(parts: object) -> _Floats:
    return np.concatenate([np.empty(0), *parts])  # type: ignore[misc]


def _thinned(line: MetricLine, points: int) -> NDArray[np.intp]:
    if len(line.x) <= 4 * points:
        return np.arange(len(line.x))
    span = downsample.finite_range([line.x]) or [0.0, 1.0]
    return downsample.downsample_range(line.x, line.y, (span[0], span[1]), points)


def shared_metrics(folders: Sequence[RunFolder]) -> list[str]:
    """Return the names of metrics that at least two runs have (of one run: all), those of most runs first, else in the order logged."""
    times: dict[str, int] = {}
    for folder in folders:
        for name in _metrics(folder):
            times[name] = times.get(name, 0) + 1
    least = min(2, len(folders))
    return sorted((name for name, count in times.items() if count >= least), key=lambda name: -times[name])


def _metrics(folder: RunFolder) -> dict[str, Artifact]:
    try:
        return {each.name: each for each in folder.artifacts() if each.kind == "metric" and each.versioned}
    except TrackingError:
        return {}


def metric_chart(folders: Sequence[RunFolder], name: str, groups: Sequence[Sequence[int]] | None = None) -> MetricChart:
    """Return a metric of runs: a line a run, or the mean of each group.

    Args:
        folders: the runs.
        name: the metric.
        groups: the numbers of the runs of each group. The mean and the standard deviation of a step are pandas': of the runs of the
            group that have a value there which is not NaN.
    """
    found: dict[int, tuple[_Floats, _Floats]] = {}
    over = "order logged"
    for n, folder in enumerate(folders):
        artifact = _metrics(folder).get(name)
        rows = None
        if artifact is not None:
            try:
                rows = folder.rows(artifact)
            except TrackingError:
                continue
        if rows is None or rows.value is None or not len(rows):
            continue
        if rows.mask.all():
            found[n] = np.arange(len(rows), dtype=np.float64), rows.value.copy()
            continue
        over = "step"
        latest, _ = rows.latest()
        with_step = ~latest.mask
        found[n] = latest.step[with_step].astype(np.float64), (np.empty(0) if latest.value is None else latest.value[with_step].copy())
    if groups is None:
        return MetricChart(name, over, [MetricLine(n, x, y) for n, (x, y) in found.items()])
    lines = [_mean(row, [found[n] for n in members if n in found]) for row, members in enumerate(groups)]
    return MetricChart(name, over, [line for line in lines if line is not None])


def _mean(row: int, members: Sequence[tuple[_Floats, _Floats]]) -> MetricLine | None:
    if not members:
        return None
    values = pd.Series(np.concatenate([y for _, y in members])).groupby(np.concatenate([x for x, _ in members]), sort=True)
    with np.errstate(all="ignore"):  # of infinities there is no spread
        figures = values.agg(["mean", "std"])
    return MetricLine(row, figures.index.to_numpy(np.float64), figures["mean"].to_numpy(), figures["std"].to_numpy())
