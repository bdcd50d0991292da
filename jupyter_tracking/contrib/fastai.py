"""fastai: the names of `jupyter_tracking.integrations.fastai`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.fastai import Callback, TrackingCallback

__all__ = ["Callback", "PolyaxonCallback", "PolyaxonFastaiCallback", "TrackingCallback"]

PolyaxonCallback = TrackingCallback
PolyaxonFastaiCallback = TrackingCallback
