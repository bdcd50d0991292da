"""A display in a notebook: the widget and its static page, as two outputs."""

from __future__ import annotations

import hashlib
import itertools
import sys
import uuid
import weakref
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display, publish_display_data

from jupyter_tracking.errors import escape_controls
from jupyter_tracking.format.lineage import META_KEY

from jupyter_tracking.views.export.latex import for_latex
from jupyter_tracking.views.export.page import scripts_in, share_scripts, still_of
from jupyter_tracking.views.widgets.notebook_scripts import remember, running, scripts_there

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

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
        asked, update = _asked_of_ipython()
        if update and asked is not None and asked in _by_id:
            _by_id[asked].give_way(widget)
        else:
            _replace(widget)
        self.line = line = escape_controls(line)
        self._page = _hash(page)
        # What has an id may be replaced, also by something that is not ours: it has all of its scripts, and no other view relies on them.
        self._there = frozenset() if asked else scripts_there()
        self._widget = weakref.ref(widget)
        self._cell, *_ = running()
        self._replaced = False
        # Ids are not stored in the notebook.
        self._transient = {"display_id": asked or uuid.uuid4().hex}
        live = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        beside = {"display_id": f"{asked} widget"} if asked else None
        publish_display_data({"text/plain": line, _WIDGET_VIEW: live}, {META_KEY: metadata}, transient=beside, update=update)
        self._publish_page(page, metadata, update=update)
        if asked:
            _by_id[asked] = self
        else:
            remember(scripts_in(page))

    def give_way(self, widget: ipywidgets.Widget) -> None:
        """Let the display of another widget take the place of this one, in the cell that this one is in."""
        self._replaced = True
        if self._cell in _on_screen:
            _on_screen[self._cell][1].append(weakref.ref(widget))
        old = self._widget()
        if old is not None and old is not widget and id(old) not in _held(get_ipython()):
            old.close()

    def refresh_page(self, page: str, metadata: dict[str, Any]) -> None:
        """Replace the static page by another."""
        if self._replaced or _hash(page) == self._page:
            return
        self._page = _hash(page)
        self._publish_page(page, metadata, update=True)

    def _publish_page(self, page: str, metadata: dict[str, Any], *, update: bool = False) -> None:
        data = {"text/plain": self.line, "text/html": share_scripts(page, self._there), **for_latex(still_of(page))}
        publish_display_data(data, {META_KEY: metadata}, transient=self._transient, update=update)


# The displays that have been given an id, by which `update_display` replaces them.
_by_id: weakref.WeakValueDictionary[str, NotebookDisplay] = weakref.WeakValueDictionary()


def _asked_of_ipython() -> tuple[str | None, bool]:
    """Return the id that `display` was given, and whether what has it is to be replaced.

    IPython gives neither to an object that displays itself. It would replace one output for it, and a display of ours is two.
    """
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - a caller of the caller knows
    while frame is not None and frame.f_code is not display.__code__:
        frame = frame.f_back
    known = frame.f_locals if frame is not None else {}
    name = (known.get("transient") or {}).get("display_id")
    return (name, bool((known.get("kwargs") or {}).get("update"))) if isinstance(name, str) else (None, False)


def _hash(page: str) -> bytes:
    """Return what tells pages apart: a page itself takes a quarter of a megabyte."""
    return hashlib.blake2s(page.encode()).digest()


def repeatable_id(key: str, is_taken: Callable[[str], bool]) -> str:
    """Return the id for a view that is about to be made: the same again when its cell runs again, also in another kernel.

    The notebook's file names a widget by its id. One of chance, as ipywidgets' own are, would make each run of the notebook another file.
    What the cell displayed when it ran before is closed first, as its output is replaced: the id is that of one view at a time.

    Args:
        key: what is shown.
        is_taken: whether a view that is open has an id.
    """
    shell = get_ipython()
    cell, execution, _ = running()
    if cell:
        _close_earlier(shell, cell, execution)
    ids = (hashlib.blake2s(f"{cell or ''}\0{key}\0{n}".encode(), digest_size=16).hexdigest() for n in itertools.count())
    return next(found for found in ids if not is_taken(found))


# By the id of a cell: the execution of it that displayed something last, and the widgets that this execution displayed.
_on_screen: dict[str, tuple[object, list[weakref.ref[ipywidgets.Widget]]]] = {}


def _replace(widget: ipywidgets.Widget) -> None:
    """Close what this cell displayed when it ran before, which its new output replaces; but not what a variable of the user refers to."""
    shell: Any = get_ipython()
    cell, execution, _ = running()
    if not cell:
        return
    _close_earlier(shell, cell, execution, widget)
    if not _on_screen:
        shell.events.register("post_run_cell", _close_what_is_gone)
    _, widgets = _on_screen.setdefault(cell, (execution, []))
    widgets.append(weakref.ref(widget))


def _close_earlier(shell: Any, cell: str, execution: object, kept: ipywidgets.Widget | None = None) -> None:
    before, widgets = _on_screen.get(cell, (execution, []))
    if before == execution:
        return
    del _on_screen[cell]
    held = _held(shell)
    for reference in widgets:
        old = reference()
        if old is not None and old is not kept and id(old) not in held:
            old.close()


def _held(shell: Any) -> set[int]:
    """Return what variables of the user refer to."""
    return {id(value) for name, value in list(shell.user_ns.items()) if not name.startswith("_")}


def _close_what_is_gone(*_result: object) -> None:
    """Close what a cell displayed when it ran before, also where it has displayed nothing this time."""
    shell: Any = get_ipython()
    cell, execution, _ = running()
    if cell:
        _close_earlier(shell, cell, execution)
    if not _on_screen:
        shell.events.unregister("post_run_cell", _close_what_is_gone)
