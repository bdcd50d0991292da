"""Lightning: the names of `jupyter_tracking.integrations.pytorch_lightning`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.pytorch_lightning import Callback, TrackingLogger

__all__ = ["Callback", "PolyaxonCallback", "PolyaxonLogger", "TrackingLogger"]

PolyaxonCallback = TrackingLogger
PolyaxonLogger = TrackingLogger
