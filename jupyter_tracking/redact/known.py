"""Secrets that are known from somewhere else, and are looked for wherever they appear: in memory only, for as long as a run is open.

They are the strings that cells give to names such as `password`, the variables of the program and of the environment that are called
so, and what the program was started with. A value that is short, or an ordinary word, is not looked for: it would take too much with it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jupyter_tracking.redact.names import NONE, is_worth_remembering, level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jupyter_tracking.redact.forms import Span

_MOST = 500  # values
_LONGEST = 4096  # characters
_SHORT = 12  # characters; a shorter value is found as a word only
_BREAKS = " \n\r\t│┃|\\"  # what may stand in a value that is broken at the width of a terminal
_BREAK = re.compile(rf"[{re.escape(_BREAKS)}]+")
_LARGEST_DICT = 100


class KnownSecrets:
    """Values that are secret in this run."""

    def __init__(self) -> None:
        """Start with none."""
        self._values: dict[str, int] = {}
        self._spellings: dict[str, str] = {}  # as they may be written → the value

    def __len__(self) -> int:
        """How many there are."""
        return len(self._values)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._spellings)

    def add(self, value: str | bytes, certainty: int) -> None:
        """Remember a value of a name of this certainty, if it may be looked for."""
        if len(value) > _LONGEST:
            return
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if value in self._values or not is_worth_remembering(value.strip(), certainty):
            return
        if len(self._values) >= _MOST:
            oldest = next(iter(self._values))
            del self._values[oldest]
            self._spellings = {spelling: owner for spelling, owner in self._spellings.items() if owner != oldest}
        self._values[value] = certainty
        lines = [line.strip() for line in value.split("\n")] if "\n" in value else []
        for each in (value.strip(), *(line for line in lines if len(line) >= 16)):  # noqa: PLR2004
            for spelling in _spellings(each):
                self._spellings.setdefault(spelling, value)

    def add_all(self, values: Iterable[str], certainty: int) -> None:
        """Remember several values."""
        for value in values:
            self.add(value, certainty)

    def look_around(self) -> None:
        """Remember what variables hold that are named like secrets, of the main program and of the environment."""
        main = sys.modules.get("__main__")
        try:
            for names in (dict(os.environ), dict(vars(main)) if main is not None else {}):
                self._take(names)
        except RuntimeError:  # another thread has changed them meanwhile
            return

    def _take(self, names: Mapping[Any, Any], depth: int = 0) -> None:
        for name, value in names.items():
            kind = type(value)
            if kind is str or kind is bytes:
                # IPython keeps the source of each cell under a name such as _i12: thousands of names that say nothing.
                if type(name) is str and not name.lstrip("_i").isdigit() and (certainty := level(name)) > NONE:
                    self.add(value, certainty)
            elif kind is dict and not depth and len(value) <= _LARGEST_DICT and name != "__builtins__":
                self._take(dict(value), 1)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where the values stand in a text."""
        squeezed: str | None = None
        for spelling in list(self._spellings):
            at = text.find(spelling)
            while at >= 0:
                end = at + len(spelling)
                if len(spelling) >= _SHORT or not (_in_word(text, at) or _in_word(text, end)):
                    yield at, end
                at = text.find(spelling, end)
            if len(spelling) >= _SHORT and "\n" in text:  # it may be broken at the width of a terminal
                if squeezed is None:
                    squeezed = _squeezed(text)
                if _squeezed(spelling) in squeezed:
                    yield from _broken(text, _squeezed(spelling))

    def is_in(self, text: str) -> bool:
        """Return whether one of the values may stand in a text."""
        for spelling in list(self._spellings):
            if spelling in text:
                return True
        return "\n" in text and self._is_broken_in(text)

    def _is_broken_in(self, text: str) -> bool:
        squeezed = _squeezed(text)
        return any(len(spelling) >= _SHORT and _squeezed(spelling) in squeezed for spelling in list(self._spellings))


def _in_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _squeezed(text: str) -> str:
    for sign in _BREAKS:
        text = text.replace(sign, "")
    return text


def _broken(text: str, value: str) -> Iterator[Span]:
    """Yield where a value stands in a text that has breaks inside of it."""
    places: list[int] = []
    seen = []
    at = 0
    for found in _BREAK.finditer(text):
        places += range(at, found.start())
        seen.append(text[at : found.start()])
        at = found.end()
    places += range(at, len(text))
    squeezed = "".join([*seen, text[at:]])
    first = squeezed.find(value)
    while first >= 0:
        begin = places[first]
        for here, following in pairwise([*places[first : first + len(value)], -1]):
            if following != here + 1:  # a piece of the value ends
                yield begin, here + 1
                begin = following
        first = squeezed.find(value, first + len(value))


def _spellings(value: str) -> Iterator[str]:
    """Yield a value as programs may write it: as it is, in quotes, in JSON, in HTML, in an address."""
    import html
    import urllib.parse

    quoted = json.dumps(value)[1:-1]
    yield from dict.fromkeys(
        (
            value,
            repr(value)[1:-1],
            quoted,
            json.dumps(value, ensure_ascii=False)[1:-1],
            json.dumps(quoted)[1:-1],
            html.escape(value),
            urllib.parse.quote(value, safe="", errors="replace"),
            urllib.parse.quote_plus(value, errors="replace"),
            urllib.parse.quote(value, errors="replace"),
        )
    )
