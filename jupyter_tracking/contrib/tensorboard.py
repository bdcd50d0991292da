"""TensorBoard: the names of `jupyter_tracking.integrations.tensorboard`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.tensorboard import Logger, TrackingLogger

__all__ = ["Logger", "PolyaxonLogger", "PolyaxonTensorboardLogger", "TrackingLogger"]

PolyaxonLogger = TrackingLogger
PolyaxonTensorboardLogger = TrackingLogger
