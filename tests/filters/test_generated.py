"""Filters at random: what passes is what pandas says; what is hostile is a mistake with its place or a filter, and no more."""

from __future__ import annotations

import sys
from random import Random
from typing import Any

import pytest

from jupyter_tracking.read.filter.grammar import read_filter
from jupyter_tracking.read.filter.words import MOST_CHARACTERS, Mistake
from tests.filters.generated import COLUMNS, NOW, Maker, make_frame

MANY = pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])


@MANY
def test_what_passes_is_what_pandas_says(count: int) -> None:
    """Each operator, spelling and nesting, over values of every kind."""
    random = Random(count)
    maker = Maker(random)
    for n in range(count):
        if n % 100 == 0:
            frame = make_frame(random)
            rows = [{name: frame[name].tolist()[row] for name in frame} for row in range(len(frame))]
        made = maker.make()
        found = read_filter(made.text, COLUMNS, NOW)
        assert [found.test(row.get) for row in rows] == made.mask(frame).tolist(), made.text


PIECES = [
    *("lr", "x", "inputs.x", "status", "created_at", "duration", "nosuch", "größe", "`a b`", "``", "`", '"', "'", "\\", "\\'", "αβ", "😀"),
    *("<", "<=", "=<", "==", "=", "!=", "!", "~", "<>", ">>", "&", "&&", "|", "||", "(", ")", "[", "]", ",", "{", "}", ";", ":", "."),
    *("and", "or", "not", "in", "is", "AND", "missing", "none", "nan", "true", "inf", "-inf", "0", "1e-3", "1e999", "0x1", "1_0", "--1"),
    *(" ", "  ", "\n", "\t", "\x00", "\x1b[2J", "\u202e", "\u200b", "\ud800", "\xa0", "today", "2d", "2026-11-01", "9" * 400, "a" * 100),
    *("__import__('os').system('x')", "lambda: 0", "lr.__class__", "{lr}", "%s", "$x", "f'{x}'", "@x", "\\N{DASH}", "; import os"),
]


def hostile(random: Random) -> str:
    """A text that means no good: pieces of the language, of Python and of terminals, now and then very many."""
    count = random.choice([1, 2, 3, 5, 8, 20, 60]) if random.random() < 0.98 else random.choice([500, 5_000])
    some = random.choice([PIECES, PIECES, random.choices(PIECES, k=3)])
    return random.choice(["", " "]).join(random.choices(some, k=count))


_heard: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _listening() -> None:
    """Listen to what is compiled, run, imported and opened; a hook cannot be taken away again."""
    sys.addaudithook(lambda event, _given: _heard.append(event) if event in {"compile", "exec", "import", "open", "os.system"} else None)


@MANY
def test_a_hostile_text_is_a_mistake_with_its_place_or_a_filter(count: int) -> None:
    """Nothing of it is evaluated, and nothing else is raised, whatever the row holds."""
    random = Random(count)
    rows = make_frame(random).to_dict("records")
    for _ in range(count):
        text = hostile(random)
        _heard.clear()
        told = outcome(text, rows[:3])
        assert _heard == [], text
        if told is not None:
            assert 0 <= told.at <= told.at + told.length <= len(text)
            assert told.message


def outcome(text: str, rows: list[dict[str, Any]]) -> Mistake | None:
    """The mistake in a filter; None where it is one that tests rows."""
    try:
        found = read_filter(text, COLUMNS, NOW)
    except Mistake as mistake:
        return mistake
    assert {found.test(row.get) for row in rows} <= {True, False}
    return None


def calls(text: str) -> int:
    """How many Python functions are called to read a filter, and to test a row by it."""
    count = 0

    def profile(_frame: Any, event: str, _given: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(profile)
    try:
        read_filter(text, COLUMNS, NOW).test({}.get)
    except Mistake:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        "lr<1 ",
        "lr<1|",
        "lr<1 and ",
        "x",
        "x ",
        "'a' ",
        "not ",
        "(",
        "!",
        "lr<",
        "lr in [1] ",
        "1,",
        "nosuch in ",
        '"',
        "`lr` ",
        "\\",
        "((x)) ",
    ],
)
def test_the_work_grows_with_the_length(piece: str) -> None:
    """Twice the text is about twice the calls; a list of values too."""
    length = MOST_CHARACTERS // 2 // len(piece)
    for start in ("", "lr in [", "(" * 40):
        short, long = calls(start + piece * (length // 2)), calls(start + piece * length)
        assert long <= 2.2 * short + 200


def test_brackets_are_nested_so_deep_and_no_deeper() -> None:
    """However long the text is."""
    assert read_filter("(" * 50 + "x" + ")" * 50, COLUMNS, NOW).test({"name": "x"}.get)
    for sign in "(!":
        with pytest.raises(Mistake, match="nested deeper than 50 levels") as caught:
            read_filter(sign * 1_000 + "x", COLUMNS, NOW)
        assert caught.value.at == 50
