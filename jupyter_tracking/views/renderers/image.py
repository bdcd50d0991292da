"""Images: the file as it is, where a browser reads it; else converted to PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

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
_SVG = "image/svg+xml"
_PREVIEW = 640


class ImageRenderer(Renderer):
    """Draws images: the picture of a step, beside or over that of another step."""

    stem = "image"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the picture of one step; in a saved page large ones are made smaller."""
        data = series.asset(number).read_bytes()
        kind = _kind(data)
        size = len(data)
        if not kind or (preview and size > 60_000 and kind != _SVG):  # noqa: PLR2004
            data, kind = _converted(data, _PREVIEW if preview else None)
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
    # SVG is shown as a picture, in which no script runs and from which nothing is fetched.
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" and b"<svg" in data[:4_096]:
        return _SVG
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), None)


def _converted(data: bytes, longest: int | None) -> tuple[bytes, str]:
    """Return a picture that any browser reads, not larger than asked."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        plain = opened.mode in {"1", "L", "LA", "P", "RGB", "RGBA"}
        if opened.mode in {"I;16", "I"}:  # 16 bits: a conversion would make white of all that is above 255
            picture = Image.fromarray(np.clip(np.asarray(opened) >> 8, 0, 255).astype(np.uint8))
        else:
            picture = opened if plain else opened.convert("RGB")
        if longest:
            picture = picture.convert("RGBA" if "A" in picture.mode or "transparency" in picture.info else "RGB")
            picture.thumbnail((longest, longest))
        made = io.BytesIO()
        picture.save(made, "WEBP" if longest else "PNG", **({"quality": 80} if longest else {}))
    return made.getvalue(), "image/webp" if longest else "image/png"


RENDERER = ImageRenderer()
