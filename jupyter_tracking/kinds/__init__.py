r"""The registry of kinds of artifacts: each is one file here and one base of `KindMethods`; `KINDS` is derived from these bases.

Another package adds a kind through an entry point of the group `jupyter_tracking.kinds`. The kind must have one of Polyaxon's kind
strings, since Polyaxon reads no other, and must not be one of those that have a file here. With this in its `pyproject.toml`

    [project.entry-points."jupyter_tracking.kinds"]
    table = "their_package.table:TABLE"

and this in `their_package/table.py`

    from jupyter_tracking.kinds import Kind, NewAsset, Recorder, example

    def encode(rows):
        text = "\n".join(",".join(row) for row in rows)
        return NewAsset({"rows": len(rows)}, "csv", lambda sink: sink.write(text.encode()))

    def decode(payload, asset):
        return [line.split(",") for line in asset.read(payload).decode().split("\n")]

    @example("scores rows --step 3")
    def log_table(run: Recorder, name: str, rows: list[list[str]], step: int | None = None) -> None:
        'Log a table: lists of strings.'
        run.record("table", name, encode(rows), step)

    TABLE = Kind("table", "file", decode, ("rows", "path"), encode, functions=(log_table,))

there are `run.log_table`, `tracking.log_table` and `%log_table`; `view.load("scores")` returns the rows, and `view.show("scores")`
draws the table with the renderer of the stem `file`. An encoding that returns a dict is stored in the row itself, without an asset.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format.step_timestamp import as_step, as_timestamp
from jupyter_tracking.kinds.any_value import sort_values
from jupyter_tracking.kinds.artifact import FILE_KINDS, ArtifactMethods, file_kind
from jupyter_tracking.kinds.audio import AudioMethods
from jupyter_tracking.kinds.base import AssetCopy, Kind, NewAsset, Recorder, check_kind, example, logged_kinds, takes_mapping
from jupyter_tracking.kinds.chart import ChartMethods
from jupyter_tracking.kinds.coderef import CodeMethods
from jupyter_tracking.kinds.confusion import ConfusionMethods
from jupyter_tracking.kinds.curve import Curve, CurveMethods
from jupyter_tracking.kinds.dataframe import DataframeMethods
from jupyter_tracking.kinds.env import EnvMethods
from jupyter_tracking.kinds.histogram import HistogramMethods
from jupyter_tracking.kinds.html import HtmlMethods
from jupyter_tracking.kinds.image import ImageMethods
from jupyter_tracking.kinds.markdown import MarkdownMethods
from jupyter_tracking.kinds.metric import MetricMethods
from jupyter_tracking.kinds.model import ModelMethods
from jupyter_tracking.kinds.reference import ReferenceMethods
from jupyter_tracking.kinds.span import SpanMethods
from jupyter_tracking.kinds.text import TextMethods
from jupyter_tracking.kinds.video import VideoMethods
from jupyter_tracking.printed import warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.kinds.base import Timestamp

__all__ = ["KINDS", "AssetCopy", "Curve", "Kind", "KindMethods", "NewAsset", "Recorder", "check_kind", "example", "kind_logged_by"]
__all__ += ["kind_of", "other_functions", "other_kinds"]


class KindMethods(
    MetricMethods,
    CurveMethods,
    ConfusionMethods,
    HistogramMethods,
    DataframeMethods,
    ChartMethods,
    ImageMethods,
    AudioMethods,
    VideoMethods,
    TextMethods,
    HtmlMethods,
    MarkdownMethods,
    SpanMethods,
    ModelMethods,
    ArtifactMethods,
    ReferenceMethods,
    CodeMethods,
    EnvMethods,
):
    """Every `log_*` method of every kind, those of other packages too; `Run` inherits it."""

    @takes_mapping
    def log(self, step: int | None = None, timestamp: Timestamp = None, values: Any = None) -> None:
        """Log values by what they are: `log({"loss": 0.1, "sample": image, "predictions": df}, step=3)`.

        A number is a metric, a text a text, a DataFrame a dataframe, a figure of matplotlib and a picture (an image of Pillow, or an
        array of 8 bits or from 0 to 1) an image, a figure of Plotly, Bokeh or Altair a chart, another array of one dimension a
        histogram, a path (`pathlib.Path`) an artifact; `Curve`, `Confusion` and `Histogram`, as `load` returns them, are what they were. A
        mapping inside is named by both: `{"val": {"loss": 0.1}}` is the metric `val/loss`. What each value is, and each number, is
        checked before the first is written; the metrics are written last.

        Args:
            step: as in `log_metric`.
            timestamp: as in `log_metric`; one moment for all.
            values: name=value, or before all else a mapping of names, whatever they are, to values.

        Raises:
            InvalidType: a value that could be meant in several ways, or in none.
            InvalidArgument: a name is empty or given twice, or the function that is meant refuses the value.
        """
        metrics, others = sort_values(values)
        whole, moment = as_step(step), as_timestamp(timestamp)
        for function, arguments in others:
            getattr(self, function)(**arguments, step=whole, timestamp=moment)
        if metrics:
            self.log_metrics(metrics, whole, moment)

    if not TYPE_CHECKING:  # a type checker goes on to refuse names that are not there

        def __getattr__(self, name: str) -> Any:
            """Return the `log_*` function of another package's kind as a method of this run."""
            function = other_functions().get(name) if name.startswith("log_") else None
            if function is None:
                from jupyter_tracking.kinds.other_trackers import unknown_name

                what = f"{type(self).__name__!r} object"
                said = unknown_name(what, name, dir(self)) if not name.startswith("_") else f"{what} has no attribute {name!r}"
                raise AttributeError(said, name=name, obj=self)
            return partial(function, self)


KINDS: dict[str, Kind] = {kind.name: kind for methods in KindMethods.__bases__ for kind in logged_kinds(methods)}


def kind_of(name: str) -> Kind:
    """Return the kind of this name: ours, else another package's, else one whose versions are simply files."""
    own = KINDS.get(name)
    if own is not None and own not in FILE_KINDS:
        return own
    return other_kinds().get(name) or own or file_kind(name)


def kind_logged_by(function: str) -> Kind | None:
    """Return the kind of artifact that a `log_*` function logs; None where it may log several kinds, or none."""
    for methods in KindMethods.__bases__:
        if function in vars(methods):
            kinds = logged_kinds(methods)
            return kinds[0] if len(kinds) == 1 else None
    return next((kind for kind in other_kinds().values() for each in kind.functions if each.__name__ == function), None)


@cache
def other_kinds() -> dict[str, Kind]:
    """Return the kinds of other packages by name. One that cannot be used is left out, with a warning."""
    from importlib.metadata import entry_points

    found: dict[str, Kind] = {}
    for point in entry_points(group="jupyter_tracking.kinds"):
        if point.name in KINDS and KINDS[point.name] not in FILE_KINDS:
            continue  # nothing is imported for a kind that stays ours
        try:
            kind = point.load()
            for function in kind.functions:
                _check_function(function)
            found[check_kind(kind.name)] = kind
        except Exception as error:  # noqa: BLE001 - another package's module may fail in any way
            warn(f"the kind {point.name!r} of {point.value} cannot be used: {error}")
    return found


def _check_function(function: Callable[..., None]) -> None:
    name = function.__name__
    if not name.startswith("log_") or hasattr(KindMethods, name):
        raise InvalidArgument(f"its function {name!r} must be called log_…, and must not be one that a run has already")


def other_functions() -> dict[str, Callable[..., None]]:
    """Return the `log_*` functions of other packages' kinds by name; each takes the run first."""
    return {function.__name__: function for kind in other_kinds().values() for function in kind.functions}
