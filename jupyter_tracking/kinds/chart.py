"""The chart kind: a figure of plotly, bokeh or altair as its own JSON, in the row."""

from __future__ import annotations

import json
import re
import warnings
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent, MissingExtra
from jupyter_tracking.kinds.arguments import as_flag, as_text
from jupyter_tracking.kinds.base import Kind, Recorder, check_json, logs, missing_extra, refusals, warn
from jupyter_tracking.kinds.figures import as_figure, lost_by_plotly
from jupyter_tracking.kinds.image import encode_figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jupyter_tracking.kinds.base import Asset, Encoded, Timestamp

# plotly's converter of matplotlib, before 7.1, writes colours that are none in CSS: "rgba (31, 119, 180, 1)".
_SPACED_COLOR = re.compile(r'("\w*color": ?"rgba?) \(')


# What may be half of a character (or one of an emoji's two halves), or a number that JSON does not have.
_SUSPICIOUS = ("\\ud", "\\uD", "NaN", "Infinity")


def _decode(payload: str, asset: Asset) -> dict[str, Any]:
    """Return the figure: plotly's and vega's as a dict, bokeh's as its JSON item."""
    check_json(payload, asset)
    chart = json.loads(payload)
    figure = chart.get("figure") if isinstance(chart, dict) else None
    if not isinstance(figure, dict):
        raise MalformedEvent("the chart has no figure")
    return figure


def _encode(figure: str, library: str = "plotly") -> str:
    """Return the payload of a figure that is JSON already, as its library writes it.

    Raises:
        InvalidArgument: half of a character in one of its texts, or NaN, which JSON does not have.
    """
    as_text(figure, "figure")
    if any(sign in figure for sign in _SUSPICIOUS):
        as_text(json.dumps(json.loads(figure, parse_constant=_refuse_constant), ensure_ascii=False), "figure")
    return f'{{"kind":"{library}","figure":{figure}}}'


def _refuse_constant(word: str) -> None:
    raise InvalidArgument(f"figure holds {word}, which JSON does not have; give None")


CHART = Kind("chart", "chart", _decode, ("kind", "figure"), _encode, order=80)


@logs(CHART)
class ChartMethods(Recorder):
    """How a run logs charts."""

    def log_plotly_chart(self, name: str, figure: Any, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log a plotly figure.

        Args:
            name: the chart's name.
            figure: a figure, its dict, a list of traces; or a figure of matplotlib, which is converted.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            MissingExtra: plotly is not installed.
            InvalidType: not a figure.
            InvalidArgument: plotly refuses it.
        """
        self.record("chart", name, _encode(_plotly_json(figure)), step, timestamp)

    def log_bokeh_chart(self, name: str, figure: Any, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log a bokeh figure, or anything that bokeh can embed.

        Args:
            name: the chart's name.
            figure: a figure or a layout.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            MissingExtra: bokeh is not installed.
            InvalidType: not a figure.
        """
        try:
            from bokeh.embed import json_item
        except ImportError as error:
            raise missing_extra("bokeh", "bokeh", error) from error
        try:
            item = json.dumps(json_item(figure), allow_nan=False)
        except Exception as error:  # noqa: BLE001 - bokeh's own are of no one kind
            raise InvalidType(f"figure is a {type(figure).__name__}; give a figure of bokeh ({error})") from None
        self.record("chart", name, _encode(item, "bokeh"), step, timestamp)

    def log_altair_chart(self, name: str, figure: Any, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log an altair chart, kept as its Vega-Lite specification with its data.

        Args:
            name: the chart's name.
            figure: a chart.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a chart.
            InvalidArgument: altair refuses it, such as one of more than 5,000 rows (`alt.data_transformers.disable_max_rows()`
                takes them); or its data are at a URL.
        """
        if not hasattr(figure, "to_json") or not hasattr(figure, "to_dict") or hasattr(figure, "columns"):
            raise InvalidType(f"figure is a {type(figure).__name__}; give a chart of altair")
        import altair as alt

        # Each of the other transformers leaves the data out of the chart: in a file beside the notebook, or in the kernel.
        active = alt.data_transformers.active
        own = alt.data_transformers.options if active in {"default", ""} else {"max_rows": None}
        with refusals("figure"), alt.data_transformers.enable("default", **own):
            text = figure.to_json(indent=None)
            chart = json.loads(text)
            where = _data_elsewhere(chart, chart.get("datasets", {}))
        if where is not None:
            raise InvalidArgument(f"figure takes its data from {where!r:.100}, which the run would not have; give the data, as a DataFrame")
        self.record("chart", name, _encode(text, "vega"), step, timestamp)

    def log_mpl_plotly_chart(
        self,
        name: str,
        figure: Figure,
        step: int | None = None,
        timestamp: Timestamp = None,
        close: bool = True,
        fallback_to_image: bool = True,
    ) -> None:
        """Log a matplotlib figure as a plotly chart.

        Args:
            name: the chart's name.
            figure: a figure, what is drawn in one, or the `pyplot` module for the current one.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            close: close the figure afterwards.
            fallback_to_image: log a picture of the name where plotly cannot convert it, with a warning. It converts lines, points,
                plain bars and texts; images, pies, filled areas, lines across the axes, twin axes and the like it would leave out.

        Raises:
            MissingExtra: plotly is not installed, without the fallback.
            InvalidArgument: plotly cannot convert it, without the fallback.
        """
        source, closes = as_figure(figure, "figure"), as_flag(close, "close")
        falls_back = as_flag(fallback_to_image, "fallback_to_image")
        try:
            kind: str = "chart"
            encoded: Encoded = _encode(_plotly_json(source))
        except (InvalidArgument, MissingExtra) as error:
            if not falls_back:
                raise
            warn(f"{name!r} is logged as a picture: {error}")
            kind, encoded = "image", encode_figures([source])
        self.record(kind, name, encoded, step, timestamp)
        if closes:
            from matplotlib import pyplot as plt

            plt.close(source)


def _data_elsewhere(chart: Any, datasets: dict[str, Any]) -> str | None:
    """Return the URL or the name that a Vega-Lite chart, or one inside it, takes data from; None where it has them all."""
    if isinstance(chart, list):
        return next((found for item in chart if (found := _data_elsewhere(item, datasets)) is not None), None)
    if not isinstance(chart, dict):
        return None
    data = chart.get("data")
    if isinstance(data, dict) and ("url" in data or ("values" not in data and data.get("name", "") not in datasets and "name" in data)):
        return str(data.get("url", data.get("name")))
    return _data_elsewhere([item for key, item in chart.items() if key not in {"datasets", "values"}], datasets)


def _plotly_json(figure: Any) -> str:
    """Return a figure as plotly itself writes it."""
    try:
        import plotly.graph_objects as go
        import plotly.tools
        from plotly.utils import PlotlyJSONEncoder
    except ImportError as error:
        raise missing_extra("plotly", "plotly", error) from error
    if hasattr(figure, "savefig"):
        with refusals("plotly cannot convert the figure"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lost = lost_by_plotly(figure)
            if lost:
                raise InvalidArgument(f"plotly cannot convert the figure: it would lose {', '.join(lost)}")
            converted: str = plotly.tools.mpl_to_plotly(figure).to_json()
            return _SPACED_COLOR.sub(r"\1(", converted)
    if isinstance(figure, list | tuple):
        figure = {"data": list(figure), "layout": {}}
    with refusals("figure is one that plotly refuses"):
        if isinstance(figure, dict):
            go.Figure(figure)
            return json.dumps(figure, cls=PlotlyJSONEncoder)
        if not hasattr(figure, "to_plotly_json") or not hasattr(figure, "to_json"):
            raise InvalidType(f"figure is a {type(figure).__name__}; give a figure of plotly, its dict or a list of traces")
        text: str = figure.to_json()
    return text
