"""A display in a notebook: the widget and its twin, as two outputs. What is in them is not known here."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from IPython.display import publish_display_data

if TYPE_CHECKING:
    import ipywidgets

__all__ = ["Displayed"]

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Displayed:
    """One display of a view.

    Where a widget's model is gone, its output shows nothing else: so the twin is an output of its own.
    """

    def __init__(self, widget: ipywidgets.Widget, page: str, line: str, metadata: dict[str, Any]) -> None:
        """Display a widget and its twin.

        Args:
            widget: the live view.
            page: its twin, as HTML.
            line: an honest line of text.
            metadata: what lets a reader find the run again from the notebook alone.
        """
        self.line = line
        self._page = page
        self._place = {"display_id": uuid.uuid4().hex}  # not kept in the notebook
        live = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        kept = {"jupyter_tracking": metadata}
        publish_display_data({"text/plain": line, _WIDGET_VIEW: live}, kept)
        publish_display_data({"text/plain": line, "text/html": page}, kept, transient=self._place)

    def renew(self, page: str, metadata: dict[str, Any]) -> None:
        """Put another page in the place of the twin."""
        if page == self._page:
            return
        self._page = page
        data, kept = {"text/plain": self.line, "text/html": page}, {"jupyter_tracking": metadata}
        publish_display_data(data, kept, transient=self._place, update=True)
