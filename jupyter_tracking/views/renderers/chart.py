"""Charts of plotly, bokeh and vega: drawn by us where they are simple, by their own library on request, and always as their JSON."""

from __future__ import annotations

import html
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback
from jupyter_tracking.views.renderers.plain_chart import Plot, read

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jupyter_tracking.views.model.panel import Pane

__all__ = ["FAMILY"]

_POINTS = 20_000
_LIGHT = 600
_JSON = 4_000_000
_LIGHT_JSON = 40_000
_STILL_JSON = 2_000
# Where each library keeps the script that draws its charts; that of vega is made by vl-convert.
_SCRIPTS = {"plotly": ("package_data/plotly.min.js",), "bokeh": ("server/static/js/bokeh.min.js", "server/static/js/bokeh-api.min.js")}


class ChartFamily(Family):
    """A chart a step."""

    stem = "chart"

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:
        """Return what of the chart we can draw, and its JSON where there is room for it."""
        library, figure = _chart(pane, number)
        text = json.dumps(clean(figure))
        frame = Frame({"library": clean(library), "size": len(text)})
        if not light and _draws_itself(library):
            frame.head["renderer"] = True
        plot = read(library, figure)
        if plot is not None:
            _draw(frame, plot, _LIGHT if light else _POINTS)
        if len(text) <= (_LIGHT_JSON if light else _JSON):
            frame.head["json"] = frame.attach(text.encode())
        return frame

    def answer(self, pane: Pane, number: int, query: dict[str, Any]) -> Frame:
        """Return the script that draws the chart, from the library that is installed here: `{"renderer": true}`."""
        if query != {"renderer": True}:
            return super().answer(pane, number, query)
        library, _ = _chart(pane, number)
        if not _draws_itself(library):
            message = f"{library} is not installed in this kernel"
            raise InvalidArgument(message)
        frame = Frame({"library": library})
        frame.attach(_script(library))
        return frame

    def still(self, pane: Pane, number: int) -> str:
        """Return a chart as a picture, if it is simple or vl-convert draws it; any other as the beginning of its JSON."""
        library, figure = _chart(pane, number)
        plot = read(library, figure)
        if plot is not None:
            return fallback.picture(lambda axes: _paint(axes, plot), f"chart {pane.artifact.name}")
        if library == "vega" and _draws_itself(library):
            import vl_convert

            # What is not in the chart is not fetched.
            return fallback.drawn(vl_convert.vegalite_to_png(figure, allowed_base_urls=[]), f"chart {pane.artifact.name}")
        text = json.dumps(clean(figure))
        cut = "…" if len(text) > _STILL_JSON else ""
        return f'<pre style="white-space:pre-wrap">{html.escape(text[:_STILL_JSON])}{cut}</pre>'


def _chart(pane: Pane, number: int) -> tuple[str, dict[str, Any]]:
    figure: dict[str, Any] = pane.value(number)
    payload = pane.payload(number)
    chart = json.loads(payload) if isinstance(payload, str) else payload
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


def _draw(frame: Frame, plot: Plot, points: int) -> None:
    rows = sum(trace.mode == "bars" for trace in plot.traces)
    bar = 0
    told = []
    spans: dict[str, list[np.ndarray[Any, Any]]] = {"x": [], "y": []}
    for number, trace in enumerate(plot.traces):
        at = np.arange(len(trace.x)) if trace.mode == "bars" else downsample.along(trace.x, trace.y, points)
        x, y = trace.x[at], trace.y[at]
        told.append({"name": trace.name, "mode": trace.mode})
        if trace.mode == "bars":
            left, right = _sides(x, bar, rows)
            bar += 1
            frame.add(f"x{number}", left)
            frame.add(f"r{number}", right)
            spans["x"].extend((left, right))
            spans["y"].append(np.zeros(1))
        else:
            frame.add(f"x{number}", x)
            spans["x"].append(x)
        frame.add(f"y{number}", y)
        spans["y"].append(y)
    said = {"title": plot.title, "labels": plot.labels, "logs": plot.logs, "names": plot.names, "dates": plot.dates, "traces": told}
    said.update({axis: downsample.extent(arrays) or [0.0, 1.0] for axis, arrays in spans.items()})
    frame.head["plot"] = clean(said)


def _sides(x: np.ndarray[Any, Any], number: int, rows: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return where each bar begins and ends, beside the bars of other traces."""
    gaps = np.diff(np.unique(x[np.isfinite(x)]))
    room = 0.8 * (float(gaps.min()) if len(gaps) else 1.0)
    left = x - room / 2 + number * room / rows
    return left, left + room / rows


def _paint(axes: Axes, plot: Plot) -> None:
    lines = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#946700", "#3b8fbf")
    rows = sum(trace.mode == "bars" for trace in plot.traces)
    bar = 0
    for number, trace in enumerate(plot.traces):
        colour = lines[number % len(lines)]
        if trace.mode == "bars":
            left, right = _sides(trace.x, bar, rows)
            bar += 1
            axes.bar(left, trace.y, right - left, align="edge", color=colour, label=clean(trace.name))
            continue
        style = "-" if "lines" in trace.mode else "none"
        marker = "o" if "markers" in trace.mode else None
        axes.plot(trace.x, trace.y, color=colour, linestyle=style, marker=marker, markersize=3, linewidth=1.4, label=clean(trace.name))
    if plot.names:
        axes.set_xticks(range(len(plot.names)), [clean(name) for name in plot.names])
    axes.set_xlabel(clean(plot.labels[0]))
    axes.set_ylabel(clean(plot.labels[1]))
    axes.set_title(clean(plot.title), fontsize=9)
    axes.set_xscale("log" if plot.logs[0] else "linear")
    axes.set_yscale("log" if plot.logs[1] else "linear")
    if len(plot.traces) > 1:
        axes.legend(frameon=False, fontsize=7)


FAMILY = ChartFamily()
