"""What a filter's operators mean for two values, and a value as the text in which words are looked for: the same as in the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from jupyter_tracking.read.filter.words import BOOLEANS

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 20  # levels of a value that are looked into for words
_LARGEST = 1 << 1000  # to write longer integers takes long, and Python refuses the longest
_MOST_ZEROS, _MOST_DIGITS = 6, 21  # after the point of a small number, and of a large one, that is written without an exponent


class Literal(NamedTuple):
    """A value that a filter names.

    Attributes:
        value: what is compared.
        fits: whether something equals it, where that is more than being the same value: a moment is of a day, a text says `true`.
    """

    value: object
    fits: Callable[[object], bool] | None = None


def is_missing(value: object) -> bool:
    """Return whether a value is None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def are_equal(left: object, right: object) -> bool:
    """Return whether two values are equal, each a `Literal` or what a row holds."""
    if isinstance(left, list | tuple) and not isinstance(left, Literal):
        if isinstance(right, list | tuple) and not isinstance(right, Literal):
            return len(left) == len(right) and all(map(_are_same, left, right))
        return any(_are_same(each, right) for each in left)
    if isinstance(right, list | tuple) and not isinstance(right, Literal):
        return any(_are_same(left, each) for each in right)
    return _are_same(left, right)


def _are_same(left: object, right: object) -> bool:
    if isinstance(left, Literal):
        left, right = right, left
    if isinstance(right, Literal):
        if right.fits is not None:
            return right.fits(left)
        right = right.value
    if is_missing(left) or is_missing(right):
        return False
    if is_number(left) and is_number(right):
        return left == right
    return (isinstance(left, bool) and isinstance(right, bool) and left == right) or (
        isinstance(left, str) and isinstance(right, str) and left == right
    )


def says(value: object, word: str) -> bool:
    """Return whether a value is true or false, as a word says, or the text of it."""
    return value.lower() == word if isinstance(value, str) else value is BOOLEANS[word]


def is_less(left: Any, right: Any, *, or_equal: bool) -> bool:
    """Return whether a number is less than a number, or a text comes before a text; nothing else is."""
    left, right = (each.value if isinstance(each, Literal) else each for each in (left, right))
    both_texts = isinstance(left, str) and isinstance(right, str)
    if not both_texts and not (is_number(left) and is_number(right)):
        return False
    return bool(left <= right if or_equal else left < right)


def holds(value: object, part: object) -> bool:
    """Return whether a text, a number as a text, or one of a list's values has a part in it, in whatever case."""
    value, part = (each.value if isinstance(each, Literal) else each for each in (value, part))
    if is_missing(value) or is_missing(part) or isinstance(part, list | tuple | dict):
        return False
    wanted = text_of(part).lower()
    every = value if isinstance(value, list | tuple) else [value]
    return any(wanted in text_of(each).lower() for each in every if not is_missing(each))


def is_among(item: object, several: object) -> bool:
    """Return whether a value is one of a list's, or a part of a text."""
    if isinstance(several, list | tuple):
        return any(_are_same(item, each) for each in several)
    value = item.value if isinstance(item, Literal) else item
    return isinstance(several, str) and isinstance(value, str) and value.lower() in several.lower()


def text_of(value: object, depth: int = 0) -> str:
    """Return a value as a text in which words are looked for; numbers as a page writes them."""
    if value is None or depth > _DEEPEST:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _LARGEST else ""
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, dict):
        value = [f"{key}: {text_of(each, depth + 1)}" for key, each in value.items()]
    return ", ".join(text_of(each, depth + 1) for each in value) if isinstance(value, list | tuple) else str(value)


def _number_text(number: float) -> str:
    """Return a float as JavaScript writes it: 1, 0.00001, 1e-7, 1e+21."""
    if not math.isfinite(number):
        return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
    if number == 0:
        return "0"
    digits, exponent = f"{abs(number)!r}e".split("e")[:2]
    whole, _, rest = digits.partition(".")
    point = len(whole) + int(exponent or 0)
    letters = (whole + rest).lstrip("0")
    point -= len(whole + rest) - len(letters)
    letters = letters.rstrip("0")
    sign = "-" if number < 0 else ""
    if -_MOST_ZEROS < point <= 0:
        return f"{sign}0.{'0' * -point}{letters}"
    if 0 < point <= _MOST_DIGITS:
        return f"{sign}{letters[:point].ljust(point, '0')}{'.' if len(letters) > point else ''}{letters[point:]}"
    more = f".{letters[1:]}" if len(letters) > 1 else ""
    return f"{sign}{letters[0]}{more}e{point - 1:+d}"
