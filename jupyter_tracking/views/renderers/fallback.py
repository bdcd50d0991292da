"""Pictures and tables that are still seen where scripts are stripped. All text in them is escaped here."""

from __future__ import annotations

import base64
import html
import io
import warnings
from typing import TYPE_CHECKING, Any

from jupyter_tracking.budgets import LONGEST_LABEL
from jupyter_tracking.kinds.picture_files import open_picture
from jupyter_tracking.views.model.payload import json_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

_COLOURS = 24


def escape(text: object) -> str:
    """Escape a string, so that HTML shows it as it stands."""
    return html.escape(str(text))


def embed(data: bytes, kind: str, alternative: str) -> str:
    """Return the HTML of a picture, with its bytes inside as a data address."""
    return f'<img alt="{escape(alternative)}" style="max-width:100%" src="data:{escape(kind)};base64,{base64.b64encode(data).decode()}">'


def picture(
    draw: Callable[[Axes], None], alternative: str, size: tuple[float, float] = (5.2, 3.2), colours: int | Sequence[str] = _COLOURS
) -> str:
    """Draw with matplotlib and return the picture as HTML; the user's figures and settings neither change nor matter.

    Args:
        draw: draws into axes.
        alternative: what the picture shows, in words.
        size: inches, of 100 pixels.
        colours: how many the picture may have; or those that are drawn with on white beside black, as "#rrggbb", where they are known.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    # What is drawn here must not depend on the style that the user has set, nor read mathematics in a name.
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a letter the font has not is drawn as a box; the warning would print it
        mpl.rcdefaults()
        mpl.rcParams.update({"text.parse_math": False, "font.size": 8, "axes.spines.top": False, "axes.spines.right": False})
        figure = Figure(figsize=size, dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        for text in figure.findobj(Text):
            if len(text.get_text()) > LONGEST_LABEL:  # each character is drawn
                text.set_text(f"{text.get_text()[:LONGEST_LABEL]}…")
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return drawn(out.getvalue(), alternative, colours)


def label_steps(axes: Axes, label: str) -> None:
    """Name the horizontal axis; where it is that of steps, or of values in the order logged, only whole numbers stand at it."""
    axes.set_xlabel(label)
    if label in ("step", "order logged"):
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))


def drawn(png: bytes, alternative: str, colours: int | Sequence[str] = _COLOURS) -> str:
    """Return a PNG as HTML, in few colours."""
    return embed(_small(png, colours), "image/png", alternative)


def _small(png: bytes, colours: int | Sequence[str]) -> bytes:
    """Return a PNG in few colours: every display adds it to the notebook's file, and a dense chart is large in many."""
    from PIL import Image

    out = io.BytesIO()
    with open_picture(png) as image:
        if isinstance(colours, int):
            few = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        else:
            shades = _shades(colours)
            palette = Image.new("P", (1, 1))
            palette.putpalette(shades + shades[-3:] * (256 - len(shades) // 3))
            few = image.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
            few.putpalette(shades)
        few.save(out, "png", optimize=True)
    return min(png, out.getvalue(), key=len)


def _shades(colours: Sequence[str]) -> bytes:
    """Return white, and black and each colour in three strengths, which make smooth edges on white: of each red, green and blue."""
    shades = bytearray(b"\xff" * 3)
    for colour in (0, *(int(each[1:], 16) for each in colours)):
        for part in (3, 2, 1):
            shades += bytes(255 - (255 - value) * part // 3 for value in colour.to_bytes(3, "big"))
    return bytes(shades)


def pre(text: str, most: int) -> str:
    """Return the first `most` characters of a text as they stand."""
    return f'<pre style="white-space:pre-wrap">{escape(text[:most])}{"…" if len(text) > most else ""}</pre>'


def file(path: Path) -> str:
    """Return the name and the size of a file that is not shown."""
    return html_table(("file", "bytes"), [(json_safe(path.name), f"{path.stat().st_size:,}")])


def html_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return the HTML of a table, with every cell escaped."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
