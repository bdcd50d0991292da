"""A run to log to, and a view that reads back what was logged."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.run_view import RunView, open_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A plain run tries 100 examples, the same each time; EXAMPLES=1000 tries as many, new ones.
_MANY = os.environ.get("EXAMPLES")
round_trips = settings(
    max_examples=int(_MANY or 100),
    derandomize=_MANY is None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run that is being recorded."""
    made = Run(tmp_path / "runs" / ("ab" * 16))
    yield made
    made.end()


@pytest.fixture
def view(run: Run) -> RunView:
    """What is stored of it, at every moment."""
    return open_run(run.path)


class Echo:
    """Logs to one artifact of a run and loads what it has just logged, reading on only what is new."""

    def __init__(self, run: Run) -> None:
        """Log to this run."""
        self.run = run
        self.folder = open_folder(run.path)

    def load(self, kind: str, name: str) -> Any:
        """Return the value logged last under a name."""
        return self.last(kind, name)[1]

    def last(self, kind: str, name: str) -> tuple[int | None, Any]:
        """Return step and value logged last under a name."""
        artifact = next(a for a in self.folder.artifacts() if (a.kind, a.name) == (kind, name))
        event = self.folder.rows(artifact)[-1]
        return event.step, self.folder.value(artifact, event)


@pytest.fixture
def echo(run: Run) -> Echo:
    """What comes back of what is logged."""
    return Echo(run)
