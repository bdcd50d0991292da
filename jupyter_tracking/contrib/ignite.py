"""Ignite: the names of `jupyter_tracking.integrations.ignite`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.ignite import Logger, ModelSaver, TrackingLogger

__all__ = ["Logger", "ModelSaver", "PolyaxonIgniteLogger", "PolyaxonLogger", "TrackingLogger"]

PolyaxonLogger = TrackingLogger
PolyaxonIgniteLogger = TrackingLogger
