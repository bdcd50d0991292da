"""What a chart is told of the range that is zoomed to: every extreme of each pixel, and all points where they are few."""

from __future__ import annotations

import itertools
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import jupyter_tracking as tracking
from jupyter_tracking.format import event_rows
from jupyter_tracking.read.event_file import EventFile
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.views.model.downsample import downsample_range
from jupyter_tracking.views.model.scene import open_scene
from tests.views.test_metrics import columns

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.run_view import RunView
    from jupyter_tracking.views.model.payload import Payload
    from jupyter_tracking.views.model.scene import Scene

LONG = 40_000
MOMENT = "2026-11-24 10:11:12.123456+00:00"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
FLOATS = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf])


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A run with a long metric that has one spike and one gap, a shorter one without steps beside it, and a long curve."""
    with tracking.init(root=tmp_path_factory.mktemp("zoom"), name="zoom", track_code=False, track_env=False, track_logs=False) as run:
        for n in range(LONG):
            value = 1e6 if n == 33_333 else np.nan if n == 34_000 else np.sin(n / 50) * 1e3
            run.log_metric("loss", value, step=n * 3, timestamp=BEGAN + timedelta(seconds=2 * n))
        for n in range(9_000):
            run.log_metric("loss", float(n), timestamp=BEGAN + timedelta(seconds=2 * n + 1))
        x = np.linspace(1, 1_000, 50_000)
        run.log_curve("gain", x, np.where(np.arange(50_000) == 44_444, 7.0, np.sin(x)), step=5)
        run.log_metric("val", 5.0, step=7, timestamp=BEGAN)
    return tracking.open_run(run)


def ask(scene: Scene, **query: Any) -> list[tuple[Payload, dict[str, Any]]]:
    """The answer of each line of the first panel: its columns as a payload, and its head."""
    answer = scene.panels[0].answer(0, query)
    return [(type(answer)(head, answer.buffers[first : first + count]), head) for _, first, count, head in answer.head["parts"]]


def test_few_rows_of_a_range_come_whole_with_those_that_the_line_comes_from_and_goes_to(long: RunView) -> None:
    """Each at its own place; of what has no step, the places in the order logged."""
    ((part, head),) = ask(open_scene(long.files, ["loss"]), x=[30_000, 30_600], points=400)
    assert columns(part, "step")[:-1].tolist() == [*range(29_997, 30_604, 3)]
    assert columns(part, "value").tolist() == [*(np.sin(n / 50) * 1e3 for n in range(9_999, 10_202)), 8_999.0]
    assert (head["points"], head["all"]) == (201, True)
    ((part, head),) = ask(open_scene(long.files, ["loss"]), x=[3_000, 3_300], points=400)
    order = columns(part, "order")
    assert order[np.isfinite(order)].tolist() == [*range(2_999, 3_302)]
    assert head["points"] == 301 + 101


@pytest.mark.parametrize(("over", "first"), [("time", BEGAN.timestamp()), ("elapsed", 0.0)])
def test_a_range_may_be_of_time(long: RunView, over: str, first: float) -> None:
    """Since the epoch, or since the first row."""
    ((part, head),) = ask(open_scene(long.files, ["loss"]), x=[first + 70_000, first + 70_100], points=400, over=over)
    # The rows without a step were logged later: the line comes back over all of the range to the first of them.
    assert (columns(part, "time") - BEGAN.timestamp()).tolist() == [*range(69_998, 70_104, 2), 2 * LONG - 2, 1]
    assert (head["points"], head["all"]) == (51, True)


def test_many_rows_are_thinned_and_no_extreme_or_gap_is_lost(long: RunView) -> None:
    """At most four a pixel, and the gap."""
    ((part, head),) = ask(open_scene(long.files, ["loss"]), x=[30_000, 110_000], points=300)
    value = columns(part, "value")
    assert (head["points"], head["all"]) == (26_667, False)
    assert 600 <= len(value) <= 4 * 300 + 3
    assert np.nanmax(value) == 1e6
    assert columns(part, "step")[np.isnan(value)].tolist() == [34_000 * 3]


def test_the_whole_line_keeps_every_extreme_of_each_of_a_thousand_parts(long: RunView) -> None:
    """That is what the page has at first, in a few thousand points."""
    ((_, _, head, buffers), *_) = long.show("loss").content.seed
    ((_, start, count, one), *_) = head["parts"]
    part = type(open_scene(long.files, ["val"]).panels[0].shared())(one, buffers[start : start + count])
    step, value = columns(part, "step"), columns(part, "value")
    assert len(step) < 20_000
    whole = long.events("loss", "metric").dropna(subset="step")
    every = whole["step"].to_numpy(dtype=float)
    edges = np.linspace(0, every[-1], 1_001)
    for low, high in itertools.pairwise(edges):
        inside = whole["value"].to_numpy(dtype=float)[(every >= low) & (every < high)]
        kept = value[(step >= low) & (step < high)]
        assert np.nanmin(kept) == np.nanmin(inside)
        assert np.nanmax(kept) == np.nanmax(inside)


def test_lines_that_share_a_chart_are_answered_together(tmp_path: Path) -> None:
    """Of each line its own rows, also of one that has none there."""
    with tracking.init(root=tmp_path, name="two", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(50):
            run.log_metric("a", step, step=step)
            run.log_metric("b", 2.0 * step, step=step * 10)
    scene = open_scene(tracking.open_run(run).files, ["a", "b"])
    (first, head), (second, other) = ask(scene, x=[40, 400], points=10)
    assert columns(first, "step").tolist() == [*range(39, 50)]
    assert columns(second, "value").tolist() == [2.0 * n for n in range(3, 42)]
    assert (head["points"], other["points"]) == (10, 37)
    (first, head), _ = ask(scene, x=[400.5, 401], points=10)
    assert (columns(first, "step").tolist(), head["points"], head["all"]) == ([49], 0, True)


def test_a_curve_is_asked_by_its_x(long: RunView) -> None:
    """In full numbers, not in those of the whole curve's picture."""
    scene = open_scene(long.files, ["gain"])
    ((part, head),) = ask(scene, x=[800, 801], points=500)
    x = np.linspace(1, 1_000, 50_000)
    expected = x[(x >= 800) & (x <= 801)]
    assert columns(part, "x")[1:-1].tolist() == expected.tolist()
    assert (head["points"], head["all"]) == (len(expected), True)
    ((part, head),) = ask(scene, x=[10.0, 1_000.0], points=100, log=True)
    assert not head["all"]
    assert len(columns(part, "x")) <= 4 * 100 + 3
    assert columns(part, "y").max() == 7.0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"x": [1], "points": 5}, "give two numbers"),
        ({"x": [1, "2"], "points": 5}, "give two numbers"),
        ({"x": [0, float("nan")], "points": 5}, "give two numbers"),
        ({"x": [0, float("inf")], "points": 5}, "give two numbers"),
        ({"x": "01", "points": 5}, "give two numbers"),
        ({"x": [2, 1], "points": 5}, "a lower and a higher number"),
        ({"x": [1, 1], "points": 5}, "a lower and a higher number"),
        ({"x": [0, 1], "points": 5, "log": True}, "above zero"),
        ({"x": [0, 1], "points": 0}, "give 1 to"),
        ({"x": [0, 1], "points": 10**9}, "give 1 to"),
        ({"x": [0, 1], "points": True}, "give 1 to"),
        ({"x": [0, 1]}, "give 1 to"),
        ({"x": [0, 1], "points": 5, "over": "steps"}, "no axis of a metric"),
        ({"rows": [0, 1]}, "nothing is known"),
    ],
)
def test_a_question_that_is_none_is_refused_in_words(long: RunView, query: dict[str, Any], words: str) -> None:
    """As any failure of a renderer is."""
    assert words in open_scene(long.files, ["loss"]).panels[0].answer(0, query).head["error"]


def test_what_is_asked_of_a_chart_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are read once; of a run that goes on, nothing is kept of the rows as they were at an earlier question or payload."""
    with tracking.init(root=tmp_path, name="held", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(200):
            run.log_metric("a", step, step=step)
        scene = open_scene(tracking.open_run(run).files, ["a"])
        (series,) = scene.panels[0].series
        read: list[object] = []
        parse = EventFile._read_rows
        monkeypatch.setattr(EventFile, "_read_rows", lambda *given: read.append(given) or parse(*given))
        for low in range(5):
            ((_, head),) = ask(scene, x=[low, 1_000], points=10)
        assert (len(read), head["points"]) == (0, 196)
        for step in range(200, 220):
            run.log_metric("a", float(step), step=step)
            assert scene.refresh()
            scene.panels[0].shared()
            scene.panels[0].shared(preview=True)
            ((_, head),) = ask(scene, x=[4, 1_000], points=10)
            assert (len(read), head["points"]) == (step - 199, step - 3)
        assert not series._values._kept
        assert not series.cache


@pytest.mark.parametrize("again", [1, 400])
def test_a_chart_takes_little_more_memory_than_its_rows(tmp_path: Path, again: int) -> None:
    """One axis at a time beside the columns, whether each step was logged once or the same steps again and again."""
    count = 400_000
    run = Run(tmp_path / "runs" / ("0" * 32))
    run.log_metric("a", 0.5, 0)
    with (run.path / "events/metric/a.plx").open("wb") as stream:
        stream.write(event_rows.header("metric"))
        stream.writelines(event_rows.format_row("metric", n % (count // again), MOMENT, n / 7) for n in range(count))
    open_scene(open_folder(run.path), ["a"]).panels[0].shared()
    tracemalloc.start()
    try:
        scene = open_scene(open_folder(run.path), ["a"])
        (head,) = (part[3] for part in scene.panels[0].shared().head["parts"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert head["points"] == count
    size = scene.panels[0].series[0].rows.nbytes
    assert peak < 1.7 * size + 8_000_000, (peak, size)  # and a block of the file


@settings(max_examples=150, deadline=None)
@given(
    y=arrays.arrays(np.float64, st.integers(1, 120), elements=FLOATS),
    ascending=st.booleans(),
    low=st.integers(0, 90),
    width=st.integers(1, 60),
    pixels=st.integers(1, 8),
    data=st.data(),
)
def test_no_pixel_loses_an_extreme(y: np.ndarray, *, ascending: bool, low: int, width: int, pixels: int, data: st.DataObject) -> None:
    """Whatever the order of the points: of each run of points in one pixel the first, lowest, highest and last are kept, and a gap."""
    x = data.draw(arrays.arrays(np.float64, len(y), elements=st.integers(0, 100).map(float) | st.just(np.nan)))
    x = np.sort(np.nan_to_num(x)) if ascending else x
    at = downsample_range(x, y, (low, low + width), pixels)
    assert at.tolist() == sorted(set(at.tolist()))
    assert ((at >= 0) & (at < len(y))).all()
    inside = (x >= low) & (x <= low + width)
    finite = inside & np.isfinite(y)
    if finite.any():
        assert y[at][finite[at]].min() == y[finite].min()
        assert y[at][finite[at]].max() == y[finite].max()
    if (inside & ~np.isfinite(y)).any() and ascending:
        assert (~np.isfinite(y[at])).any()
    if not ascending:
        return
    edges = np.linspace(low, low + width, pixels + 1)
    for begin, end in itertools.pairwise(edges):
        rows = np.flatnonzero((x >= begin) & (x < end))
        if len(rows):
            assert {rows[0], rows[-1]} <= set(at.tolist())
            values = y[rows][np.isfinite(y[rows])]
            if len(values):
                assert {values.min(), values.max()} <= set(y[at][np.isin(at, rows)].tolist())
    before, after = np.flatnonzero(x < low), np.flatnonzero(x > low + width)
    assert set(before[-1:]) | set(after[:1]) <= set(at.tolist())
