"""Text as it is seen: without the colors of a terminal or the markup of HTML, and the way back to the text itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_tracking.redact.forms import Span

MASK = "***"

_COLOR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # what a terminal does not show: colors, and moves of the cursor
_MARKUP = re.compile(
    r"<(?P<close>/?)(?P<tag>[A-Za-z][A-Za-z0-9]{0,20})[^<>]*>|\x1b\[[0-?]*[ -/]*[@-~]|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,10});"
)
_CELLS, _LINES = {"td", "th", "dt", "dd"}, {"tr", "br", "li", "option"}
_BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "table", "dl", "ul", "ol"}


class View:
    """A text as it is seen, made of pieces of the text itself."""

    def __init__(self, text: str) -> None:
        """Start with nothing of the text."""
        self._text = text
        self._seen: list[str] = []
        self._at: list[int] = []  # where each piece begins in what is seen
        self._pieces: list[Span] = []  # and where it stands in the text
        self._length = 0

    def add(self, seen: str, start: int, end: int) -> None:
        """Add a piece that stands at `start` to `end` in the text."""
        if seen:
            self._seen.append(seen)
            self._at.append(self._length)
            self._pieces.append((start, end))
            self._length += len(seen)

    @property
    def text(self) -> str:
        """What is seen."""
        return "".join(self._seen)

    def masked(self, spans: Iterable[Span]) -> str:
        """Return the text with `***` in the place of spans of what is seen; it has as many lines as before."""
        kept, at = [], 0
        for start, end in _joined(spans):
            number = max(0, bisect_right(self._at, start) - 1)
            is_masked = False
            while number < len(self._at) and self._at[number] < end:
                seen, begins = self._seen[number], self._at[number]
                first, last = self._pieces[number]
                if last - first == len(seen):  # else an entity, which is taken whole
                    first, last = first + max(0, start - begins), first + min(len(seen), end - begins)
                if first >= at and last > first:
                    piece, is_masked = _masked_lines(self._text[first:last], is_masked)
                    kept += [self._text[at:first], piece]
                    at = last
                number += 1
        kept.append(self._text[at:])
        return "".join(kept)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that meet as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif end > start:
            joined.append((start, end))
    return joined


def _masked_lines(text: str, is_masked: bool) -> tuple[str, bool]:
    """Return text with each of its lines masked, and whether the last one is; `is_masked`: the first one was already."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if number:
            is_masked = False
        if line.strip():
            lines[number] = "" if is_masked else MASK
            is_masked = True
    return "\n".join(lines), is_masked


def without_colors(text: str) -> View:
    """Return a text as a terminal shows it."""
    view, at = View(text), 0
    if "\x1b" in text:
        for found in _COLOR.finditer(text):
            view.add(text[at : found.start()], at, found.start())
            at = found.end()
    view.add(text[at:], at, len(text))
    return view


def has_markup(text: str) -> bool:
    """Return whether a text may be HTML, or may have its entities."""
    return ("<" in text and ("</" in text or "/>" in text)) or ("&" in text and ";" in text)


def without_markup(text: str) -> View:
    """Return HTML as a page shows it: cells with a tab between, a line each for what begins one."""
    import html

    view, at, in_table = View(text), 0, False
    for found in _MARKUP.finditer(text):
        _add_shown(view, text, at, found.start(), in_table=in_table)
        at = found.end()
        tag = (found["tag"] or "").lower()
        if tag == "table":
            in_table = not found["close"]
        if not tag and found[0][0] != "&":
            continue  # a color
        if not tag:
            view.add(html.unescape(found[0]), found.start(), at)
        elif tag in _CELLS and found["close"]:
            view.add("\t", at, at)
        elif tag in _BLOCKS or (tag in _LINES and not found["close"]):
            view.add("\n", at, at)
    _add_shown(view, text, at, len(text), in_table=in_table)
    return view


def _add_shown(view: View, text: str, start: int, end: int, *, in_table: bool) -> None:
    """Add text between tags; what only indents the markup of a table is not shown."""
    if not in_table or text[start:end].strip():
        view.add(text[start:end], start, end)
