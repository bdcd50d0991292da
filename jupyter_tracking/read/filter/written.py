"""A filter as the words of a line, of a magic or of a shell: one filter, whichever way its quotes went."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidArgument, shortened
from jupyter_tracking.read.filter.columns import as_text
from jupyter_tracking.read.filter.words import MOST_CHARACTERS, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_TESTS = {"comparison", "in", "is"}
_STRUCTURE = frozenset("\"'`()[]")


def filter_of(words: Sequence[str], where: str | None) -> str | None:
    """Return the filter that the words of a line are, or that `--where` gives; None where there is neither.

    Raises:
        InvalidArgument: there are both.
    """
    if words and where is not None:
        raise InvalidArgument(f"where={shortened(where)} stands beside the filter {shortened(' '.join(words))}; give one of them")
    if len(words) > 1:
        words = [_with_quotes(word) for word in words]
    return _without_outer_quotes(" ".join(words)) if words else where


def _with_quotes(word: str) -> str:
    """Return one of several words with the quotes that a shell took from it: it has a space in it, none of its own, and is no test."""
    is_text = re.search(r"\s", word) is not None and not _STRUCTURE.intersection(word) and not _has_test(word)
    return as_text(word) if is_text else word


def _without_outer_quotes(text: str) -> str:
    """Return a filter without the quotes around all of it, as a shell would want them; a text in quotes that is no comparison stays one."""
    if len(text) > MOST_CHARACTERS:
        return text
    first, *others = tokens_of(text, unfinished=True)
    is_one = first.kind == "text" and first.closed and len(others) == 1
    return first.text if is_one and _has_test(first.text) else text


def _has_test(text: str) -> bool:
    return len(text) <= MOST_CHARACTERS and any(token.kind in _TESTS for token in tokens_of(text, unfinished=True))
