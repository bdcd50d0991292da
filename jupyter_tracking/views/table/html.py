"""The first table of an HTML page as a dataframe of texts: no dtype is guessed, nothing of the page is kept or run."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd

from jupyter_tracking.kinds.dataframe import check_cells


class _Cells(HTMLParser):
    """The cells of the first table, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open = False
        self._tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "table":
            self._tables += 1
        if self._tables > 1:
            return
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"} and self.rows:
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def read_html(text: str) -> pd.DataFrame:
    """Return the first table of a page; a frame without rows and columns when there is none."""
    cells = _Cells()
    cells.feed(text[: text.rfind(">") + 1])  # the parser looks through all that follows for the end of each tag
    rows = [row for row in cells.rows if row]
    if not rows:
        return pd.DataFrame()
    head, *body = rows
    width = max(map(len, rows))
    check_cells(len(rows), width)
    filled = [row + [""] * (width - len(row)) for row in body]
    frame = pd.DataFrame(filled, columns=head + [""] * (width - len(head)), dtype="object")
    if head[0] == "":
        # As pandas writes it: the first column is the index.
        frame.index = pd.Index(frame.iloc[:, 0], name=None)
        frame = frame.iloc[:, 1:]
    return frame
