"""Transformers: the names of `jupyter_tracking.integrations.hugging_face`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.hugging_face import Callback, TrackingCallback

__all__ = ["Callback", "PolyaxonCallback", "TrackingCallback"]

PolyaxonCallback = TrackingCallback
