"""Read simple charts of plotly and vega-lite as lines, dots and bars, which we draw ourselves."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MARKS = {"line": "lines", "point": "markers", "circle": "markers", "square": "markers", "bar": "bars"}
_MOST = 40
_MARKED = 20

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(slots=True)
class Trace:
    """One line, cloud or row of bars; `mode` holds `lines`, `markers` or is `bars`."""

    name: str
    mode: str
    x: Numbers
    y: Numbers


@dataclass(slots=True)
class Plot:
    """The traces of a chart on two axes; `names` are the categories at 0, 1, … of an x axis of words."""

    traces: list[Trace]
    title: str = ""
    labels: tuple[str, str] = ("x", "y")
    logs: tuple[bool, bool] = (False, False)
    names: list[str] = field(default_factory=list)
    dates: bool = False


def read_chart(library: str, figure: dict[str, Any]) -> Plot | None:
    """Return the traces of a chart; None when it has more to it than we draw."""
    try:
        plot = {"plotly": _plotly, "vega": _vega}.get(library, lambda _: None)(figure)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if plot is None or not 0 < len(plot.traces) <= _MOST or any(len(t.x) != len(t.y) or not len(t.x) for t in plot.traces):
        return None
    return plot


class _Across:
    """The x axis while traces are added: of numbers, dates, or words in the order they come."""

    def __init__(self) -> None:
        self.kind = ""
        self.names: dict[str, int] = {}

    def place(self, values: Any) -> Numbers:
        kind, numbers = self._read(values)
        if self.kind not in ("", kind):
            raise ValueError("an axis of two kinds")
        self.kind = kind
        return numbers

    def plot(self, traces: list[Trace], title: str, labels: tuple[str, str], logs: tuple[bool, bool]) -> Plot:
        return Plot(traces, title, labels, logs, list(self.names), self.kind == "dates")

    def _read(self, values: Any) -> tuple[str, Numbers]:
        if isinstance(values, np.ndarray) or not any(isinstance(v, str) for v in values):
            return "numbers", _numbers(values)
        words = [str(v) for v in values]
        if all(_DATE.match(word) for word in words):
            return "dates", np.array([w.removesuffix("Z") for w in words], "datetime64[us]").astype(np.int64) / 1e6
        return "words", np.array([self.names.setdefault(word, len(self.names)) for word in words], dtype=np.float64)


def _numbers(values: Any) -> Numbers:
    found = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    if found.ndim != 1:
        raise ValueError("not one row of numbers")
    return found


def _array(values: Any) -> Any:
    """Return a list, or the numbers of plotly's packed arrays."""
    if isinstance(values, dict):
        packed = np.frombuffer(base64.b64decode(values["bdata"]), np.dtype(values["dtype"]).newbyteorder("<"))
        return packed if "shape" not in values else packed.reshape([int(n) for n in str(values["shape"]).split(",")])
    return values


def _plotly(figure: dict[str, Any]) -> Plot | None:
    layout = figure.get("layout") or {}
    across, traces = _Across(), []
    for number, trace in enumerate(figure["data"]):
        kind = trace.get("type", "scatter")
        plain = kind in {"scatter", "scattergl", "bar"} and trace.get("orientation", "v") == "v" and trace.get("visible", True) is True
        if not plain or "stackgroup" in trace or {trace.get("xaxis", "x"), trace.get("yaxis", "y")} != {"x", "y"}:
            return None
        y = _numbers(_array(trace["y"]))
        x = across.place(_array(trace["x"]) if trace.get("x") is not None else np.arange(len(y)))
        mode = "bars" if kind == "bar" else str(trace.get("mode") or ("lines+markers" if len(y) < _MARKED else "lines"))
        traces.append(Trace(str(trace.get("name") or f"trace {number}"), mode, x, y))
    if layout.get("barmode") in {"stack", "relative"} or layout.get("shapes") or layout.get("annotations"):
        return None
    axes = [layout.get(name) or {} for name in ("xaxis", "yaxis")]
    first, second = (_title(axis.get("title")) for axis in axes)
    logs = axes[0].get("type") == "log", axes[1].get("type") == "log"
    return across.plot(traces, _title(layout.get("title")), (first or "x", second or "y"), logs)


def _title(title: Any) -> str:
    return str((title.get("text") if isinstance(title, dict) else title) or "")


def _vega(figure: dict[str, Any]) -> Plot | None:
    mark, encoding = figure["mark"], figure["encoding"]
    kind = _MARKS.get(mark["type"] if isinstance(mark, dict) else mark)
    shown = {name: channel for name, channel in encoding.items() if name != "tooltip"}
    if kind is None or not set(shown) <= {"x", "y", "color"} or "transform" in figure:
        return None
    plain = {"field", "type", "title", "scale", "axis", "legend"}
    if any(not set(channel) <= plain or set(channel.get("scale") or {}) - {"zero", "type"} for channel in shown.values()):
        return None
    rows = figure["datasets"][figure["data"]["name"]] if "name" in figure["data"] else figure["data"]["values"]
    x, y, colour = shown["x"]["field"], shown["y"]["field"], (shown.get("color") or {}).get("field")
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(row.get(colour)) if colour else y, []).append(row)
    across = _Across()
    traces = []
    for name, members in groups.items():
        placed = across.place([row.get(x) for row in members])
        order = np.argsort(placed, kind="stable") if kind == "lines" else np.arange(len(placed))
        traces.append(Trace(name, kind, placed[order], _numbers([row.get(y) for row in members])[order]))
    if kind == "bars" and len(groups) > 1:  # vega stacks them
        return None
    logs = tuple((shown[axis].get("scale") or {}).get("type") == "log" for axis in ("x", "y"))
    labels = tuple(str(shown[axis].get("title") or shown[axis]["field"]) for axis in ("x", "y"))
    return across.plot(traces, _title(figure.get("title")), (labels[0], labels[1]), (logs[0], logs[1]))
