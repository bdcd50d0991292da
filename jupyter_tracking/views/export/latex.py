"""The still of a view for LaTeX, which nbconvert gives no HTML: its picture, or its tables and texts."""

from __future__ import annotations

import base64
import io
import re
from html import unescape
from typing import Any

from jupyter_tracking.kinds.picture_files import open_picture

MOST_PICTURE = 32_000  # bytes; a larger picture is made smaller: it is in the notebook twice
_MOST_PIXELS, _LEAST_PIXELS = 700, 256
_IMAGE = re.compile(r'<img [^>]*src="data:image/(png|webp|jpeg|gif);base64,([A-Za-z0-9+/=]+)">')
_BLOCK = re.compile(r"<table>(.*?)</table>|<pre[^>]*>(.*?)</pre>|<p>(.*?)</p>", re.DOTALL)
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

    Args:
        still: HTML as `fallback_html` makes it.
    """
    pictures = [(kind, base64.b64decode(data)) for kind, data in _IMAGE.findall(still)]
    if pictures:
        return {"image/png": base64.b64encode(_one_picture(pictures)).decode()}
    return {"text/latex": "\n\n".join(filter(None, (_block(*found.groups()) for found in _BLOCK.finditer(still))))}


def _one_picture(pictures: list[tuple[str, bytes]]) -> bytes:
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
        whole.quantize(64).save(out, "png", optimize=True)
        if out.tell() <= MOST_PICTURE or min(whole.size) < 64:  # noqa: PLR2004
            return out.getvalue()
        whole.thumbnail((whole.width * 3 // 4, whole.height * 3 // 4))


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
