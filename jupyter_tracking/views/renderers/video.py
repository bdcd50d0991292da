"""Moving pictures: the file as it is, for the browser's own player."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.views.model.panel import Pane

__all__ = ["FAMILY"]

_MOST = 128_000_000
_LIGHT = 100_000
_POSTER = 480


class VideoFamily(Family):
    """A video a step."""

    stem = "video"

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:
        """Return the video of one step; where the page has no room for it, its first picture."""
        path = pane.folder.asset(pane.artifact, pane.events[number])
        size = path.stat().st_size
        frame = Frame({"size": size})
        with path.open("rb") as file:
            kind = _kind(file.read(16))
        if size <= (_LIGHT if light else _MOST) and kind:
            frame.head["type"] = kind
            frame.head["video"] = frame.attach(path.read_bytes())
            return frame
        frame.head["absent"] = clean(path.name)
        poster = _poster(path) if kind == "image/gif" else None
        if poster:
            frame.head.update({"type": "image/webp", "video": frame.attach(poster)})
        return frame

    def still(self, pane: Pane, number: int) -> str:
        """Return the first picture, where it can be read without a player."""
        try:
            path = pane.folder.asset(pane.artifact, pane.events[number])
            poster = _poster(path)
        except (TrackingError, OSError):
            poster = None
        if poster:
            return fallback.embed(poster, "image/webp", f"first picture of video {pane.artifact.name}")
        path = pane.folder.asset(pane.artifact, pane.events[number])
        return fallback.table(("file", "bytes"), [(clean(path.name), f"{path.stat().st_size:,}")])


def _kind(start: bytes) -> str | None:
    """Return how a browser plays it, told by how it begins; its extension is only what someone called it."""
    if start[:4] == b"GIF8":
        return "image/gif"
    if start[4:8] == b"ftyp":
        return "video/mp4"
    return {b"\x1aE\xdf\xa3": "video/webm", b"OggS": "video/ogg"}.get(start[:4])


def _poster(path: Path) -> bytes | None:
    """Return the first picture of what Pillow can read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (UnidentifiedImageError, OSError):
        return None
    picture.thumbnail((_POSTER, _POSTER))
    made = io.BytesIO()
    picture.save(made, "WEBP", quality=80)
    return made.getvalue()


FAMILY = VideoFamily()
