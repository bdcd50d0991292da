"""XGBoost: the names of `jupyter_tracking.integrations.xgboost`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.xgboost import Callback, TrackingCallback, callback

__all__ = ["Callback", "PolyaxonCallback", "TrackingCallback", "callback", "polyaxon_callback"]

PolyaxonCallback = TrackingCallback
polyaxon_callback = callback
