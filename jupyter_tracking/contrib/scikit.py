"""scikit-learn: the names of `jupyter_tracking.integrations.scikit`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.scikit import Callback, TrackingCallback, log_classifier, log_regressor, log_search

__all__ = ["Callback", "PolyaxonCallback", "TrackingCallback", "log_classifier", "log_regressor", "log_search"]

PolyaxonCallback = TrackingCallback
