"""Moving pictures: the file as it is, for the browser's own player."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from jupyter_tracking.budgets import MOST_PAGE_PIXELS, MOST_VIDEO_BYTES
from jupyter_tracking.errors import TooLarge
from jupyter_tracking.kinds.picture_files import check_pixels, open_picture
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from jupyter_tracking.views.model.series import Series

_PREVIEW = 100_000
_POSTER = 480


class VideoRenderer(Renderer):
    """Draws videos: the browser's own player for each step."""

    stem = "video"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the video of one step; where the page has no room for it, its first picture."""
        path = series.asset(number)
        start, size = series.begin(number, 16)
        kind = _kind(start)
        payload = Payload({"size": size})
        if size <= (_PREVIEW if preview else MOST_VIDEO_BYTES) and kind:
            data = series.read(number, MOST_VIDEO_BYTES)
            if kind == "image/gif":
                with open_picture(data) as opened:
                    check_pixels(opened, MOST_PAGE_PIXELS)
            payload.head["type"] = kind
            payload.head["video"] = payload.attach(data)
            return payload
        payload.head["absent"] = json_safe(path.name)
        poster = _poster(series, number) if kind == "image/gif" else None
        if poster:
            payload.head.update({"type": "image/webp", "video": payload.attach(poster)})
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the first picture, where it can be read without a player."""
        poster = _poster(series, number)
        if poster:
            return fallback.embed(poster, "image/webp", f"first picture of video {series.artifact.name}")
        return fallback.file(series.asset(number))


def _kind(start: bytes) -> str | None:
    """Return the media type that a browser plays, by the first bytes of the file: its extension may be wrong."""
    if start[:4] == b"GIF8":
        return "image/gif"
    if start[4:8] == b"ftyp":
        return "video/mp4"
    return {b"\x1aE\xdf\xa3": "video/webm", b"OggS": "video/ogg"}.get(start[:4])


def _poster(series: Series, number: int) -> bytes | None:
    """Return the first picture of what Pillow can read, unless that is too large."""
    from PIL import UnidentifiedImageError

    try:
        with open_picture(series.read(number, MOST_VIDEO_BYTES)) as opened:
            check_pixels(opened)
            picture = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, TooLarge):
        return None
    picture.thumbnail((_POSTER, _POSTER))
    made = io.BytesIO()
    picture.save(made, "WEBP", quality=80)
    return made.getvalue()


RENDERER = VideoRenderer()
