"""The clock is set, back or forward, while cells run: every row and every line is still the cell's that logged it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.format import step_timestamp
from jupyter_tracking.notebook import console
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND


class Clock:
    """A clock that goes on by itself a little whenever it is looked at, and can be set."""

    def __init__(self, tick: int) -> None:
        self.now = START
        self.tick = tick

    def __call__(self) -> int:
        """Return the nanoseconds since the epoch."""
        self.now += self.tick
        return self.now

    def set(self, seconds: float) -> None:
        """Set the clock forward, or back."""
        self.now += int(seconds * SECOND)


@pytest.fixture(params=[1_000_000, 1_000], ids=["ms", "µs"])
def clock(ip: InteractiveShell, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Clock:
    """The clock of this process, in the shell as `clock`."""
    made = Clock(request.param)
    for name in ("_latest", "_latest_behind", "_reached"):
        monkeypatch.setattr(step_timestamp, name, 0)
    monkeypatch.setattr(step_timestamp, "_second", (-1, ""))
    monkeypatch.setattr(step_timestamp, "time_ns", made)
    monkeypatch.setattr(console, "time_ns", made)
    ip.user_ns["clock"] = made
    ip.run_cell(HELPERS).raise_error()
    return made


HELPERS = """
import threading
def log(name='a', **more):
    number = len(In) - 1
    tracking.log_metric(name, number, **more)
    print('line', number)
def thread(name='a'):
    worker = threading.Thread(target=lambda: tracking.log_metric(name, -1), name='worker')
    worker.start()
    worker.join()
"""


def check(name: str) -> None:
    """Each row and each line has the number of its cell, in the order they were logged; the cells know how long they ran."""
    tracking.end()
    view = tracking.open_run(name)
    for artifact in view.artifacts():
        if artifact[0] != "metric":
            continue
        events = view.events(artifact[1])
        own = events[events["metric"] >= 0] if "metric" in events else events[events["value"] >= 0]
        column = "metric" if "metric" in events else "value"
        assert own["execution_count"].tolist() == own[column].astype(int).tolist()
        assert own["execution_count"].is_monotonic_increasing
        assert (own["logged_by"] == "cell").all()
        others = events[events[column] < 0]
        assert (others["logged_by"] == "thread worker").all()
    lines = view.logs()
    told = lines[lines["text"].str.startswith("line ")]
    assert told["execution_count"].tolist() == [int(text.split()[1]) for text in told["text"]]
    cells = view.cells()
    assert (cells["duration"] >= 0).all()
    rows = sum(len(view.events(artifact[1])) for artifact in view.artifacts() if artifact[0] == "metric")
    threads = sum((view.events(a[1])["logged_by"] != "cell").sum() for a in view.artifacts() if a[0] == "metric")
    assert cells["events"].sum() == rows - threads
    assert not find_problems(open_folder(view.path))


@pytest.mark.parametrize("seconds", [-0.3, -2.5, -3600, 3600, -86_400])
def test_the_clock_is_set_between_cells(clock: Clock, cell: Callable[..., object], seconds: float) -> None:
    """Once, and then back and forth."""
    cell("tracking.init(name='run'); log()")
    for step in (0, seconds, 0, -seconds, seconds, 0):
        clock.set(step)
        cell("log(); log('b')")
        clock.set(10)
        cell("log()")
    check("run")


@pytest.mark.parametrize("seconds", [-0.3, -2.5, -3600, 3600, -86_400])
def test_the_clock_is_set_within_a_cell(clock: Clock, cell: Callable[..., object], seconds: float) -> None:
    """Before anything was logged in the cell, and after; again and again."""
    cell("tracking.init(name='run'); log()")
    for _ in range(3):
        cell(f"clock.set({seconds}); log(); log('b')")
        cell(f"log(); clock.set({seconds}); log(); log('b')")
        cell("log()")
        cell(f"log(); clock.set({-seconds}); log(); clock.set({seconds}); log('b')")
        clock.set(100)
        cell("log(); log('b')")
    check("run")


@pytest.mark.parametrize("seconds", [-0.3, -3600])
def test_threads_log_while_the_clock_is_set(clock: Clock, cell: Callable[..., object], seconds: float) -> None:
    """Rows of threads are the threads', before and after, and when the clock has caught up."""
    cell("tracking.init(name='run'); log(); thread()")
    cell("thread(); log(); thread()")
    cell(f"log(); clock.set({seconds}); thread(); log(); thread()")
    cell("thread(); log()")
    cell("log(); thread()")
    clock.set(-seconds + 1)
    cell("log(); thread(); log()")
    cell("log()")
    check("run")


def test_a_given_timestamp_is_the_cells_that_gave_it(clock: Clock, cell: Callable[..., object]) -> None:
    """A timestamp of the time that came twice says nothing of the cell, and is kept as it was given."""
    cell("tracking.init(name='run'); log(); early = clock.now / 1e9")
    clock.set(-3600)
    cell("log(timestamp=early); log(timestamp=clock.now / 1e9)")
    cell("log(timestamp=early)")
    check("run")


def test_what_has_no_rows_is_the_cells_that_logged_it(clock: Clock, cell: Callable[..., object]) -> None:
    """A reference is attributed by when it was logged."""
    cell("tracking.init(name='run'); log()")
    clock.set(-0.002)
    clock.set(-3600)
    cell("log(); tracking.log_artifact_ref('s3://bucket/x', name='x')")
    tracking.end()
    cells = tracking.open_run("run").cells()
    assert cells["artifacts"].tolist() == [[("metric", "a")], [("metric", "a"), ("file", "x")]]


def test_a_session_that_goes_on_with_a_clock_set_back(clock: Clock, cell: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is resumed by another kernel, whose clock is behind the cells of the first."""
    cell("run = tracking.init(name='run'); log()")
    cell("log(); tracking.end()")
    for name in ("_latest", "_latest_behind", "_reached"):  # another process
        monkeypatch.setattr(step_timestamp, name, 0)
    clock.now = START - 10 * SECOND
    cell("tracking.init(run_uuid=run.uuid); log()")
    for _ in range(4):
        clock.set(5)
        cell("log()")
    check("run")


@pytest.mark.parametrize("seed", range(6))
def test_the_clock_is_set_at_any_moment(clock: Clock, cell: Callable[..., object], seed: int) -> None:
    """Random cells, with the clock set by a little and by much, back and forth."""
    choice = random.Random(seed)
    cell("tracking.init(name='run'); log()")
    for _ in range(15):
        parts = []
        for _ in range(choice.randrange(1, 6)):
            by = choice.choice([-0.3, -0.001, -1.9, -2.1, -60, -3600, 0.3, 60, 3600, 7200])
            parts.append(choice.choice([f"clock.set({by})", "log()", "log('b')", "log()", "log('b')", "thread()"]))
        cell("; ".join(parts))
        if choice.random() < 0.3:
            clock.set(choice.choice([-0.3, -3600, 3600, 1]))
    check("run")


def test_a_step_back_does_not_hold_up_what_is_printed(clock: Clock, cell: Callable[..., object]) -> None:
    """A line is in the log after a moment, however far the clock was set back."""
    cell("run = tracking.init(name='run')")
    clock.set(-3600)
    cell(
        "print('one')\nfor n in range(3): clock.set(1); print(n)\nlog = (run.path / 'plxlogs' / 'logs.jsonl').read_text()\nassert '\"1\"' in log"
    )
    tracking.end()
