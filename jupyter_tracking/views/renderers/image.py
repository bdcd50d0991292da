"""Images: the file as it is, where a browser reads it; else converted to PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from jupyter_tracking.budgets import MOST_PAGE_PIXELS, MOST_PICTURE_BYTES
from jupyter_tracking.errors import MalformedEvent
from jupyter_tracking.kinds.picture_files import FORMATS, check_pixels, open_picture
from jupyter_tracking.views.model.payload import Payload
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from jupyter_tracking.views.model.series import Series

# The first bytes of a file say what it is: its extension may be wrong.
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
_SVG, _AVIF = "image/svg+xml", "image/avif"  # browsers draw them, and we do not
_PREVIEW = 640
_SMALL = 60_000  # bytes of a file that a saved page keeps as it is
_PLAIN = {"1", "L", "LA", "P", "RGB", "RGBA"}


class ImageRenderer(Renderer):
    """Draws images: the picture of a step, beside or over that of another step."""

    stem = "image"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the picture of one step; in a saved page large ones are made smaller."""
        data = series.read(number, MOST_PICTURE_BYTES)
        kind = _kind(data)
        size = len(data)
        if not kind or (preview and size > _SMALL and kind not in {_SVG, _AVIF}):
            data, kind = _converted(data, _PREVIEW if preview else None)
        elif kind not in {_SVG, _AVIF}:  # the page decodes it
            with open_picture(data) as opened:
                check_pixels(opened, MOST_PAGE_PIXELS)
        payload = Payload({"type": kind, "size": size})
        payload.attach(data)
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the picture, made smaller if it is large."""
        payload = self.payload(series, number, preview=True)
        return fallback.embed(payload.buffers[0], payload.head["type"], f"image {series.artifact.name}")


def _kind(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in {b"ftypavif", b"ftypavis"}:
        return _AVIF
    # SVG is shown as a picture, in which no script runs and from which nothing is fetched.
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" and b"<svg" in data[:4_096]:
        return _SVG
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), None)


def _converted(data: bytes, longest: int | None) -> tuple[bytes, str]:
    """Return a picture that any browser reads, not larger than asked."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with open_picture(data) as opened:
            check_pixels(opened)
            if longest:  # a JPEG is decoded no larger than needed
                opened.draft(None, (longest, longest))
            if opened.mode in {"I;16", "I"}:  # 16 bits: a conversion would make white of all that is above 255
                picture = Image.fromarray(np.clip(np.asarray(opened) >> 8, 0, 255).astype(np.uint8))
            else:
                picture = opened if opened.mode in _PLAIN else opened.convert("RGB")
            if longest:
                # Those with a palette have colours only once converted; others are made smaller first.
                fewer = max(1, min(picture.width, picture.height) // longest)
                picture = picture if picture.mode in {"1", "P"} or fewer == 1 else picture.reduce(fewer)
                picture = picture.convert("RGBA" if "A" in picture.mode or "transparency" in picture.info else "RGB")
                picture.thumbnail((longest, longest))
            made = io.BytesIO()
            picture.save(made, "WEBP" if longest else "PNG", **({"quality": 80} if longest else {}))
    except UnidentifiedImageError:
        raise MalformedEvent(f"no picture of {', '.join(FORMATS)}, nor one that a browser draws") from None
    return made.getvalue(), "image/webp" if longest else "image/png"


RENDERER = ImageRenderer()
