"""Read a filter: recursive descent over its words into functions that test a row."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import InvalidFilter, escape_controls, shortened
from jupyter_tracking.read.filter.columns import Column, Columns, ambiguous, row_text
from jupyter_tracking.read.filter.comparing import Literal, are_equal, holds, is_among, is_less, is_missing, says
from jupyter_tracking.read.filter.times import is_in_two, seconds_of, time_of
from jupyter_tracking.read.filter.words import BOOLEANS, MISSING, Mistake, Token, clipped, is_like_number, number_of, said, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_NESTED = 50
_MOST_SHOWN = 60  # characters of a filter, before a mistake and of it
_CLOSES = {"(": ")", "[": "]"}
_OPERANDS = {"word", "text", "name"}
_EQUAL = {"=", "==", "!="}
_A_TIME = "compare it with a date such as 2026-11-01, or with today, yesterday or now"
_A_SPAN = "compare it with seconds such as 90, or with 90s, 5m, 2h, 3d or 1w"
_IN_ONE = {"time": "write 2026-11-01T12:30, or both in quotes", "seconds": "write 90s, 5m, 2h, 3d or 1w"}
_A_TEST = "a test such as lr < 0.01, or a word"


class Row:
    """A row while it is tested: its values by the full names of columns, and all of it as a text."""

    def __init__(self, value: Callable[[str], object], columns: list[Column]) -> None:
        self.value = value
        self._columns = columns
        self._text: str | None = None

    def holds(self, word: str) -> bool:
        """Return whether a word stands in the row; `word` is in small letters."""
        if self._text is None:
            self._text = row_text(self.value, self._columns)
        return word in self._text


Test = Callable[[Row], bool]


class Filter(NamedTuple):
    """A filter that was read.

    Attributes:
        text: as it was written.
        columns: of the rows that it is for.
    """

    text: str
    columns: list[Column]
    passes: Test

    def test(self, value: Callable[[str], object]) -> bool:
        """Return whether a row passes, given the function from a column's full name to its value in the row."""
        return self.passes(Row(value, self.columns))


def parse_filter(text: str, columns: Iterable[Column], *, argument: str = "where", now: int | None = None, complete: bool = True) -> Filter:
    """Read a filter.

    Args:
        text: the filter; every row passes an empty one.
        columns: of the rows that it is for.
        argument: what the caller calls it, for the message.
        now: the present moment in microseconds since 1970; by default that of the clock.
        complete: those are all columns; where there are no rows, every name may be one.

    Raises:
        InvalidFilter: it is none; the message says what is wrong at which place, and what would be right.
    """
    try:
        return read_filter(text, columns, now, complete=complete)
    except Mistake as mistake:
        raise _invalid(argument, text, mistake) from None


def _invalid(argument: str, text: str, mistake: Mistake) -> InvalidFilter:
    """Return the error of a mistake, with the part of the filter around it and the place below as a note."""
    at, length = mistake.at, mistake.length
    error = InvalidFilter(f"{argument}={shortened(text)}, at character {at + 1}: {mistake.message}")
    error.at, error.length = at, length
    end = at + max(1, min(length, _MOST_SHOWN))
    before, here, after = map(escape_controls, (text[max(0, at - _MOST_SHOWN) : at], text[at:end], text[end : end + _MOST_SHOWN // 2]))
    error.add_note(f"    {before}{here}{after}\n    {' ' * len(before)}{'^' * max(1, len(here))}")
    return error


def read_filter(text: str, columns: Iterable[Column], now: int | None = None, *, complete: bool = True) -> Filter:
    """Read a filter as `parse_filter` does.

    Raises:
        Mistake: it is none.
    """
    known = Columns(columns, complete=complete)
    reader = _Reader(text, known, time.time_ns() // 1000 if now is None else now)
    return Filter(text, known.every, reader.whole())


class _Operand(NamedTuple):
    """One side of a comparison: a column, or what stands there."""

    token: Token
    column: Column | None

    @property
    def is_missing(self) -> bool:
        """Whether it is the word for a missing value."""
        return self.column is None and self.token.kind == "word" and self.token.text.lower() in MISSING


class _Reader:
    """Reads one filter, from its first word to its last."""

    def __init__(self, text: str, columns: Columns, now: int) -> None:
        self.text, self.columns, self.now = text, columns, now
        self.tokens = tokens_of(text)
        self.next = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The word that is read next."""
        return self.tokens[self.next]

    def take(self, *kinds: str) -> Token | None:
        """Go past the next word if it is of one of these kinds."""
        token = self.token
        if token.kind not in kinds:
            return None
        self.next += 1
        return token

    def refuse(self, token: Token, message: str) -> Mistake:
        """Return the mistake of a word."""
        return Mistake(token.at, token.end - token.at, message)

    def unexpected(self, wanted: str) -> Mistake:
        """Return the mistake that something else would have to come next."""
        token = self.token
        what = "the filter ends too early" if token.kind == "end" else f"{said(self.text[token.at : token.end])} cannot stand here"
        return self.refuse(token, f"{what}; expected {wanted}")

    def nest(self, token: Token) -> None:
        """Go one level down."""
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise self.refuse(token, f"the filter is nested deeper than {MOST_NESTED} levels")

    # --- tests joined ----------------------------------------------------------------------------

    def whole(self) -> Test:
        """Read all of it."""
        if self.token.kind == "end":
            return lambda _row: True
        test = self.either()
        if self.token.kind != "end":
            raise self.unexpected(_A_TEST)
        return test

    def either(self) -> Test:
        """Read tests with `or` between them."""
        tests = [self.both()]
        while self.take("or"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        """Read tests with `and`, or nothing, between them."""
        tests = [self.negated()]
        while self.take("and") or self.token.kind in {"not", "(", *_OPERANDS}:
            tests.append(self.negated())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def negated(self) -> Test:
        """Read a test, with `not` before it or without."""
        token = self.take("not", "(")
        if token is None:
            return self.compared()
        self.nest(token)
        if token.kind == "not":
            test = self.negated()
            self.depth -= 1
            return lambda row: not test(row)
        test = self.either()
        if not self.take(")"):
            raise self.unclosed(token)
        self.depth -= 1
        return test

    def unclosed(self, opened: Token) -> Mistake:
        """Return the mistake that a bracket is not closed where it would have to be."""
        if self.token.kind == "end":
            return self.refuse(opened, f"this bracket is never closed; {_CLOSES[opened.kind]} closes it")
        return self.unexpected(f"{_CLOSES[opened.kind]}, which closes the bracket")

    # --- one test --------------------------------------------------------------------------------

    def compared(self) -> Test:
        """Read a comparison, or a plain word."""
        first = self.operand(_A_TEST)
        if self.take("is"):
            return self.missing(first)
        if self.token.kind == "in" or (self.token.kind == "not" and self.tokens[self.next + 1].kind == "in"):
            negated = self.take("not")
            self.take("in")
            among = self.among(first)
            return (lambda row: not among(row)) if negated else among
        sides, signs = [first], []
        while sign := self.take("comparison"):
            signs.append(sign)
            sides.append(self.operand(f"a column or a value after {sign.text}"))
        if not signs:
            word = first.token.text.lower()
            return lambda row: row.holds(word)
        self.need_column(sides)
        self.need_whole(sides[-2], sides[-1])
        tests = [self.pair(left, sign, right) for left, sign, right in zip(sides, signs, sides[1:], strict=False)]
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def operand(self, wanted: str) -> _Operand:
        """Read one side of a comparison."""
        token = self.take(*_OPERANDS)
        if token is None:
            raise self.unexpected(wanted)
        return _Operand(token, self.column(token))

    def column(self, token: Token) -> Column | None:
        """Return the column that a word names; only one in backquotes has to."""
        if token.kind == "text" or (token.kind == "word" and number_of(token.text) is not None):
            return None
        found = self.columns.find(token.text)
        if len(found) > 1:
            if token.kind == "word" and self.is_alone():
                return None
            raise self.refuse(token, ambiguous(token.text, found))
        if not found and token.kind == "name":
            raise self.unknown(token)
        lowered = token.text.lower()
        return found[0] if found and not (token.kind == "word" and (lowered in MISSING or lowered in BOOLEANS)) else None

    def is_alone(self) -> bool:
        """Return whether the word that was just read is compared with nothing."""
        before, after = self.tokens[self.next - 2] if self.next > 1 else None, self.token.kind
        follows_not = after == "not" and self.tokens[self.next + 1].kind == "in"
        return after not in {"comparison", "is", "in"} and not follows_not and (before is None or before.kind not in {"comparison", "in"})

    def unknown(self, token: Token) -> Mistake:
        """Return the mistake that there is no such column."""
        return self.refuse(token, f"there is no column {said(token.text)}{self.columns.nearest(token.text)}")

    def need_column(self, sides: list[_Operand]) -> None:
        """Refuse to compare values with each other."""
        if any(side.column is not None for side in sides):
            return
        word = next((side.token for side in sides if side.token.kind == "word" and number_of(side.token.text) is None), None)
        if word is not None:
            raise self.unknown(word)
        first, last = sides[0].token, sides[-1].token
        quoted = next((found[0] for side in sides if side.token.kind == "text" and (found := self.columns.find(side.token.text))), None)
        hint = f"; {self.columns.label(quoted)} is one" if quoted is not None and self.columns.complete else ""
        raise Mistake(first.at, last.end - first.at, f"one side of a comparison has to be a column{hint}")

    def need_whole(self, before: _Operand, last: _Operand) -> None:
        """Refuse a time or a length of time of two words, of which the second would be looked for as a plain word."""
        kind, second = before.column.kind if before.column else "", self.token
        both = f"{last.token.text} {second.text}"
        if last.column is None and last.token.kind == second.kind == "word" and is_in_two(kind, both):
            raise Mistake(last.token.at, second.end - last.token.at, f"{said(both)} are two words; {_IN_ONE[kind]}")

    def missing(self, operand: _Operand) -> Test:
        """Read what follows `is`."""
        negated = self.take("not")
        if self.token.kind != "word" or self.token.text.lower() not in MISSING:
            raise self.unexpected("missing or not missing" if not negated else "missing")
        self.next += 1
        self.need_column([operand])
        name = operand.column.name if operand.column else ""
        if negated:
            return lambda row: not is_missing(row.value(name))
        return lambda row: is_missing(row.value(name))

    def among(self, item: _Operand) -> Test:
        """Read what follows `in`: a list, or a column whose values are lists or texts."""
        opened = self.take("[", "(")
        if opened is None:
            several = self.operand("a list such as [1, 2], or a column")
            if several.column is None:
                raise self.no_list(item, several.token)
            left, right = self.side(item, several.column), self.side(several, None)
            return lambda row: is_among(left(row), right(row))
        tests: list[Test] = []
        self.need_column([item])
        while self.token.kind not in {"]", ")"}:
            token = self.take("word", "text")
            if token is None:
                break
            tests.append(self.pair(item, None, _Operand(token, None)))
            if not self.take(","):
                break
        if self.token.kind != {"[": "]", "(": ")"}[opened.kind]:
            raise self.unclosed(opened)
        self.next += 1
        return lambda row: any(test(row) for test in tests)

    def no_list(self, item: _Operand, first: Token) -> Mistake:
        """Return the mistake that a value stands where a list or a column has to; beside a column, with the list that was meant."""
        is_word = first.kind == "word" and number_of(first.text) is None
        if item.column is None:
            return self.unknown(first) if is_word else self.refuse(first, "after in stands a list such as [1, 2], or a column")
        last = first
        while self.take(",") and (more := self.take("word", "text")):
            last = more
        listed = f"{self.columns.label(item.column)} in [{clipped(self.text[first.at : last.end])}]"
        if not is_word:
            return self.refuse(first, f"after in stands a list in brackets, as in {listed}, or a column")
        near = self.columns.nearest(first.text)
        none = f"there is no column {said(first.text)}{near if near.startswith('; near') else ''}"
        return self.refuse(first, f"{none}; a list stands in brackets, as in {listed}")

    # --- two sides -------------------------------------------------------------------------------

    def pair(self, one: _Operand, sign: Token | None, other: _Operand) -> Test:
        """Return the test of two sides of a comparison; without a sign, whether they are equal."""
        operator = sign.text if sign is not None else "="
        if operator == "~":
            return self.part(one, other)
        for side, beside in ((one, other), (other, one)):
            if operator in _EQUAL and side.is_missing and beside.column is not None:
                name = beside.column.name
                return lambda row: is_missing(row.value(name)) is (operator != "!=")
        left, right = self.side(one, other.column), self.side(other, one.column)
        if operator in {"=", "=="}:
            return lambda row: are_equal(left(row), right(row))
        if operator == "!=":
            return lambda row: not are_equal(left(row), right(row))
        for side, beside in ((one, other), (other, one)):
            self.check_order(side, beside)
        or_equal = operator.endswith("=")
        if operator.startswith("<"):
            return lambda row: is_less(left(row), right(row), or_equal=or_equal)
        return lambda row: is_less(right(row), left(row), or_equal=or_equal)

    def check_order(self, side: _Operand, other: _Operand) -> None:
        """Refuse a bare word for less or greater that was meant as a number: as a text it would never be."""
        token = side.token
        if side.column is not None or other.column is None or other.column.kind in {"time", "seconds"} or token.kind != "word":
            return
        if is_like_number(token.text) and number_of(token.text) is None and time_of(token.text, self.now) is None:
            raise self.refuse(token, f"{said(token.text)} is no number; a text stands in quotes")

    def part(self, whole: _Operand, part: _Operand) -> Test:
        """Return the test of `~`, beside which a number is a text like others."""
        for side in (whole, part):
            if side.column is not None and side.column.kind != "any":
                raise self.refuse(side.token, f"{self.columns.label(side.column)} is no text; ~ looks for a part of a text")
        left, right = (self.side(side, None) if side.column else self.as_written(side.token) for side in (whole, part))
        return lambda row: holds(left(row), right(row))

    def as_written(self, token: Token) -> Callable[[Row], object]:
        """Return the function to a word as a text."""
        return lambda _row: token.text

    def side(self, operand: _Operand, other: Column | None) -> Callable[[Row], object]:
        """Return the function from a row to the value of one side, which is read as the column on the other side is."""
        if operand.column is not None:
            name = operand.column.name
            return lambda row: row.value(name)
        literal = self.literal(operand.token, other)
        return lambda _row: literal

    def literal(self, token: Token, other: Column | None) -> Literal:
        """Return the value that a word is, beside a column."""
        word = token.text.lower() if token.kind == "word" else ""
        if word in MISSING:
            return Literal(None)
        kind = other.kind if other is not None else "any"
        if other is not None and kind == "time":
            moment = time_of(token.text, self.now)
            if moment is None:
                raise self.refuse(token, f"{self.columns.label(other)} is a time; {_A_TIME}")
            return moment
        number = number_of(token.text) if token.kind == "word" else None
        if other is not None and kind == "seconds" and number is None:
            number = seconds_of(token.text)
            if number is None:
                raise self.refuse(token, f"{self.columns.label(other)} is in seconds; {_A_SPAN}")
        if number is not None:
            return Literal(number)
        if word in BOOLEANS:
            return Literal(BOOLEANS[word], lambda value: says(value, word))
        return Literal(token.text)
