"""Optuna: the names of `jupyter_tracking.integrations.optuna`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.optuna import Callback, TrackingCallback

__all__ = ["Callback", "PolyaxonCallback", "TrackingCallback"]

PolyaxonCallback = TrackingCallback
