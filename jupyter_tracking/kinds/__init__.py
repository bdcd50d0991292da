"""The kinds of artifacts: one file each, one word in the registry each.

Other packages add theirs through the entry-point group `jupyter_tracking.kinds`; each names a `Kind`.
"""

from __future__ import annotations

import warnings
from functools import cache

from jupyter_tracking.kinds.artifact import FILE_KINDS, ArtifactLogging, file_kind
from jupyter_tracking.kinds.audio import AUDIO, AudioLogging
from jupyter_tracking.kinds.base import Kind, Recorder, check_kind
from jupyter_tracking.kinds.chart import CHART, ChartLogging
from jupyter_tracking.kinds.coderef import CodeLogging
from jupyter_tracking.kinds.confusion import CONFUSION, ConfusionLogging
from jupyter_tracking.kinds.curve import CURVE, Curve, CurveLogging
from jupyter_tracking.kinds.dataframe import DATAFRAME, DataframeLogging
from jupyter_tracking.kinds.env import EnvLogging
from jupyter_tracking.kinds.histogram import HISTOGRAM, HistogramLogging
from jupyter_tracking.kinds.html import HTML, HtmlLogging
from jupyter_tracking.kinds.image import IMAGE, ImageLogging
from jupyter_tracking.kinds.markdown import MARKDOWN, MarkdownLogging
from jupyter_tracking.kinds.metric import METRIC, MetricLogging
from jupyter_tracking.kinds.model import MODEL, ModelLogging
from jupyter_tracking.kinds.reference import ReferenceLogging
from jupyter_tracking.kinds.span import SPAN, SpanLogging
from jupyter_tracking.kinds.text import TEXT, TextLogging
from jupyter_tracking.kinds.video import VIDEO, VideoLogging

__all__ = ["KINDS", "Curve", "Kind", "KindsLogging", "Recorder", "check_kind", "kind_of"]

_OWN = (METRIC, CURVE, CONFUSION, HISTOGRAM, DATAFRAME, IMAGE, AUDIO, VIDEO, TEXT, HTML, MARKDOWN, CHART, SPAN, MODEL)
KINDS: dict[str, Kind] = {kind.name: kind for kind in (*_OWN, *FILE_KINDS)}


class KindsLogging(
    MetricLogging,
    CurveLogging,
    ConfusionLogging,
    HistogramLogging,
    DataframeLogging,
    ChartLogging,
    ImageLogging,
    AudioLogging,
    VideoLogging,
    TextLogging,
    HtmlLogging,
    MarkdownLogging,
    SpanLogging,
    ModelLogging,
    ArtifactLogging,
    ReferenceLogging,
    CodeLogging,
    EnvLogging,
):
    """Every `log_*` of every kind; `Run` is one of these."""


def kind_of(name: str) -> Kind:
    """Return the kind of this name: ours, else another package's, else one whose versions are simply files."""
    own = KINDS.get(name)
    if own is not None and own not in FILE_KINDS:
        return own
    return _others().get(name) or own or file_kind(name)


@cache
def _others() -> dict[str, Kind]:
    """Return the kinds of other packages; one that cannot be used is told, and left out."""
    from importlib.metadata import entry_points

    found: dict[str, Kind] = {}
    for point in entry_points(group="jupyter_tracking.kinds"):
        try:
            kind = point.load()
            found[check_kind(kind.name)] = kind
        except Exception as error:  # noqa: BLE001 - another's module may fail in any way
            warnings.warn(f"the kind {point.name!r} of {point.value} cannot be used: {error}", stacklevel=2)
    return found
