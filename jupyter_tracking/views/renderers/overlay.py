"""Lines in one chart: which metrics share one, and the static picture of one line or several."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.units import with_unit
from jupyter_tracking.views.renderers import fallback
from jupyter_tracking.views.renderers.metric import value_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from jupyter_tracking.views.model.panel import Panel
    from jupyter_tracking.views.model.renderer import Renderer
    from jupyter_tracking.views.model.series import Series

_LEAST_SHARE = 0.02  # of a chart's height, over which a line must move to be seen to move: about five pixels
_MOST_TIMES = 10  # as large as another in its chart a metric may be: a learning rate says nothing on the axis of a loss
_FEW = 40  # points, each of which is drawn as a dot
_MOST_NAMED = 12  # lines that a legend names: one of more would be larger than the chart
# As in the page: colours that the colour-blind can tell apart (Okabe and Ito), and dashes for those who see none.
_MARKED = "#d55e00"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#946700", "#3b8fbf", "#7a7a00", "#555555")
_DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 2, 2)))


def group_metrics(shown: Sequence[tuple[Renderer, Series]]) -> list[tuple[Renderer, list[Series]]]:
    """Return what each panel draws: metrics that follow each other together, as far as their sizes allow; else one series."""
    panels: list[tuple[Renderer, list[Series]]] = []
    for renderer, group in itertools.groupby(shown, lambda each: each[0]):
        if renderer.stem != "metric":
            panels.extend((renderer, [series]) for _, series in group)
            continue
        charts: list[list[Series]] = []
        for series in {(series.artifact.kind, series.artifact.name): series for _, series in group}.values():
            chart = next((chart for chart in charts if _share_an_axis([*chart, series])), None)
            if chart is None:
                charts.append(chart := [])
            chart.append(series)
        panels.extend((renderer, chart) for chart in charts)
    return panels


def _share_an_axis(chart: Sequence[Series]) -> bool:
    """Return whether metrics are about as large as each other, and each that changes would be seen to on a common axis."""
    ranges = [found for series in chart if (found := value_range(series)) is not None]
    if not ranges:
        return True
    sizes = [size for low, high in ranges if (size := max(-low, high)) > 0]
    if sizes and max(sizes) > min(sizes) * _MOST_TIMES:
        return False
    height = max(high for _, high in ranges) - min(low for low, _ in ranges)
    return all(low == high or high - low >= height * _LEAST_SHARE for low, high in ranges)


def fallback_chart(panel: Panel, number: int) -> str:
    """Return the lines of a panel at one of its steps as a picture, with a legend where there are several."""
    lines = [(n, series.label, panel.renderer.line(series, at)) for n, series, at in panel.at(number)]
    several = len(panel.series) > 1
    note = f" ({lines[0][2].note})" if len(lines) == 1 and lines[0][2].note else ""

    alpha = 1.0 if len(lines) <= _MOST_NAMED else 0.6

    def draw(axes: Axes) -> None:
        for n, label, line in lines:
            colour, dash = _COLOURS[n % len(_COLOURS)], _DASHES[(n + n // len(_COLOURS)) % len(_DASHES)]
            dots = "." if len(line.x) < _FEW else None
            axes.plot(line.x, line.y, color=colour, linestyle=dash, linewidth=1.5, label=json_safe(label), marker=dots, alpha=alpha)
            if line.marked is not None:
                axes.plot(line.x[line.marked], line.y[line.marked], color=colour if several else _MARKED, marker="o", markersize=5)
        if any(line.diagonal for *_, line in lines):
            axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=0.8)
        units = {line.unit for *_, line in lines}
        if len(units) == 1 and (unit := units.pop()):
            axes.yaxis.set_major_formatter(lambda value, _: with_unit(value, unit))
        fallback.label_steps(axes, _axis_label([line.labels[0] for *_, line in lines]))
        axes.set_ylabel(_axis_label([line.labels[1] for *_, line in lines]))
        axes.set_title(json_safe(panel.title + note), fontsize=9)
        if several and 0 < len(lines) <= _MOST_NAMED:
            axes.legend(fontsize=7, frameon=False)

    labels = f": {', '.join(series.label for series in panel.series)}" if several else ""
    # A dense line is a quarter smaller in its own colours, and what is marked in it keeps its own.
    own = [_COLOURS[lines[0][0] % len(_COLOURS)], *([] if several or lines[0][2].marked is None else [_MARKED])] if len(lines) == 1 else 24
    return fallback.picture(draw, f"{panel.kind} {panel.title}{labels}", (4.6, 2.7), own)


def _axis_label(words: Sequence[str]) -> str:
    """Return what all lines call an axis; nothing where they differ."""
    return str(json_safe(words[0])) if len(set(words)) == 1 else ""
