"""LightGBM: the names of `jupyter_tracking.integrations.lightgbm`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.lightgbm import Callback, TrackingCallback, callback

__all__ = ["Callback", "PolyaxonCallback", "TrackingCallback", "callback", "polyaxon_callback"]

PolyaxonCallback = TrackingCallback
polyaxon_callback = callback
