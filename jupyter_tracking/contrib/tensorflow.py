"""TensorFlow: the names of `jupyter_tracking.integrations.tensorflow`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.tensorflow import Callback, TrackingCallback

__all__ = ["Callback", "PolyaxonCallback", "PolyaxonSessionRunHook", "TrackingCallback"]

PolyaxonCallback = TrackingCallback
PolyaxonSessionRunHook = TrackingCallback
