"""Keras: the names of `jupyter_tracking.integrations.keras`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.keras import Callback, TrackingCallback

__all__ = ["Callback", "PolyaxonCallback", "PolyaxonKerasCallback", "TrackingCallback"]

PolyaxonCallback = TrackingCallback
PolyaxonKerasCallback = TrackingCallback
