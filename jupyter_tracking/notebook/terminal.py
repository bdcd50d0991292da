"""Printed text as the lines that a terminal would show: a progress bar that was drawn a thousand times is one line."""

from __future__ import annotations

import re

_MOVES = re.compile(r"\n|\r|\x08|\x1b\[(\d*)([ABK])")
_MOST_ROWS = 40  # how far up a bar may be redrawn


class TerminalLines:
    """The end of a stream, as a terminal would show it."""

    def __init__(self) -> None:
        """Start with an empty line."""
        self._clear()

    def _clear(self) -> None:
        self._rows = [""]
        self._row = self._column = 0
        self._moved_up = False  # the rows above the last may still change

    def feed(self, text: str) -> list[str]:
        """Take printed text and return the lines that it finishes."""
        finished: list[str] = []
        plain = len(self._rows) == 1 and not self._moved_up and self._column == len(self._rows[0])
        if plain and "\r" not in text and "\x1b" not in text and "\x08" not in text:
            *finished, rest = (self._rows[0] + text).split("\n")
            self._rows[0], self._column = rest, len(rest)
            return finished
        at = 0
        for move in _MOVES.finditer(text):
            self._overwrite(text[at : move.start()])
            at = move.end()
            self._move(move, finished)
        self._overwrite(text[at:])
        return finished

    def finish(self) -> list[str]:
        """Return the unfinished lines, and start anew."""
        rows = self._rows
        self._clear()
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def _overwrite(self, text: str) -> None:
        if text:
            row = self._rows[self._row]
            self._rows[self._row] = row[: self._column].ljust(self._column) + text + row[self._column + len(text) :]
            self._column += len(text)

    def _move(self, move: re.Match[str], finished: list[str]) -> None:
        if move[0] == "\n":
            self._down(finished)
        elif move[0] == "\r":
            self._column = 0
        elif move[0] == "\x08":
            self._column = max(0, self._column - 1)
        elif move[2] == "A":
            self._row = max(0, self._row - int(move[1] or 1))
            self._moved_up = True
        elif move[2] == "B":
            self._row = min(len(self._rows) - 1, self._row + int(move[1] or 1))
        else:
            self._rows[self._row] = "" if move[1] in {"1", "2"} else self._rows[self._row][: self._column]

    def _down(self, finished: list[str]) -> None:
        self._column = 0
        if self._row < len(self._rows) - 1:
            self._row += 1
            return
        self._rows.append("")
        self._row += 1
        if not self._moved_up or len(self._rows) > _MOST_ROWS:
            finished.append(self._rows.pop(0))
            self._row -= 1
