"""The still of a view for LaTeX, which nbconvert gives no HTML: its picture with what stands beside it, or its tables and texts alone."""

from __future__ import annotations

import base64
import io
import re
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.kinds.picture_files import open_picture

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont

MOST_PICTURE = 32_000  # bytes; a larger picture is made smaller: it is in the notebook twice
_MOST_PIXELS, _LEAST_PIXELS = 700, 256
_LETTERS, _LINE, _GAP = 13, 18, 14  # px of a picture: how high letters and lines are, and what is between columns
_WIDEST, _LONGEST = 40, 100  # letters of a cell, and of a line of text
_MOST_LINES = 60
_IMAGE = re.compile(r'<img [^>]*src="data:image/(png|webp|jpeg|gif);base64,([A-Za-z0-9+/=]+)">')
_BLOCK = re.compile(r"<table>(.*?)</table>|<pre[^>]*>(.*?)</pre>|<p>(.*?)</p>", re.DOTALL)
_PART = re.compile(f"{_IMAGE.pattern}|{_BLOCK.pattern}", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd]>(.*?)</t[hd]>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SPECIAL = {
    **{each: f"\\{each}" for each in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "-": "{-}",
    "[": "{[}",
    "]": "{]}",
}
# As wide as it is, or as the line.
_FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}"


def for_latex(still: str) -> dict[str, Any]:
    """Return what a display says beside its HTML: `image/png` of a still that has pictures, else `text/latex` of its tables and texts.

    LaTeX gets one of both, and of `text/latex` no pictures: tables and texts beside pictures are drawn.

    Args:
        still: HTML as `fallback_html` makes it.
    """
    parts = [found.groups() for found in _PART.finditer(still)]
    pictures = [(kind, base64.b64decode(data)) for kind, data, *_ in parts if data]
    if pictures and not any(table or pre for *_, table, pre, _ in parts):
        return {"image/png": base64.b64encode(_one_picture(pictures)).decode()}
    if pictures:
        drawn = [
            (kind, base64.b64decode(data)) if data else ("png", _drawn(*block)) for kind, data, *block in parts if data or _says(*block)
        ]
        return {"image/png": base64.b64encode(_one_picture(drawn, 32)).decode()}
    return {"text/latex": "\n\n".join(filter(None, (_block(*found.groups()) for found in _BLOCK.finditer(still))))}


def _one_picture(pictures: list[tuple[str, bytes]], colours: int = 64) -> bytes:
    """Return pictures one below the other as a PNG that is small enough."""
    from PIL import Image

    opened = []
    for kind, data in pictures:
        with open_picture(data) as image:
            fits = kind == "png" and len(data) <= MOST_PICTURE and max(image.size) >= _LEAST_PIXELS
            if fits and len(pictures) == 1:
                return data
            large = max(1, _LEAST_PIXELS // max(image.size))  # a pixel of a small picture is a square, as on screen
            opened.append(image.convert("RGB").resize((image.width * large, image.height * large), Image.Resampling.NEAREST))
    whole = Image.new("RGB", (max(each.width for each in opened), sum(each.height for each in opened)), "white")
    top = 0
    for each in opened:
        whole.paste(each, (0, top))
        top += each.height
    whole.thumbnail((_MOST_PIXELS, _MOST_PIXELS * len(opened)))
    while True:
        out = io.BytesIO()
        whole.quantize(colours, dither=Image.Dither.NONE).save(out, "png", optimize=True)
        if out.tell() <= MOST_PICTURE or min(whole.size) < 64:  # noqa: PLR2004
            return out.getvalue()
        whole.thumbnail((whole.width * 3 // 4, whole.height * 3 // 4))


def _says(table: str | None, pre: str | None, paragraph: str | None) -> bool:
    return any(_plain(markup or "").strip() for markup in (table, pre, paragraph))


def _drawn(table: str | None, pre: str | None, paragraph: str | None) -> bytes:
    """Return a table or a text as a PNG, as far as it has room."""
    from PIL import Image, ImageDraw

    if table is not None:
        rows = [[_one_line(cell, _WIDEST) for cell in _CELL.findall(row)] for row in _ROW.findall(table)]
    else:
        rows = [[_one_line(line, _LONGEST)] for line in (pre or paragraph or "").split("\n")]
    rows, font = rows[:_MOST_LINES], _font()
    columns = max(map(len, rows), default=0)
    lefts = [0.0]
    for n in range(columns):
        lefts.append(lefts[-1] + _GAP + max(font.getlength(row[n]) for row in rows if len(row) > n))
    made: Picture = Image.new("RGB", (max(_LEAST_PIXELS, int(lefts[-1])), _LINE * len(rows) + _GAP), "white")
    draw = ImageDraw.Draw(made)
    for at, row in enumerate(rows):
        for left, cell in zip(lefts, row, strict=False):
            draw.text((left, at * _LINE), cell, "black", font)
    if table is not None:
        draw.line([(0, _LINE - 1), (lefts[-1] - _GAP, _LINE - 1)], "black")
    out = io.BytesIO()
    made.save(out, "png")
    return out.getvalue()


@cache
def _font() -> FreeTypeFont:
    import matplotlib as mpl
    from PIL import ImageFont

    return ImageFont.truetype(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), _LETTERS)


def _one_line(markup: str, most: int) -> str:
    text = "".join(each if each.isprintable() else " " for each in _plain(markup).strip())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _block(table: str | None, pre: str | None, paragraph: str | None) -> str:
    if paragraph is not None:
        return rf"{_escape(paragraph)}\par" if _plain(paragraph).strip() else ""
    if pre is not None:
        lines = "\n".join(rf"{_escape(line)}\par" for line in pre.split("\n"))
        return rf"{{\ttfamily\raggedright\small {lines}}}"
    rows = [[_escape(cell) for cell in _CELL.findall(row)] for row in _ROW.findall(table or "")]
    columns = max(map(len, rows), default=0)
    if not columns:
        return ""
    body = "\\\\\n".join(" & ".join(row) for row in rows)
    return rf"\noindent{_FITTED}{{\begin{{tabular}}{{{'l' * columns}}}" + f"\n{body}\n" + r"\end{tabular}}\par"


def _plain(markup: str) -> str:
    return unescape(_TAG.sub(" ", markup))


def _escape(markup: str) -> str:
    """Return text for LaTeX, of which nothing is a command; what TeX has no letter for is its font's matter."""
    return "".join(_SPECIAL.get(each, each) for each in _plain(markup) if each == "\n" or each.isprintable())
