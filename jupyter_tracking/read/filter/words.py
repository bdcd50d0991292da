"""A filter as words: what is a name, a text, an operator or a bracket, and where it stands; a mistake in it, with its place."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_CHARACTERS = 4_000
KEYWORDS = {"and", "or", "not", "in", "is"}
MISSING = {"missing", "none", "null", "nan"}
BOOLEANS = {"true": True, "false": False}
_SPACE = "\t\n\x0b\x0c\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACES = re.compile(f"[{_SPACE}]*")
_LETTER = f"[^{_SPACE}<>=!~&|()\\[\\],\"'`≤≥≠]"
_WORD = re.compile(f"(?:{_LETTER}|(?<={_LETTER})'(?={_LETTER}))+")
_SIGN = re.compile(r"<=|>=|==|!=|&&|\|\||[<>=!~&|()\[\],≤≥≠]")
_COMPARISONS = {"<", "<=", ">", ">=", "==", "=", "!=", "~"}
_WRITTEN = {"≤": "<=", "≥": ">=", "≠": "!="}
_SIGNS = {"&": "and", "&&": "and", "|": "or", "||": "or", "!": "not"}
_DIGITS = "[0-9]+(?:_[0-9]+)*"
_NUMBER = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:e[+-]?{_DIGITS})?\Z", re.IGNORECASE)
_INTEGER = re.compile(rf"[+-]?{_DIGITS}\Z")
_LIKE_NUMBER = re.compile(r"[+-]*\.?[0-9]|[+-]+\Z")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?\Z", re.IGNORECASE)


class Mistake(Exception):  # noqa: N818 - of the filter's text, not of ours; what a user gets is `InvalidFilter`
    """A filter that is none.

    Attributes:
        at: where, in characters from its start.
        length: of how many characters; 0 at its end.
        message: what is wrong there, and what would be right.
    """

    def __init__(self, at: int, length: int, message: str) -> None:
        super().__init__(message)
        self.at, self.length, self.message = at, length, message


class Token(NamedTuple):
    """A word of a filter.

    Attributes:
        kind: `word`, `text` (in quotes), `name` (in backquotes), `comparison`, a keyword, a bracket, `,`, or `end`.
        text: what it says.
        at: where it starts.
        end: where it ends.
        closed: whether its quote is.
    """

    kind: str
    text: str
    at: int
    end: int
    closed: bool = True


def tokens_of(text: str, *, unfinished: bool = False) -> list[Token]:
    """Return the words of a filter; `end` comes last. In one that is `unfinished`, the last quote may be open.

    Raises:
        Mistake: it is too long, or a quote is never closed.
    """
    if len(text) > MOST_CHARACTERS:
        raise Mistake(MOST_CHARACTERS, len(text) - MOST_CHARACTERS, f"the filter is longer than {MOST_CHARACTERS} characters")
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        if text[at] in "\"'`":
            token = _quoted(text, at)
            if not token.closed and not unfinished:
                what = "backquote" if text[at] == "`" else "quote"
                raise Mistake(at, len(text) - at, f"the {what} is never closed; another {text[at]} closes it")
        else:
            token = _plain(text, at)
        found.append(token)
        at = _skip(text, token.end)
    return [*found, Token("end", "", len(text), len(text))]


def _skip(text: str, at: int) -> int:
    spaces = _SPACES.match(text, at)
    return spaces.end() if spaces else at


def _plain(text: str, at: int) -> Token:
    sign = _SIGN.match(text, at)
    if sign is not None:
        said = _WRITTEN.get(sign[0], sign[0])
        kind = "comparison" if said in _COMPARISONS else _SIGNS.get(said, said)
        return Token(kind, said, at, sign.end())
    word = _WORD.match(text, at)
    end = word.end() if word else at + 1
    said = text[at:end]
    return Token(said.lower() if said.lower() in KEYWORDS else "word", said, at, end)


def _quoted(text: str, at: int) -> Token:
    """Read what is in quotes, where a backslash stands before a quote or another one; in backquotes, two of them are one."""
    quote, kind = text[at], "name" if text[at] == "`" else "text"
    said: list[str] = []
    here = at + 1
    while here < len(text):
        char = text[here]
        escaped = text[here + 1 : here + 2]
        if escaped and ((char == "\\" and kind == "text" and escaped in "\\\"'") or (char == escaped == "`" == quote)):
            said.append(escaped)
            here += 2
        elif char == quote:
            return Token(kind, "".join(said), at, here + 1)
        else:
            said.append(char)
            here += 1
    return Token(kind, "".join(said), at, len(text), closed=False)


def number_of(word: str) -> int | float | None:
    """Return a bare word as a number, where it is one as Python writes it; NaN is a missing value and none."""
    if _INTEGER.match(word):
        return int(word)
    if _NUMBER.match(word) or _INFINITE.match(word):
        return float(word)
    return None


def is_like_number(word: str) -> bool:
    """Return whether a bare word begins as a number does, such as `90%`."""
    return _LIKE_NUMBER.match(word) is not None


def is_bare(word: str) -> bool:
    """Return whether a name or a text can be written without quotes and is then itself."""
    whole = _WORD.match(word)
    lowered = word.lower()
    reserved = lowered in KEYWORDS or lowered in MISSING or lowered in BOOLEANS
    return whole is not None and whole.end() == len(word) and not reserved and number_of(word) is None


def said(text: str) -> str:
    """Return a part of a filter as a message shows it."""
    return f'"{clipped(text)}"'


def clipped(text: str) -> str:
    """Return the beginning of a text, as much as a message has room for."""
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004
