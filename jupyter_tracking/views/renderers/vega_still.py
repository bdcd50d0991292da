"""Charts of vega as a still picture, drawn by vl-convert: whatever the chart asks for is neither opened nor fetched."""

from __future__ import annotations

import json
from typing import Any

from jupyter_tracking.budgets import MOST_DRAWN_BYTES, MOST_DRAWN_PIXELS, MOST_DRAWN_SECONDS
from jupyter_tracking.errors import TooLarge, TrackingError
from jupyter_tracking.views.limited_process import run_limited

# In two parts: the size is known only once the chart is laid out, and is looked at before there are pixels. What vl-convert needs itself,
# as fonts and threads, it gets with the first chart; after that the process can open nothing.
_PROGRAM = f"""
import json, re, struct, vl_convert
def draw(figure):
    svg = vl_convert.vegalite_to_svg(figure, allowed_base_urls=[])
    size = re.match(r'<svg[^>]*? width="([0-9.e+]+)"[^>]*? height="([0-9.e+]+)"', svg)
    width, height = map(float, size.groups()) if size else (0.0, 0.0)
    if not 0 < width * height <= {MOST_DRAWN_PIXELS}:
        return b"size" + struct.pack("<dd", width, height)
    return vl_convert.svg_to_png(svg)
def warm():
    draw({{"data": {{"values": [{{"a": "b"}}]}}, "mark": "text", "encoding": {{"text": {{"field": "a"}}}}}})
def work(data):
    return draw(json.loads(data))
"""


def draw_vega(figure: dict[str, Any]) -> bytes:
    """Return a chart as a PNG.

    Raises:
        TooLarge: it has too many pixels, or takes too much time or memory.
        TrackingError: it asks for an address, or vl-convert cannot draw it.
    """
    address = _address(figure)
    if address is not None:
        raise TrackingError(f"it asks for {address!r:.100}, which is not opened")
    made = run_limited(_PROGRAM, json.dumps(figure).encode(), ("vl_convert",), seconds=MOST_DRAWN_SECONDS, most=MOST_DRAWN_BYTES)
    if made.startswith(b"size"):
        import struct

        width, height = struct.unpack("<dd", made[4:])
        raise TooLarge(f"it has {width:,.0f} x {height:,.0f} pixels; up to {MOST_DRAWN_PIXELS:,} are drawn")
    return made


def _address(part: Any) -> Any:
    """Return what a chart gives as an address, of a picture or of data, where it gives one."""
    pending = [part]
    while pending:
        found = pending.pop()
        if isinstance(found, dict):
            if "url" in found:
                return found["url"]
            pending += found.values()
        elif isinstance(found, list):
            pending += found
    return None
