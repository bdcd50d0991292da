"""The chart kind: a figure of plotly, bokeh or altair as its own JSON, in the row."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent, MissingExtra
from jupyter_tracking.kinds.base import Kind, Recorder, logs, missing_extra, warn
from jupyter_tracking.kinds.image import as_figure, encode_figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jupyter_tracking.kinds.base import Asset, Encoded, Timestamp


def _decode(payload: str, _asset: Asset) -> dict[str, Any]:
    """Return the figure: plotly's and vega's as a dict, bokeh's as its JSON item."""
    chart = json.loads(payload)
    figure = chart.get("figure") if isinstance(chart, dict) else None
    if not isinstance(figure, dict):
        raise MalformedEvent("the chart has no figure")
    return figure


def _encode(figure: str, library: str = "plotly") -> str:
    """Return the payload of a figure that is JSON already, as its library writes it."""
    return f'{{"kind":"{library}","figure":{figure}}}'


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
            item = json.dumps(json_item(figure))
        except (ValueError, TypeError, AttributeError, RuntimeError) as error:
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
            InvalidArgument: altair refuses it, such as one of more than 5,000 rows.
        """
        if not hasattr(figure, "to_json") or not hasattr(figure, "to_dict") or hasattr(figure, "columns"):
            raise InvalidType(f"figure is a {type(figure).__name__}; give a chart of altair")
        try:
            text = figure.to_json(indent=None)
        except Exception as error:  # altair's own, such as that of too many rows, are of no one kind
            raise InvalidArgument(f"figure: {error}") from error
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
            fallback_to_image: log a picture of the name where plotly cannot convert it, with a warning.

        Raises:
            MissingExtra: plotly is not installed, without the fallback.
            InvalidArgument: plotly cannot convert it, without the fallback.
        """
        source = as_figure(figure, "figure")
        try:
            kind: str = "chart"
            encoded: Encoded = _encode(_plotly_json(source))
        except (InvalidArgument, MissingExtra) as error:
            if not fallback_to_image:
                raise
            warn(f"{name!r} is logged as a picture: {error}")
            kind, encoded = "image", encode_figures([source])
        self.record(kind, name, encoded, step, timestamp)
        if close:
            from matplotlib import pyplot as plt

            plt.close(source)


def _plotly_json(figure: Any) -> str:
    """Return a figure as plotly itself writes it."""
    try:
        import plotly.graph_objects as go
        import plotly.tools
        from plotly.utils import PlotlyJSONEncoder
    except ImportError as error:
        raise missing_extra("plotly", "plotly", error) from error
    if hasattr(figure, "savefig"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                figure = plotly.tools.mpl_to_plotly(figure)
        except Exception as error:
            raise InvalidArgument(f"plotly cannot convert the figure: {error}") from error
    if isinstance(figure, list | tuple):
        figure = {"data": list(figure), "layout": {}}
    if isinstance(figure, dict):
        try:
            go.Figure(figure)
        except (ValueError, TypeError) as error:
            raise InvalidArgument(f"figure is a dict that plotly refuses: {str(error).strip().partition(chr(10))[0]}") from None
        return json.dumps(figure, cls=PlotlyJSONEncoder)
    if not hasattr(figure, "to_plotly_json") or not hasattr(figure, "to_json"):
        raise InvalidType(f"figure is a {type(figure).__name__}; give a figure of plotly, its dict or a list of traces")
    text: str = figure.to_json()
    return text
