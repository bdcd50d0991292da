"""The filter's language: the vectors that the page is tested with too, hostile texts, and a slow reference."""

from __future__ import annotations

import json
import pickle
import time
from pathlib import Path
from typing import Any

import pytest

from jupyter_tracking.errors import InvalidArgument, InvalidFilter
from jupyter_tracking.read.filter.columns import Column
from jupyter_tracking.read.filter.completion import complete_filter
from jupyter_tracking.read.filter.grammar import parse_filter, read_filter
from jupyter_tracking.read.filter.times import time_of
from jupyter_tracking.read.filter.words import Mistake

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))


def columns(listed: list[dict[str, Any]]) -> list[Column]:
    """The columns as they are written in the vectors."""
    return [Column(each["name"], each.get("kind", "any"), tuple(each.get("also", ()))) for each in listed]


def made(value: Any) -> Any:
    """JSON has no numbers that are not finite, and a page no long integers."""
    if isinstance(value, dict) and set(value) == {"integer"}:
        return int(value["integer"])
    if isinstance(value, list):
        return [made(each) for each in value]
    return float(value["float"]) if isinstance(value, dict) and set(value) == {"float"} else value


def rows(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as they are written in the vectors."""
    return [{name: made(value) for name, value in row.items()} for row in listed]


COLUMNS, ROWS = columns(VECTORS["columns"]), rows(VECTORS["rows"])
MADE_COLUMNS, MADE_ROWS = columns(VECTORS["generated_columns"]), rows(VECTORS["generated_rows"])


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["filter"][:40])
def test_a_filter_lets_the_rows_pass_that_it_says(case: dict[str, Any]) -> None:
    """In both halves of the product the same."""
    found = parse_filter(case["filter"], COLUMNS, now=VECTORS["now"])
    assert [n for n, row in enumerate(ROWS) if found.test(row.get)] == case["rows"]


def test_filters_that_were_made_at_random_are_in_both_halves_the_same() -> None:
    """What pandas says of them, and what a hostile text is told."""
    for case in [*VECTORS["generated_cases"], *VECTORS["hostile"]]:
        try:
            found = read_filter(case["filter"], MADE_COLUMNS, VECTORS["generated_now"])
            told = {"rows": [n for n, row in enumerate(MADE_ROWS) if found.test(row.get)]}
        except Mistake as mistake:
            told = {"at": mistake.at, "length": mistake.length, "message": mistake.message}
        assert {"filter": case["filter"], **told} == case


@pytest.mark.parametrize("case", VECTORS["errors"], ids=lambda case: case["filter"][:40])
def test_a_mistake_is_told_with_its_place(case: dict[str, Any]) -> None:
    """In both halves of the product with the same words."""
    with pytest.raises(Mistake) as caught:
        read_filter(case["filter"], COLUMNS, VECTORS["now"])
    assert (caught.value.at, caught.value.length, caught.value.message) == (case["at"], case["length"], case["message"])


@pytest.mark.parametrize("case", VECTORS["completions"], ids=lambda case: case["filter"][:40])
def test_what_may_stand_at_a_place_is_offered(case: dict[str, Any]) -> None:
    """Columns, operators and values, as far as they begin as what is written there; in both halves of the product the same."""
    found = complete_filter(case["filter"], case["position"], COLUMNS, lambda column: [row.get(column.name) for row in ROWS])
    assert (found.start, found.words) == (case["start"], case["words"])


def test_the_error_shows_the_filter_and_the_place() -> None:
    """As an error of ours, in one line, with a note that points to the mistake; nothing in it is obeyed by a terminal."""
    with pytest.raises(InvalidFilter, match="where='lr < 1 and stauts=\"x\"', at character 12: there is no column") as caught:
        parse_filter('lr < 1 and stauts="x"', COLUMNS)
    assert isinstance(caught.value, InvalidArgument)
    assert (caught.value.at, caught.value.length) == (11, 6)
    assert caught.value.__notes__ == ['    lr < 1 and stauts="x"\n               ^^^^^^']
    assert caught.value._render_traceback_()[-1] == caught.value.__notes__[0]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.at, again.__notes__) == (str(caught.value), 11, caught.value.__notes__)
    with pytest.raises(InvalidFilter) as hostile:
        parse_filter("\x1b[2J lr\n < < " + "x" * 500, COLUMNS)
    assert "\x1b" not in f"{hostile.value}{hostile.value.__notes__}"


def test_a_time_without_a_zone_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day begins and ends at midnight where the reader is; where the clock is set back, it is longer."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        now = 1_793_707_200_000_000
        day, moment, today = (time_of(text, now) for text in ("2026-11-01", "2026-11-01 12:30:00.5", "today"))
        hours = [n for n in range(-30, 60) if day.fits(1_793_491_200_000_000 + n * 3_600_000_000)]  # from 2026-11-01T00:00Z on
        assert (hours[0], hours[-1], len(hours)) == (4, 28, 25)
        assert moment.value == 1_793_554_200_500_000
        assert today.value == 1_793_682_000_000_000
    finally:
        monkeypatch.undo()
        time.tzset()
