"""Accelerate: the names of `jupyter_tracking.integrations.accelerate`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.accelerate import Tracker, TrackingTracker

__all__ = ["PolyaxonTracker", "Tracker", "TrackingTracker"]

PolyaxonTracker = TrackingTracker
