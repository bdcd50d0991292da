"""LangChain: the names of `jupyter_tracking.integrations.langchain`, and those of `polyaxon.tracking.contrib`."""

from jupyter_tracking.integrations.langchain import Callback, TrackingCallback

__all__ = ["Callback", "PolyaxonCallback", "TrackingCallback"]

PolyaxonCallback = TrackingCallback
