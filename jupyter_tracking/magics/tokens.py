"""Split the line of a magic into words, and expand a word that is taken as written.

Quotes hold spaces together in a text; in an expression brackets do too. What a word is for is the concern of `usage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.utils.text import DollarFormatter, FullEvalFormatter

if TYPE_CHECKING:
    from collections.abc import Mapping

_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def skip(line: str, at: int) -> int:
    """Return where the next word starts, or the end of the line: a `#` where a word could start begins a comment."""
    while at < len(line) and line[at].isspace():
        at += 1
    return len(line) if line.startswith("#", at) else at


def end(line: str, start: int, *, written: bool) -> int:
    """Return where a word ends: at a space outside of quotes, of `{…}` in a text, of any bracket in an expression.

    A `#` outside of quotes ends an expression, as in Python; in a text it is a letter like others.

    Raises:
        ValueError: a quote or a bracket is never closed.
    """
    at, open_ = start, ""
    while at < len(line):
        char = line[at]
        if char in "\"'":
            close = _closing(line, at, escapes=not written)
            if close < 0:
                raise ValueError(f"the quote in {short(line[at:])} is never closed")
            at = close
        elif written and char == "{":
            at = max(at, _matching(line, at))
        elif not written and char in _BRACKETS:
            open_ += _BRACKETS[char]
        elif not written and open_ and char == open_[-1]:
            open_ = open_[:-1]
        elif char.isspace() and not open_:
            return at
        elif char == "#" and not written:
            break
        at += 1
    if open_:
        raise ValueError(f"a bracket in {short(line[start:])} is never closed")
    return at


def _closing(line: str, at: int, *, escapes: bool) -> int:
    """Return where the quote that opens at `at` closes, or -1."""
    quote = line[at] * 3 if escapes and line.startswith(line[at] * 3, at) else line[at]
    here = at + len(quote)
    while here < len(line):
        if escapes and line[here] == "\\":
            here += 2
            continue
        if line.startswith(quote, here):
            return here + len(quote) - 1
        here += 1
    return -1


def _matching(line: str, at: int) -> int:
    """Return where the brace that opens at `at` closes, or -1."""
    depth = 0
    for here in range(at, len(line)):
        depth += {"{": 1, "}": -1}.get(line[here], 0)
        if depth == 0:
            return here
    return -1


def as_written(word: str, namespace: Mapping[str, Any]) -> str:
    """Return a text without the quotes that held it together, and with `{expr}` and `$name` expanded."""
    parts, at = [], 0
    while at < len(word):
        start = at
        if word[at] in "\"'":
            at = word.index(word[at], at + 1) + 1
            parts.append(expand(word[start + 1 : at - 1], namespace, dollar=word[start] == '"'))
            continue
        while at < len(word) and word[at] not in "\"'":
            at = max(at, _matching(word, at) if word[at] == "{" else at) + 1
        parts.append(expand(word[start:at], namespace))
    return "".join(parts)


def expand(text: str, namespace: Mapping[str, Any], *, dollar: bool = True) -> str:
    """Expand as IPython does: what cannot be expanded stays as it is."""
    if "{" not in text and not (dollar and "$" in text):
        return text
    formatter = DollarFormatter() if dollar else FullEvalFormatter()
    try:
        return str(formatter.vformat(text, [], dict(namespace)))
    except Exception:  # noqa: BLE001 - a text may hold braces of its own
        return text


def short(text: str) -> str:
    """Return a word as a message shows it."""
    return text if len(text) <= 40 else f"{text[:37]}…"  # noqa: PLR2004
