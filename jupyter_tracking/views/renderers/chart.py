"""Charts of plotly, bokeh and vega: simple ones are drawn by us, others by their own library on request; all come as JSON too."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.budgets import MOST_BARS
from jupyter_tracking.errors import InvalidArgument, TrackingError
from jupyter_tracking.views.export.bundle import static
from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback
from jupyter_tracking.views.renderers.plain_chart import Plot, read_chart
from jupyter_tracking.views.renderers.vega_still import draw_vega

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jupyter_tracking.views.model.series import Series

_POINTS = 20_000
_PREVIEW = 600
_JSON = 4_000_000
_PREVIEW_JSON = 40_000
_FALLBACK_JSON = 2_000
# Where each library keeps the script that draws its charts; that of vega is made by vl-convert.
_SCRIPTS = {"plotly": ("package_data/plotly.min.js",), "bokeh": ("server/static/js/bokeh.min.js", "server/static/js/bokeh-api.min.js")}


class ChartRenderer(Renderer):
    """Draws charts of plotly, bokeh and vega: as lines and points, or by their own library when the reader asks for it."""

    stem = "chart"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the traces of a chart that we can draw, and its JSON where there is room for it."""
        library, figure = _chart(series, number)
        text = json.dumps(json_safe(figure))
        payload = Payload({"library": json_safe(library), "size": len(text)})
        if not preview and _draws_itself(library):
            payload.head["renderer"] = True
        plot = read_chart(library, figure)
        if plot is not None:
            _draw(payload, plot, _PREVIEW if preview else _POINTS)
        if len(text) <= (_PREVIEW_JSON if preview else _JSON):
            payload.head["json"] = payload.attach(text.encode())
        return payload

    def answer(self, series: Series, number: int, query: dict[str, Any]) -> Payload:
        """Return the script that draws the chart, from the library that is installed here: `{"renderer": true}`."""
        if query != {"renderer": True}:
            return super().answer(series, number, query)
        library, _ = _chart(series, number)
        if not _draws_itself(library):
            raise InvalidArgument(f"{library} is not installed in this kernel")
        payload = Payload({"library": library})
        # Nothing of the library runs before its frame is shut.
        payload.attach(f"{static('chart.js')}\n;\n".encode() + _script(library))
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return a chart as a picture, if it is simple or vl-convert draws it; any other as the beginning of its JSON."""
        library, figure = _chart(series, number)
        plot = read_chart(library, figure)
        if plot is not None and _is_quickly_drawn(plot):
            return fallback.picture(lambda axes: _paint(axes, plot), f"chart {series.artifact.name}")
        words = ""
        if library == "vega" and _draws_itself(library):
            still = series.derived("still", lambda: _still(figure), number)
            if isinstance(still, bytes):
                return fallback.drawn(still, f"chart {series.artifact.name}")
            words = f"<p>{fallback.escape(f'The chart is not drawn here: {still}')}</p>"
        return words + fallback.pre(json.dumps(json_safe(figure)), _FALLBACK_JSON)


def _still(figure: dict[str, Any]) -> bytes | str:
    """Return a chart of vega as a PNG, or why there is none, which is not tried again."""
    try:
        return draw_vega(figure)
    except TrackingError as error:
        return str(error)


def _chart(series: Series, number: int) -> tuple[str, dict[str, Any]]:
    figure: dict[str, Any] = series.value(number)
    stored = series.cell(number)
    chart = json.loads(stored) if isinstance(stored, str) else stored
    return str(chart.get("kind")), figure


def _scripts(library: str) -> list[Path]:
    """Return the library's own scripts, if it is installed; it is not imported for that."""
    found = find_spec(library) if library in _SCRIPTS else None
    if found is None or found.origin is None:
        return []
    paths = [Path(found.origin).parent / name for name in _SCRIPTS[library]]
    return [path for path in paths if path.exists()]


def _draws_itself(library: str) -> bool:
    return find_spec("vl_convert") is not None if library == "vega" else bool(_scripts(library))


@cache
def _script(library: str) -> bytes:
    """Return what draws charts of a library in a page."""
    if library == "vega":
        import vl_convert

        made: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        return made.encode()
    return "\n;\n".join(path.read_text("utf-8") for path in _scripts(library)).encode()


def _draw(payload: Payload, plot: Plot, points: int) -> None:
    rows = sum(trace.mode == "bars" for trace in plot.traces)
    bar = 0
    described = []
    spans: dict[str, list[np.ndarray[Any, Any]]] = {"x": [], "y": []}
    for number, trace in enumerate(plot.traces):
        at = np.arange(len(trace.x)) if trace.mode == "bars" else downsample.downsample_curve(trace.x, trace.y, points)
        x, y = trace.x[at], trace.y[at]
        described.append({"name": trace.name, "mode": trace.mode})
        if trace.mode == "bars":
            left, right = _sides(x, bar, rows)
            bar += 1
            payload.add(f"x{number}", left)
            payload.add(f"r{number}", right)
            spans["x"].extend((left, right))
            spans["y"].append(np.zeros(1))
        else:
            payload.add(f"x{number}", x)
            spans["x"].append(x)
        payload.add(f"y{number}", y)
        spans["y"].append(y)
    head = {"title": plot.title, "labels": plot.labels, "logs": plot.logs, "names": plot.names, "dates": plot.dates, "traces": described}
    head.update({axis: downsample.finite_range(arrays) or [0.0, 1.0] for axis, arrays in spans.items()})
    payload.head["plot"] = json_safe(head)


def _sides(x: np.ndarray[Any, Any], number: int, rows: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return where each bar begins and ends, beside the bars of other traces."""
    gaps = np.diff(np.unique(x[np.isfinite(x)]))
    room = 0.8 * (float(gaps.min()) if len(gaps) else 1.0)
    left = x - room / 2 + number * room / rows
    return left, left + room / rows


def _is_quickly_drawn(plot: Plot) -> bool:
    return max(len(plot.names), sum(len(trace.x) for trace in plot.traces if trace.mode == "bars")) <= MOST_BARS


def _paint(axes: Axes, plot: Plot) -> None:
    lines = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#946700", "#3b8fbf")
    rows = sum(trace.mode == "bars" for trace in plot.traces)
    bar = 0
    for number, trace in enumerate(plot.traces):
        colour = lines[number % len(lines)]
        if trace.mode == "bars":
            left, right = _sides(trace.x, bar, rows)
            bar += 1
            axes.bar(left, trace.y, right - left, align="edge", color=colour, label=json_safe(trace.name))
            continue
        style = "-" if "lines" in trace.mode else "none"
        marker = "o" if "markers" in trace.mode else None
        at = downsample.downsample_curve(trace.x, trace.y, _POINTS)
        axes.plot(
            trace.x[at], trace.y[at], color=colour, linestyle=style, marker=marker, markersize=3, linewidth=1.4, label=json_safe(trace.name)
        )
    if plot.names:
        axes.set_xticks(range(len(plot.names)), [json_safe(name) for name in plot.names])
    axes.set_xlabel(json_safe(plot.labels[0]))
    axes.set_ylabel(json_safe(plot.labels[1]))
    axes.set_title(json_safe(plot.title), fontsize=9)
    axes.set_xscale("log" if plot.logs[0] else "linear")
    axes.set_yscale("log" if plot.logs[1] else "linear")
    if len(plot.traces) > 1:
        axes.legend(frameon=False, fontsize=7)


RENDERER = ChartRenderer()
