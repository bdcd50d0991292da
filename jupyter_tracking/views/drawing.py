"""What every widget of ours carries: a loader, and the bundle that draws, once a page. No data of any run."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from jupyter_tracking.errors import MissingFile

if TYPE_CHECKING:
    from ipywidgets import Widget

__all__ = ["Drawing", "bundle", "forget", "static"]


def static(name: str) -> str:
    """Return a built file of the browser half.

    Raises:
        MissingFile: it was not built.
    """
    file = files("jupyter_tracking").joinpath("static", name)
    try:
        return file.read_text("utf-8")
    except FileNotFoundError as error:
        message = f"the browser half is not built: {name} is missing; run `npm ci && npm run build` in widgets/"
        raise MissingFile(message) from error


@cache
def bundle() -> tuple[bytes, str]:
    """Return the bundle that draws everything, packed, and a hash by which a page keeps it once."""
    text = static("view.js").encode()
    return gzip.compress(text, 9, mtime=0), hashlib.blake2s(text, digest_size=8).hexdigest()


class Drawing(anywidget.AnyWidget):
    """A widget whose drawing is in the bundle, under the name `room`."""

    _esm = traitlets.Unicode().tag(sync=True)
    bundle = traitlets.Bytes().tag(sync=True)
    bundle_hash = traitlets.Unicode().tag(sync=True)
    room = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        """Bring the bundle along; the page keeps one of the same hash."""
        code, name = bundle()
        super().__init__(_esm=static("loader.js"), bundle=code, bundle_hash=name, **traits)


def forget(widget: Widget) -> None:
    """Close a widget with all that is inside it; ipywidgets leaves layouts, styles and children open."""
    for child in (*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None)):
        if child is not None:
            forget(child)
    widget.unobserve_all()
    widget.close()
