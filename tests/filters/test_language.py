"""The filter's language: the vectors that the page is tested with too, hostile texts, and a slow reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_tracking.errors import InvalidArgument, InvalidFilter
from jupyter_tracking.read.filter.columns import Column
from jupyter_tracking.read.filter.completion import complete_filter
from jupyter_tracking.read.filter.grammar import parse_filter, read_filter
from jupyter_tracking.read.filter.words import Mistake

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
COLUMNS = [Column(each["name"], each.get("kind", "any"), tuple(each.get("also", ()))) for each in VECTORS["columns"]]


def made(value: Any) -> Any:
    """JSON has no numbers that are not finite, and a page no long integers."""
    if isinstance(value, dict) and set(value) == {"integer"}:
        return int(value["integer"])
    return float(value["float"]) if isinstance(value, dict) and set(value) == {"float"} else value


ROWS = [{name: made(value) for name, value in row.items()} for row in VECTORS["rows"]]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["filter"][:40])
def test_a_filter_lets_the_rows_pass_that_it_says(case: dict[str, Any]) -> None:
    """In both halves of the product the same."""
    found = parse_filter(case["filter"], COLUMNS, now=VECTORS["now"])
    assert [n for n, row in enumerate(ROWS) if found.test(row.get)] == case["rows"]


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
    with pytest.raises(InvalidFilter) as hostile:
        parse_filter("\x1b[2J lr\n < < " + "x" * 500, COLUMNS)
    assert "\x1b" not in f"{hostile.value}{hostile.value.__notes__}"
