"""A display in a notebook: the widget and its static page, as two outputs."""

from __future__ import annotations

import hashlib
import uuid
import weakref
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data

from jupyter_tracking.errors import escape_controls
from jupyter_tracking.format.lineage import META_KEY

if TYPE_CHECKING:
    import ipywidgets

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class NotebookDisplay:
    """One display of a view.

    Where the model of a widget is missing, a front end shows nothing of the widget's output: so the static page is an output of its own.
    """

    def __init__(self, widget: ipywidgets.Widget, page: str, line: str, metadata: dict[str, Any]) -> None:
        """Display a widget and its static page.

        Args:
            widget: the live view.
            page: its static page, as HTML.
            line: what is shown, in one line of text.
            metadata: what lets a reader find the run again from the notebook alone.
        """
        _replace(widget)
        self.line = line = escape_controls(line)
        self._page = _hash(page)
        self._transient = {"display_id": uuid.uuid4().hex}  # not stored in the notebook
        live = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        publish_display_data({"text/plain": line, _WIDGET_VIEW: live}, {META_KEY: metadata})
        self._publish_page(page, metadata)

    def refresh_page(self, page: str, metadata: dict[str, Any]) -> None:
        """Replace the static page by another."""
        if _hash(page) == self._page:
            return
        self._page = _hash(page)
        self._publish_page(page, metadata, update=True)

    def _publish_page(self, page: str, metadata: dict[str, Any], *, update: bool = False) -> None:
        data = {"text/plain": self.line, "text/html": page}
        publish_display_data(data, {META_KEY: metadata}, transient=self._transient, update=update)


def _hash(page: str) -> bytes:
    """Return what tells pages apart: a page itself takes a quarter of a megabyte."""
    return hashlib.blake2s(page.encode()).digest()


# By the id of a cell: the execution of it that displayed something last, and the widgets that this execution displayed.
_on_screen: dict[str, tuple[object, list[weakref.ref[ipywidgets.Widget]]]] = {}


def _replace(widget: ipywidgets.Widget) -> None:
    """Close what this cell displayed when it ran before, which its new output replaces; but not what a variable of the user refers to."""
    shell: Any = get_ipython()
    cell, execution = _running(shell)
    if not cell:
        return
    _close_earlier(shell, cell, execution, widget)
    if not _on_screen:
        shell.events.register("post_run_cell", _close_what_is_gone)
    _, widgets = _on_screen.setdefault(cell, (execution, []))
    widgets.append(weakref.ref(widget))


def _running(shell: Any) -> tuple[str | None, object]:
    """Return the id of the cell that runs, where the front end tells it, and which execution of it this is."""
    kernel = getattr(shell, "kernel", None)
    parent = kernel.get_parent() if kernel is not None else {}
    return (parent.get("metadata") or {}).get("cellId"), (parent.get("header") or {}).get("msg_id")


def _close_earlier(shell: Any, cell: str, execution: object, kept: ipywidgets.Widget | None = None) -> None:
    before, widgets = _on_screen.get(cell, (execution, []))
    if before == execution:
        return
    del _on_screen[cell]
    held = {id(value) for name, value in list(shell.user_ns.items()) if not name.startswith("_")}
    for reference in widgets:
        old = reference()
        if old is not None and old is not kept and id(old) not in held:
            old.close()


def _close_what_is_gone(*_result: object) -> None:
    """Close what a cell displayed when it ran before, also where it has displayed nothing this time."""
    shell: Any = get_ipython()
    cell, execution = _running(shell)
    if cell:
        _close_earlier(shell, cell, execution)
    if not _on_screen:
        shell.events.unregister("post_run_cell", _close_what_is_gone)
