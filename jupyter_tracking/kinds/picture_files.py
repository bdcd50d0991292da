"""Files of pictures: the one place that opens them. A fixed list of formats is read, and only what its header says is small enough.

Left to itself Pillow looks for any of forty formats, whatever a file is called: PostScript would start Ghostscript.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_tracking.budgets import MOST_FRAME_PIXELS, MOST_FRAMES, MOST_PIXELS, MOST_SCANS
from jupyter_tracking.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

# What we write, and what people log: drawn by browsers, or made by cameras, scanners and microscopes. Decoded in this process, by libraries
# whose memory the header foretells. JPEG 2000 and AVIF are not such, and what starts a program or reads other files is none of these.
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM")
_TILE_SIDES = 322, 323  # TIFF's tags: a tile is decoded as a whole, and may be larger than the picture
_SCAN = b"\xff\xda"  # within the data of a scan, 0xff is followed by 0


@contextmanager
def open_picture(data: bytes) -> Iterator[Image]:
    """Open a picture, of which the header is read; ask `check_pixels` before it is decoded.

    Raises:
        PIL.UnidentifiedImageError: none of these formats.
        TooLarge: a JPEG that is drawn too many times over.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limits are ours
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            scans = data.count(_SCAN) if picture.format in {"JPEG", "MPO"} else 0
            if scans > MOST_SCANS:
                raise TooLarge(f"the picture is drawn in {scans:,} scans; up to {MOST_SCANS} are decoded")
            yield picture


def check_pixels(picture: Image, most: int = MOST_PIXELS, before: int = 0) -> int:
    """Check that a picture may be decoded, and return how many pixels there are with those of the frames `before` it.

    Raises:
        TooLarge: they are more than `most`.
    """
    width, height = picture.size
    tags = getattr(picture, "tag_v2", {})
    tile = [tags.get(tag, 0) for tag in _TILE_SIDES]
    pixels: int = before + max(width * height, tile[0] * tile[1])
    if pixels > most:
        inside = f" in frames of {width:,} x {height:,}" if before else f": {width:,} x {height:,}"
        raise TooLarge(f"the picture has {pixels:,} pixels{inside}{' or more' if before else ''}; up to {most:,} are decoded")
    return pixels


def read_frames(picture: Image, *, limited: bool = True) -> Iterator[Image]:
    """Yield a picture at each of its frames; what a camera puts beside its picture in one file is none.

    They are counted on the way: what a header says of their number may be wrong, and some files say nothing.

    Raises:
        TooLarge: with `limited`, frames of too many pixels.
    """
    number = pixels = 0
    while True:
        if limited:
            pixels = check_pixels(picture, MOST_FRAME_PIXELS, pixels)
            if number >= MOST_FRAMES:
                raise TooLarge(f"the picture has more than {MOST_FRAMES:,} frames")
        yield picture
        number += 1
        try:
            if picture.format == "MPO":
                return
            picture.seek(number)
        except EOFError:
            return
