"""What a view knows of steps, by arrays, is what one would say of the rows one by one: whatever was logged, and however it came."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.format import event_rows
from jupyter_tracking.read.event_table import union_of_steps
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.views.model import scene as scenes
from jupyter_tracking.views.model.scene import open_scene
from jupyter_tracking.views.model.series import Series
from jupyter_tracking.views.model.step_index import Step, StepIndex

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STEP = st.none() | st.integers(-3, 12) | st.sampled_from([-(2**63), 2**53, 2**53 + 1, 2**63 - 1])
STEPS = st.lists(STEP, max_size=25)
TIMES = st.integers(0, 30)


@pytest.fixture(scope="module")
def run_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with two metrics and a text, whose event files each example writes anew."""
    run = Run(tmp_path_factory.mktemp("run") / "runs" / ("0" * 32))
    run.log_metric("loss", 1.0, 0)
    run.log_metric("acc", 1.0, 0)
    run.log_text("note", "a", 0)
    return run.path


def written(path: Path, name: str, rows: Iterable[tuple[Step, int]], kind: str = "metric") -> None:
    """Write the event file of a metric: step and second of each row, whose value is its number; NaN at times."""
    lines = [
        event_rows.format_row(kind, step, event_rows.format_timestamp(second * 1_000_000), "nan" if n % 5 == 4 else str(float(n)))
        for n, (step, second) in enumerate(rows)
    ]
    (path / "events" / kind / f"{name}.plx").write_bytes(event_rows.header(kind) + b"".join(lines))


def order(step: Step) -> tuple[bool, int]:
    """None comes first."""
    return step is not None, step or 0


def latest(steps: list[Step], wanted: Step) -> int:
    """The place of the latest of sorted steps that is not after one."""
    return sum(order(step) <= order(wanted) for step in steps) - 1


@given(rows=st.lists(st.tuples(STEP, TIMES), max_size=25), parts=st.lists(st.integers(0, 25), max_size=3), wanted=STEPS)
def test_a_series_has_the_last_row_of_each_step(run_path: Path, rows: list[tuple[Step, int]], parts: list[int], wanted: list[Step]) -> None:
    """In the order of steps, with how many each has: read at once, or as the file grows; of those that are shown, too."""
    written(run_path, "loss", [])
    folder = open_folder(run_path)
    series = Series(folder, folder.find("loss"))
    for end in [*sorted(parts), len(rows)]:
        before = len(series.rows)
        written(run_path, "loss", rows[:end])
        assert series.refresh() == (len(rows[:end]) > before)
        last, count = {step: n for n, (step, _) in enumerate(rows[:end])}, {step: 0 for step, _ in rows[:end]}
        for step, _ in rows[:end]:
            count[step] += 1
        steps = sorted(last, key=order)
        assert [event.step for event in series.logged] == series.steps.tolist() == steps
        assert series.logged.position.tolist() == [last[step] for step in steps]
        assert series.versions == {n: count[step] for n, step in enumerate(steps) if count[step] > 1}
    series.limit_steps(index_of(run_path, wanted))
    kept = sorted({latest(steps, step) for step in wanted} - {-1})
    assert series.steps.tolist() == [steps[n] for n in kept]
    assert series.versions == {k: count[steps[n]] for k, n in enumerate(kept) if count[steps[n]] > 1}
    some = series.restricted_to(range(0, len(kept), 2))
    assert [event.position for event in some.events] == [last[steps[n]] for n in kept[::2]]
    assert some.versions == {k: count[steps[n]] for k, n in enumerate(kept[::2]) if count[steps[n]] > 1}


def index_of(run_path: Path, steps: list[Step]) -> StepIndex:
    """The index of the steps of a file, in whatever order they are in."""
    written(run_path, "acc", [(step, 0) for step in steps])
    folder = open_folder(run_path)
    return StepIndex.of(folder.rows(folder.find("acc")).latest()[0])


@given(one=STEPS, other=STEPS)
def test_an_index_of_steps_is_their_sorted_list(run_path: Path, one: list[Step], other: list[Step]) -> None:
    """Its items, whether a step is in it, the union with others, the place of the latest step before another."""
    (first, a), (second, b) = ((index_of(run_path, steps), sorted(set(steps), key=order)) for steps in (one, other))
    assert (first.tolist(), list(first), len(first), first[:2], first[1:]) == (a, a, len(a), a[:2], a[1:])
    assert [first[n] for n in range(-len(a), len(a))] == [*a, *a]
    assert [step in first for step in [*b, 7.0, 7.5, "7", np.int64(7)]] == [step in a for step in [*b, 7.0, 7.5, "7", np.int64(7)]]
    assert (first == second) == (a == b)
    assert StepIndex.union([first, second]).tolist() == sorted({*a, *b}, key=order)
    assert first.latest_at_or_before(second).tolist() == [latest(a, step) for step in b]
    assert first.places_of(second).tolist() == [a.index(step) if step in a else -1 for step in b]
    with pytest.raises(IndexError):
        first[len(a)]


@given(loss=st.lists(st.tuples(STEP, TIMES), max_size=20), acc=st.lists(st.tuples(STEP, TIMES), max_size=20), most=st.integers(2, 30))
def test_a_scene_is_told_of_its_steps(run_path: Path, loss: list[tuple[Step, int]], acc: list[tuple[Step, int]], most: int) -> None:
    """When each was logged last, how often, and which step of each series is the latest there; of too many steps those that are kept."""
    written(run_path, "loss", loss)
    written(run_path, "acc", acc)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenes, "_MOST", most)
        patch.setattr("jupyter_tracking.views.model.panel._FEW", 2)
        scene = open_scene(open_folder(run_path), ["loss", "acc"])
    info = scene.info()
    shown = [one for panel in scene.panels for one in panel.series]
    last = [{step: (n, second) for n, (step, second) in enumerate(rows)} for rows in (loss, acc)]
    every = sorted({*last[0], *last[1]}, key=order)
    by = 1 << (len(every) // most).bit_length()
    few = {step for steps in last if len(steps) <= 2 for step in steps}
    steps = every if len(every) <= most else [step for n, step in enumerate(every) if n % by == 0 or step in few or n == len(every) - 1]
    assert (scene.steps, scene.total) == (steps, len(every))
    logged = dict(zip([series.artifact.name for series in shown], (last if shown[0].artifact.name == "loss" else last[::-1]), strict=True))
    for panel, told in zip(scene.panels, info["panels"], strict=True):
        mine = [logged[series.artifact.name] for series in panel.series]
        union = sorted({step for steps_of in mine for step in steps_of}, key=order)
        kept = union if len(every) <= most else [union[n] for n in sorted({latest(union, step) for step in steps} - {-1})]
        assert panel.steps == kept
        moments = [[steps_of[step][1] for steps_of in mine if step in steps_of] for step in kept]
        assert told["times"] == [max(seconds) * 1_000_000 for seconds in moments]
        for series, places, steps_of in zip(panel.series, panel.places, mine, strict=True):
            own = sorted(steps_of, key=order)
            own = own if len(every) <= most else [own[n] for n in sorted({latest(own, step) for step in kept} - {-1})]
            assert series.steps.tolist() == own
            assert places.tolist() == [latest(own, step) for step in kept]
        assert scene.places(panel) == (None if not kept or kept == steps else [latest(kept, step) for step in steps])


@given(files=st.lists(st.lists(st.tuples(STEP, TIMES), max_size=12), min_size=2, max_size=2))
def test_metrics_are_put_together_as_pandas_does(run_path: Path, files: list[list[tuple[Step, int]]]) -> None:
    """A row a step, the last value there, those without a step first: as pandas aligns the columns."""
    for name, rows in zip(("loss", "acc"), files, strict=True):
        written(run_path, name, rows)
    found = tracking.open_run(run_path).metrics()
    parts = {}
    for name, rows in zip(("loss", "acc"), files, strict=True):
        values = [float("nan") if n % 5 == 4 else float(n) for n in range(len(rows))]
        by_step = {step: value for (step, _), value in zip(rows, values, strict=True) if step is not None}
        without = [value for (step, _), value in zip(rows, values, strict=True) if step is None]
        parts[name] = (without, by_step)
    longest = max(len(without) for without, _ in parts.values())
    steps = sorted({step for _, by_step in parts.values() for step in by_step})
    index = pd.Index(pd.array([pd.NA] * longest + steps, dtype="Int64"), name="step")
    expected = {
        name: pd.Series([*without, *[np.nan] * (longest - len(without)), *(by_step.get(step, np.nan) for step in steps)], dtype=float).array
        for name, (without, by_step) in parts.items()
    }
    pd.testing.assert_frame_equal(found, pd.DataFrame(expected, index=index))


@given(several=st.lists(st.lists(st.integers(-5, 20), max_size=10), max_size=5))
def test_the_union_of_steps_has_each_once(several: list[list[int]]) -> None:
    """Sorted, of any number of arrays, however many are the same."""
    arrays = [np.unique(np.array(steps, dtype=np.int64)) for steps in several]
    assert union_of_steps(arrays).tolist() == sorted(set(itertools.chain(*several)))


@pytest.mark.parametrize("again", [1, 2])
def test_what_is_made_to_show_a_metric_does_not_grow_with_its_rows(tmp_path: Path, again: int) -> None:
    """Ten times as many rows take no more Python objects, whether each step was logged once or twice; nor when they grow by some."""
    objects = []
    for count in (20_000, 200_000):
        run = Run(tmp_path / "runs" / f"{count:032}")
        run.log_metric("loss", 1.0, 0)
        written(run.path, "loss", ((n // again, n // 1000) for n in range(count)))
        tracemalloc.start(1)
        try:
            scene = open_scene(open_folder(run.path), ["loss"])
            made = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
        objects.append(sum(1 for _ in made.traces))
        assert len(scene.steps) <= 5_001
        run.end()
    assert objects[1] < objects[0] * 1.5 + 1_000
