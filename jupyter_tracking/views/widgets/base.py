"""What every widget of ours carries: a loader, and the bundle that draws, once a page. No data of any run."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from threading import RLock
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from jupyter_tracking.errors import MissingFile

if TYPE_CHECKING:
    from ipywidgets import Widget

__all__ = ["WidgetBase", "bundle", "close_tree", "static"]


def static(name: str) -> str:
    """Return a built file of the browser half.

    Raises:
        MissingFile: it was not built.
    """
    file = files("jupyter_tracking").joinpath("static", name)
    try:
        return file.read_text("utf-8")
    except FileNotFoundError as error:
        raise MissingFile(f"the browser half is not built: {name} is missing; run `npm ci && npm run build` in widgets/") from error


@cache
def bundle() -> tuple[bytes, str]:
    """Return the bundle that draws everything, packed, and a hash by which a page keeps it once."""
    text = static("view.js").encode()
    return gzip.compress(text, 9, mtime=0), hashlib.blake2s(text, digest_size=8).hexdigest()


class WidgetBase(anywidget.AnyWidget):
    """A widget whose drawing is in the bundle, under the name `widget`.

    Attributes:
        visible: whether a page shows the widget. Assumed true until the first report from a page.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    bundle = traitlets.Bytes().tag(sync=True)
    bundle_hash = traitlets.Unicode().tag(sync=True)
    widget = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    visible = traitlets.Bool(default_value=True)

    def __init__(self, **traits: Any) -> None:
        """Bring the bundle along; the page keeps one of the same hash."""
        code, name = bundle()
        # Messages of the page are answered in another thread than the cells run in, where the kernel has one for them.
        self.lock = RLock()
        self._pages: set[str] = set()
        super().__init__(_esm=static("loader.js"), bundle=code, bundle_hash=name, **traits)
        self.on_msg(self._visibility_reported)

    def _visibility_reported(self, _widget: object, message: object, _buffers: object) -> None:
        """Take note of a page that shows this, or shows it no longer."""
        if not (isinstance(message, dict) and isinstance(message.get("visible"), bool) and isinstance(message.get("id"), str)):
            return
        with self.lock:
            (self._pages.add if message["visible"] else self._pages.discard)(message["id"])
            self.visible = bool(self._pages)

    def open(self) -> None:
        """Open the road to the page."""
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


def close_tree(widget: Widget) -> None:
    """Close a widget with all that is inside it; ipywidgets leaves layouts, styles and children open."""
    for child in (*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None)):
        if child is not None:
            close_tree(child)
    widget.unobserve_all()
    widget.close()
