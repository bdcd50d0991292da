"""What the widgets have in common: the bundle that draws them, and the life of a view that is displayed in a notebook."""

from __future__ import annotations

import weakref
from threading import RLock
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets

from jupyter_tracking.views.export.bundle import WHOLE, bundle, static
from jupyter_tracking.views.export.frame import FRAME_BUDGET, FramedPage
from jupyter_tracking.views.widgets import live
from jupyter_tracking.views.widgets.display import NotebookDisplay, repeatable_id
from jupyter_tracking.fork import free_after_fork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipywidgets import Widget


class WidgetBase(anywidget.AnyWidget):
    """A widget that the bundle draws in the page, under the name `widget`.

    Attributes:
        script: which of the bundles draws it.
        tree: the ids of the widgets that are closed together with this one.
        visible: whether a page shows the widget. Assumed true until the first report from a page.
        lock: held while the widget changes: messages of the page, cells and the polling thread may come at the same time.
    """

    script = WHOLE
    _esm = traitlets.Unicode().tag(sync=True)
    bundle = traitlets.Bytes().tag(sync=True)
    bundle_hash = traitlets.Unicode().tag(sync=True)
    widget = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    tree: traitlets.List[str] = traitlets.List().tag(sync=True)
    visible = traitlets.Bool(default_value=True)

    def __init__(self, **traits: Any) -> None:
        """Bring the bundle along; a page loads one of the same hash once."""
        code, name = bundle(self.script)
        # Messages of the page are answered in another thread than the cells run in, where the kernel has one for them.
        self.lock = free_after_fork(RLock())
        self._pages: set[str] = set()
        super().__init__(_esm=static("loader.js"), bundle=code, bundle_hash=name, **traits)
        self.on_msg(self._visibility_reported)

    def _visibility_reported(self, _widget: object, message: object, _buffers: object) -> None:
        """Note which pages show the widget: each reports under an id of its own."""
        if not (isinstance(message, dict) and isinstance(message.get("visible"), bool) and isinstance(message.get("id"), str)):
            return
        with self.lock:
            (self._pages.add if message["visible"] else self._pages.discard)(message["id"])
            self.visible = bool(self._pages)

    def open(self) -> None:
        """Open the channel to the page."""
        super().open()
        self._unroute()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page has set."""
        with self.lock:
            super().set_state(sync_data)

    def _send(self, msg: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        super()._send(msg, buffers)
        self._unroute()

    def _unroute(self) -> None:
        """Let messages of the page go where the page sends them.

        ipykernel 7.4 hands them to the thread that last sent one the other way: that of the cells, which a training cell keeps busy.
        """
        kept = getattr(self.comm, "__dict__", {})
        kept.pop("_reply_subshell_id", None)
        kept.get("_reply_subshell_ids", {}).clear()


class RunWidget(ipywidgets.VBox):  # type: ignore[misc]
    """A view of runs in a notebook: displayed with its static page, updated while the runs go on and a page shows it.

    A view says what it shows (`front`, `running`, `_update`) and what stays in the notebook (`_page`, `_line`, `_metadata`).

    Attributes:
        front: the widget of it that the page draws and reports to.
    """

    front: WidgetBase

    def __init__(self, children: list[Widget], front: WidgetBase, *, page_budget: int, others: Sequence[Widget] = ()) -> None:
        """Show widgets one below the other.

        Args:
            children: the widgets.
            front: the one of them, or inside of them, that reports whether a page shows the view.
            page_budget: bytes that a display may add to the notebook's file.
            others: widgets that are not among these, and are closed with them.
        """
        self.front = front
        self._others = others
        self._page_budget = page_budget
        self._displayed: NotebookDisplay | None = None
        super().__init__(children, model_id=repeatable_id(front.key, lambda identity: _is_open(_views.get(identity))))
        _views[self.model_id] = self
        front.tree = [widget.model_id for part in (self, *others) for widget in widget_tree(part)]
        front.observe(self._poll_while_visible, names=["visible"])
        self._poll_while_visible()

    # --- what each view says ---------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        raise NotImplementedError

    def _update(self) -> bool:
        """Show what was logged since the last call; return whether more may come."""
        raise NotImplementedError

    def _page(self, line: str, budget: int | None = None) -> str:
        """Return the static page, within a budget of bytes; with all there is when that is None."""
        raise NotImplementedError

    def _line(self) -> str:
        """Return one line of text that says what is shown, for where nothing else can be."""
        raise NotImplementedError

    def _metadata(self) -> dict[str, Any]:
        """Return what lets a reader find the runs again from the notebook alone."""
        raise NotImplementedError

    # --- what is the same for all ----------------------------------------------------------------

    def poll(self) -> bool:
        """Show what was logged since; what is on screen stays. Return whether more may come."""
        with self.front.lock:
            return self.front.comm is not None and self._update()

    def refresh_page(self) -> bool:
        """Bring the static page in the notebook up to date; return whether it may have to be again."""
        more = self.poll()
        if self._displayed is None or self.front.comm is None:
            return False
        with self.front.lock:
            self._displayed.refresh_page(self._page(self._displayed.line, self._page_budget), self._metadata())
        return more

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page.

        IPython's history of outputs holds a view for as long as the kernel lives: what it has read and sent is not held with it.
        """
        with self.front.lock:
            for part in (*self.children, *self._others, self.layout):
                close_widget_tree(part)
            super().close()
            self._displayed = None
            self._forget()

    def _forget(self) -> None:
        """Drop what can be read again."""

    def _poll_while_visible(self, _change: object = None) -> None:
        if self.front.visible and self.running:
            live.start_polling(self)
        else:
            live.stop_polling(self)

    def _ipython_display_(self, **_options: Any) -> None:
        """Display the widget, then its static page: the same view for when the widget is gone."""
        with self.front.lock:
            line = self._line()
            self._displayed = NotebookDisplay(self, self._page(line, self._page_budget), line, self._metadata())
        if self.running:
            live.refresh_after_cells(self)

    def _display_(self) -> FramedPage:
        """Return what marimo shows: the page of the view as it is now, in a frame of its own. It draws no container of ipywidgets."""
        with self.front.lock:
            line = self._line()
            return FramedPage(line.strip("<>"), self._page(line, FRAME_BUDGET))


# The views by their ids.
_views: weakref.WeakValueDictionary[str, RunWidget] = weakref.WeakValueDictionary()


def _is_open(view: RunWidget | None) -> bool:
    return view is not None and view.comm is not None


def close_widget_tree(widget: Widget) -> None:
    """Close a widget with all that is inside it; ipywidgets leaves layouts, styles and children open."""
    for part in widget_tree(widget):
        part.unobserve_all()
        part.close()


def widget_tree(widget: Widget) -> list[Widget]:
    """Return all that is inside a widget, and the widget itself last."""
    inside = (*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None))
    return [*(part for child in inside if child is not None for part in widget_tree(child)), widget]
