"""Moving pictures: the file as it is, for the browser's own player."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.views.model.series import Series

_MOST = 128_000_000
_PREVIEW = 100_000
_POSTER = 480


class VideoRenderer(Renderer):
    """Draws videos: the browser's own player for each step."""

    stem = "video"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the video of one step; where the page has no room for it, its first picture."""
        path = series.asset(number)
        size = path.stat().st_size
        payload = Payload({"size": size})
        with path.open("rb") as file:
            kind = _kind(file.read(16))
        if size <= (_PREVIEW if preview else _MOST) and kind:
            payload.head["type"] = kind
            payload.head["video"] = payload.attach(path.read_bytes())
            return payload
        payload.head["absent"] = json_safe(path.name)
        poster = _poster(path) if kind == "image/gif" else None
        if poster:
            payload.head.update({"type": "image/webp", "video": payload.attach(poster)})
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the first picture, where it can be read without a player."""
        path = series.asset(number)
        poster = _poster(path)
        if poster:
            return fallback.embed(poster, "image/webp", f"first picture of video {series.artifact.name}")
        return fallback.file(path)


def _kind(start: bytes) -> str | None:
    """Return the media type that a browser plays, by the first bytes of the file: its extension may be wrong."""
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


RENDERER = VideoRenderer()
