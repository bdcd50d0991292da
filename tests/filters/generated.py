"""Filters made at random, each with what pandas says of it: a reference that shares nothing with the language's own evaluation."""

from __future__ import annotations

import json
import math
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from jupyter_tracking.read.filter.columns import Column

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Mask = pd.Series

NOW = 1_793_707_200_000_000  # microseconds: 2026-11-03T12:00Z
DAY = 86_400_000_000
COLUMNS = [
    *(Column("name"), Column("status"), Column("created_at", "time", ("created",)), Column("duration", "seconds"), Column("tags")),
    *(Column("inputs.lr"), Column("inputs.model"), Column("inputs.flag"), Column("inputs.seed"), Column("inputs.a b"), Column("inputs.x")),
    *(Column("outputs.x"), Column("outputs.train/loss"), Column("outputs.größe")),
]
WORDS = ["alpha", "Beta", "gamma ray", "don't", "größe", "0.1", "αβγ", "", "true", "x"]
NUMBERS: list[Any] = [0, 1, -1, 0.1, 0.25, 1e-7, 3e8, math.inf, -math.inf, math.nan, 2**53, 2**53 + 1, -(2**60) - 1, 1e22]


def make_frame(random: Random, rows: int = 12) -> pd.DataFrame:
    """Rows in which every column has values of every kind that it can have, and misses some."""
    mixed = [*NUMBERS, *WORDS, True, False, None, None, ["alpha", 1], []]
    values: dict[str, Callable[[], Any]] = {
        "name": lambda: random.choice([*WORDS, None]),
        "status": lambda: random.choice(["succeeded", "failed", "running"]),
        "created_at": lambda: random.choice([None, NOW - random.randrange(6 * DAY), NOW - DAY, NOW]),
        "duration": lambda: random.choice([None, 60.0, 60, 3600.5, 86400, 0]),
        "tags": lambda: random.sample(["alpha", "Beta", "x", "größe"], random.randrange(3)),
        "inputs.lr": lambda: random.choice(NUMBERS[:9]),
        "inputs.model": lambda: random.choice([*WORDS, None]),
        "inputs.flag": lambda: random.choice([True, False, None, "true", 1, 0]),
        "inputs.seed": lambda: random.choice([0, 1, 2**53, 2**53 + 1, -(2**60) - 1, float(2**53)]),
        "outputs.train/loss": lambda: random.choice([*NUMBERS, None]),
    }
    data = {c.name: [values.get(c.name, lambda: random.choice(mixed))() for _ in range(rows)] for c in COLUMNS}
    return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in data.items()})


class Made(NamedTuple):
    """A filter and the rows that pass, as pandas has them."""

    text: str
    mask: Callable[[pd.DataFrame], Mask]


class Maker:
    """Makes filters."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def make(self, depth: int = 3) -> Made:
        """A filter of tests that are joined, negated and nested."""
        kind = self.random.choice(["test", "test", "and", "or", "not", "plain"]) if depth else "test"
        if kind == "test":
            return self.test()
        if kind == "plain":
            return self.plain()
        if kind == "not":
            inner = self.make(depth - 1)
            sign = self.random.choice(["not ", "NOT ", "!", "! "])
            return Made(f"{sign}({inner.text})", lambda frame: ~inner.mask(frame))
        parts = [self.make(depth - 1) for _ in range(self.random.choice([2, 2, 3]))]
        signs = [" and ", " AND ", "&", " && ", " "] if kind == "and" else [" or ", " Or ", "|", " || "]
        text = f"({parts[0].text})"
        for part in parts[1:]:
            text += f"{self.random.choice(signs)}({part.text})"
        join = operator.and_ if kind == "and" else operator.or_

        def mask(frame: pd.DataFrame) -> Mask:
            found = parts[0].mask(frame)
            for part in parts[1:]:
                found = join(found, part.mask(frame))
            return found

        return Made(text, mask)

    def plain(self) -> Made:
        """A word that the row holds."""
        word = self.random.choice(["alph", "BETA", "gamma", "size", "don't", "αΒ", "nothing", "gamma ray", "succ"])
        spelled = f'"{word}"' if " " in word else word

        def mask(frame: pd.DataFrame) -> Mask:
            texts = pd.Series("", index=frame.index)
            for column in COLUMNS:
                if column.kind == "any":
                    as_list = frame[column.name].map(lambda v: v if isinstance(v, list) else [v])
                    held = as_list.map(lambda v: ", ".join(str(each) for each in v if isinstance(each, str)))
                    label = "" if column.short == column.name else f"{column.short}="
                    texts += "\n" + label + held
            return texts.str.lower().str.contains(word.lower(), regex=False)

        return Made(spelled, mask)

    def column(self, *names: str) -> tuple[str, str]:
        """A column, and a way to write it."""
        name = self.random.choice(names)
        short = name.split(".", 1)[-1]
        ways = {
            "inputs.a b": ["`a b`", "`inputs.a b`"],
            "inputs.x": ["inputs.x", "`inputs.x`"],
            "outputs.x": ["outputs.x"],
            "created_at": ["created", "created_at", "`created_at`"],
        }
        return name, self.random.choice(ways.get(name, [short, name, f"`{short}`", f"`{name}`"]))

    def number(self) -> tuple[str, Any]:
        """A number as Python writes it."""
        value = self.random.choice([each for each in NUMBERS if not math.isnan(each)])
        ways = [repr(value)]
        if isinstance(value, int):
            ways += [f"{value:_}", f"+{value}" if value >= 0 else str(value)]
        elif math.isfinite(value):
            ways += [f"{value:.17e}", f"{value:.17E}"]
        return self.random.choice(ways), value

    def word(self) -> tuple[str, str]:
        """A text in quotes, or bare where it can be."""
        value = self.random.choice([*WORDS, "fail", 'it\'s "x" \\ y'])
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        ways = [f'"{escaped}"', "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"]
        if value in {"alpha", "Beta", "αβγ", "fail", "don't"}:
            ways.append(value)
        return self.random.choice(ways), value

    def test(self) -> Made:
        """One test."""
        kinds = [self.compared, self.compared, self.chained, self.missing, self.listed, self.member, self.held, self.timed, self.truth]
        return self.random.choice(kinds)()

    def compared(self) -> Made:
        """A column and a value."""
        name, column = self.column(*(c.name for c in COLUMNS if c.kind == "any"))
        spelled, value = self.random.choice([self.number, self.word])()
        sign = self.random.choice(["<", "<=", ">", ">=", "==", "=", "!="])
        space = self.random.choice(["", " "])
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
        text = self.random.choice([f"{column}{space}{sign}{space}{spelled}", f"{spelled}{space}{flipped}{space}{column}"])
        return Made(text, lambda frame: compare(frame[name], sign, value))

    def chained(self) -> Made:
        """A column between two values."""
        name, column = self.column("inputs.lr", "outputs.train/loss", "inputs.seed", "outputs.größe")
        (low, least), (high, most) = self.number(), self.number()
        one, other = self.random.choice(["<", "<="]), self.random.choice(["<", "<=", "!="])
        mirrored = {"<": ">", "<=": ">="}[one]
        return Made(f"{low} {one} {column} {other} {high}", lambda f: compare(f[name], mirrored, least) & compare(f[name], other, most))

    def missing(self) -> Made:
        """A value that is missing."""
        name, column = self.column(*(c.name for c in COLUMNS))
        word = self.random.choice(["missing", "none", "None", "null", "NaN", "MISSING"])
        sign, negated = self.random.choice([("is ", False), ("is not ", True), ("=", False), ("== ", False), ("!= ", True)])
        return Made(f"{column} {sign}{word}", lambda f: f[name].isna() ^ negated)

    def listed(self) -> Made:
        """A column and a list."""
        name, column = self.column("inputs.lr", "inputs.model", "status", "tags", "outputs.x", "inputs.seed")
        items = [self.random.choice([self.number, self.word])() for _ in range(self.random.randrange(4))]
        negated = self.random.choice(["", "not "])
        inside = ", ".join(spelled for spelled, _ in items)
        brackets = self.random.choice(["[{}]", "({})", "[ {} ]"])

        def mask(frame: pd.DataFrame) -> Mask:
            found = pd.Series(False, index=frame.index)
            for _, value in items:
                found |= compare(frame[name], "=", value)
            return ~found if negated else found

        return Made(f"{column} {negated}in {brackets.format(inside)}", mask)

    def member(self) -> Made:
        """A text and a column of lists, or of texts."""
        name, column = self.column("tags", "inputs.model", "outputs.x")
        spelled, value = self.word()
        negated = self.random.choice(["", "not "])

        def mask(frame: pd.DataFrame) -> Mask:
            listed = frame[name].map(lambda v: isinstance(v, list) and value in [each for each in v if isinstance(each, str)])
            texts = frame[name].map(lambda v: isinstance(v, str) and value.lower() in v.lower())
            return ~(listed | texts) if negated else listed | texts

        return Made(f"{spelled} {negated}in {column}", mask)

    def held(self) -> Made:
        """A part of a text."""
        name, column = self.column("name", "status", "inputs.model", "tags")
        part = self.random.choice(["ALPH", "a", "ß", "'t", "0.1", "αΒ"])
        spelled = json.dumps(part, ensure_ascii=False) if part == "'t" else part

        def mask(frame: pd.DataFrame) -> Mask:
            every = frame[name].map(lambda v: v if isinstance(v, list) else [v])
            return every.map(lambda v: any(isinstance(each, str) and part.lower() in each.lower() for each in v))

        return Made(f"{column} ~ {spelled}", mask)

    def timed(self) -> Made:
        """A moment, a day or a length of time."""
        sign = self.random.choice(["<", "<=", ">", ">=", "=", "!="])
        if self.random.random() < 0.5:
            name, column = self.column("duration")
            spelled, value = self.random.choice(
                [("60", 60), ("1m", 60), ("60s", 60), ("1h", 3600), ("1D", 86400), ("0.5w", 302400), ('"1h"', 3600)]
            )
            return Made(f"{column} {sign} {spelled}", lambda frame: compare(frame[name], sign, value))
        name, column = self.column("created_at")
        day = NOW - 36 * 3600 * 10**6  # 2026-11-02
        ways = [
            ("now", NOW, NOW),
            ("2026-11-02Z", day, day + DAY),
            ('"2026-11-02T00:00:00+00:00"', day, day),
            ("2026-11-02T02:00+02:00", day, day),
        ]
        spelled, start, end = self.random.choice(ways)

        def mask(frame: pd.DataFrame) -> Mask:
            if sign not in {"=", "!="} or start == end:
                return compare(frame[name], sign, start)
            inside = compare(frame[name], ">=", start) & compare(frame[name], "<", end)
            return ~inside if sign == "!=" else inside

        return Made(f"{column} {sign} {spelled}", mask)

    def truth(self) -> Made:
        """A boolean."""
        name, column = self.column("inputs.flag", "inputs.a b", "inputs.x")
        word, value = self.random.choice([("true", True), ("True", True), ("false", False), ("FALSE", False)])
        sign = self.random.choice(["=", "==", "!="])

        def mask(frame: pd.DataFrame) -> Mask:
            found = frame[name].map(lambda v: v is value or (isinstance(v, str) and v.lower() == word.lower()))
            return ~found if sign == "!=" else found

        return Made(f"{column} {sign} {word}", mask)


SIGNS: dict[str, Callable[[Any, Any], Any]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def compare(column: pd.Series, sign: str, value: Any) -> Mask:
    """What pandas says of a column and a value, among the rows where both are of one type."""
    kind = str if isinstance(value, str) else (int, float)
    if sign in SIGNS:
        return among(column, kind, lambda same: SIGNS[sign](same, value))
    found = among(column, kind, lambda same: same == value)
    lists = column.map(
        lambda v: any(isinstance(e, kind) and not isinstance(e, bool) and e == value for e in v) if isinstance(v, list) else False
    )
    return ~(found | lists) if sign == "!=" else found | lists


def among(column: pd.Series, kind: Any, test: Callable[[pd.Series], Mask]) -> Mask:
    """The result of a test where the values are of a kind; false elsewhere."""
    fitting = column.map(lambda v: isinstance(v, kind) and not isinstance(v, bool))
    return test(column[fitting]).reindex(column.index, fill_value=False).astype(bool)
