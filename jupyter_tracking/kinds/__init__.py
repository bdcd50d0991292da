"""The kinds of artifacts: one file each, one word in the registry each."""

from __future__ import annotations

from jupyter_tracking.kinds.artifact import FILE_KINDS, ArtifactLogging
from jupyter_tracking.kinds.base import Kind, Recorder, check_kind
from jupyter_tracking.kinds.curve import CURVE, Curve, CurveLogging
from jupyter_tracking.kinds.dataframe import DATAFRAME, DataframeLogging
from jupyter_tracking.kinds.image import IMAGE, ImageLogging
from jupyter_tracking.kinds.metric import METRIC, MetricLogging
from jupyter_tracking.kinds.model import MODEL, ModelLogging
from jupyter_tracking.kinds.reference import ReferenceLogging
from jupyter_tracking.kinds.text import TEXT, TextLogging

__all__ = ["KINDS", "Curve", "Kind", "KindsLogging", "Recorder", "check_kind"]

KINDS: dict[str, Kind] = {kind.name: kind for kind in (METRIC, CURVE, DATAFRAME, IMAGE, TEXT, MODEL, *FILE_KINDS)}


class KindsLogging(
    MetricLogging,
    CurveLogging,
    DataframeLogging,
    ImageLogging,
    TextLogging,
    ModelLogging,
    ArtifactLogging,
    ReferenceLogging,
):
    """Every `log_*` of every kind; `Run` is one of these."""
