"""skorch: the names of `jupyter_tracking.integrations.skorch`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.skorch import Callback, TrackingCallback

__all__ = ["Callback", "PolyaxonCallback", "TrackingCallback"]

PolyaxonCallback = TrackingCallback
