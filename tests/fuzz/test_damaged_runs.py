"""Run folders damaged at random: everything that can be asked is answered, or refused with an error of ours, and what is whole is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.compat.conftest import ask_polyaxon, data, theirs
from tests.conftest import made_once
from tests.fuzz.damaged_runs import in_child, make_run, warm_up

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ask_polyaxon", "data", "theirs"]

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the child does but this


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with values of most kinds, with what a notebook adds to it."""
    folder = made_once(tmp_path_factory, "rich", lambda folder: make_run(folder / "root"))
    (run,) = (folder / "root" / "runs").iterdir()
    warm_up(run)
    return run


def test_damage_stops_nothing(rich: Path) -> None:
    """Up to three things of a run, ours or without what is ours in it, are damaged: nothing else raises, hangs, or is read differently."""
    found = [line for number in range(100) for line in in_child(rich, number, views=0.05)]
    assert not found, "\n".join(found)


def test_damage_of_a_run_that_polyaxon_wrote_stops_nothing(theirs: Path) -> None:
    """The same of what Polyaxon's own client writes."""
    found = [line for number in range(0, 20, 2) for line in in_child(theirs, number, views=0.0)]
    assert not found, "\n".join(found)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
def test_much_damage_stops_nothing(rich: Path, part: int) -> None:
    """The same 5,000 times, each in a process that may have 4 GB."""
    found = [line for number in range(10_000 + 500 * part, 10_500 + 500 * part) for line in in_child(rich, number)]
    assert not found, "\n".join(found)
