"""Metrics: several of a run in one chart, and more steps than a slider has room for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import jupyter_tracking as tracking
from jupyter_tracking.errors import NotFound
from jupyter_tracking.format.json_fields import steps_in_full
from jupyter_tracking.views.model.payload import Payload
from jupyter_tracking.views.renderers import fallback
from tests.views.test_twin import displayed, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib.axes import Axes

    from jupyter_tracking.run_view import RunView

LONG = 12_000
MOST = 5_000
EVERY = 7
STEPS = list(range(0, LONG * EVERY, EVERY))


@pytest.fixture
def trained(root: Path) -> RunView:
    """A run with a loss at every step, another at every fifth, and a note at two."""
    with tracking.init(root=root, name="trained", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(20):
            run.log_metric("loss", 1 / (step + 1), step=step)
            if step % 5 == 0:
                run.log_metric("val_loss", 2 / (step + 1), step=step)
        for step in (3, 12):
            run.log_text("note", f"at {step}", step=step)
    return tracking.open_run(run)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A run with very many values of a metric, and a few texts at steps between."""
    with tracking.init(root=tmp_path_factory.mktemp("long"), name="long", track_code=False, track_env=False, track_logs=False) as run:
        for step in STEPS:
            run.log_metric("loss", 1 / (step + 1), step=step)
        for step in STEPS[5::4_000]:
            run.log_text("note", f"at {step}", step=step)
    return tracking.open_run(run)


def columns(part: Payload, name: str) -> np.ndarray:
    """A column of a frame."""
    place, kind = part.head["columns"][name]
    if isinstance(place, list):
        first, by, count = place
        return np.asarray(first + by * np.arange(count), f"<{kind}")
    return np.frombuffer(part.buffers[place], f"<{kind}")


def test_metrics_that_follow_each_other_are_one_chart(trained: RunView) -> None:
    """Over the union of their steps, each with its latest value at or before a step; a metric apart from them stays by itself."""
    stepper = trained.show("loss", "val_loss")
    assert stepper.steps == tuple(range(20))
    (panel,) = stepper.content.about["panels"]
    assert (panel["view"], panel["kind"], panel["name"]) == ("metric", "metric", "loss, val_loss")
    assert [member["label"] for member in panel["members"]] == ["loss", "val_loss"]
    assert [member["at"][12] for member in panel["members"]] == [12, 2]
    assert [panel["name"] for panel in trained.show("loss", "note", "val_loss").content.about["panels"]] == ["loss", "note", "val_loss"]
    (once,) = trained.show("loss", "loss").content.about["panels"]
    assert [member["label"] for member in once["members"]] == ["loss"]


def test_metrics_of_very_different_size_are_charts_of_their_own(root: Path) -> None:
    """None lies flat beside a larger one, whatever the order, not even one that never moves: a constant rate is no loss."""
    with tracking.init(root=root, name="sizes", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(10):
            loss = 2 / (step + 1)
            run.log_metrics(step, loss=loss, rate=1e-3 / (step + 1), val_loss=1.2 * loss, fixed=1e-4, tokens=1e6 * (step + 1))
            run.log_metrics(step, warming=0.01 * step, zero=0, accuracy=1 - 1 / (step + 2))
        run.log_metric("loss", float("inf"), step=10)
        run.log_metric("nothing", float("nan"), step=0)
    view = tracking.open_run(run)

    def charts(*names: str) -> list[str]:
        return [panel["name"] for panel in view.show(*names).content.about["panels"]]

    assert charts("loss", "rate", "val_loss", "fixed") == ["loss, val_loss", "rate, fixed"]
    assert charts("loss", "warming") == ["loss", "warming"]
    assert charts("loss", "zero", "accuracy") == ["loss, zero, accuracy"]
    assert charts("rate", "tokens", "loss") == ["rate", "tokens", "loss"]
    assert charts("nothing", "loss") == ["nothing, loss"]


def test_a_chart_of_several_metrics_names_all_of_them_in_the_notebook(trained: RunView, shell: InteractiveShell) -> None:
    """In the line of text, in the metadata and in the still; a page knows its own twin and no other."""
    (_, said), (twin, _) = displayed(shell, trained.show("loss", "val_loss"))
    assert twin["text/plain"].startswith("<metric 'loss', metric 'val_loss': 20 steps (0 to 19)")
    assert [artifact["name"] for artifact in said["jupyter_tracking"]["artifacts"]] == ["loss", "val_loss"]
    assert 'alt="metric loss, val_loss: loss, val_loss"' in twin["text/html"]
    assert trained.show("loss", "val_loss").content.key != trained.show("loss").content.key


def test_a_saved_chart_of_several_metrics_has_each_at_the_steps_it_keeps(root: Path, shell: InteractiveShell) -> None:
    """Of many steps the page keeps some, and at each of them every metric stands at its own latest."""
    with tracking.init(root=root, name="many", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(1_000):
            run.log_metric("a", step, step=step)
            if step % 3 == 1:
                run.log_metric("b", step, step=step)
    page = displayed(shell, tracking.open_run(run).show("a", "b"))[1][0]["text/html"]
    header = packed(page)["scenes"][0]
    steps, (panel,) = header["about"]["steps"], header["about"]["panels"]
    assert len(page) <= 256_000
    assert len(steps) == len(panel["steps"]) == 400
    for member, every, first in zip(panel["members"], (1, 3), (0, 1), strict=True):
        shown = [member["steps"][at] if at >= 0 else None for at in member["at"]]
        assert shown == [step - (step - first) % every if step >= first else None for step in steps]


def test_very_many_steps_are_thinned_on_the_slider_and_it_says_so(long: RunView) -> None:
    """Only logged steps are offered, evenly, with the first and the last and those of what was logged seldom; no panel shows an older step for it."""
    stepper = long.show("loss", "note")
    about = stepper.content.about
    assert about["total"] == LONG
    assert len(STEPS) / 4 < len(stepper.steps) <= MOST + 3
    assert set(stepper.steps) <= set(STEPS)
    assert (stepper.steps[0], stepper.steps[-1]) == (STEPS[0], STEPS[-1])
    assert set(long.steps("note")) <= set(stepper.steps)
    assert max(np.diff(stepper.steps)) == 4 * EVERY
    loss, note = about["panels"]
    assert loss["steps"] == list(stepper.steps)
    assert len(note["steps"]) == len(long.steps("note"))
    assert f"{LONG} steps (0 to {STEPS[-1]})" in stepper.content.scene.line()
    with pytest.raises(NotFound, match=r"offers .* of 12000 steps"):
        stepper.step = STEPS[1]
    with pytest.raises(NotFound, match="no step 1 was logged"):
        stepper.step = 1


def test_a_thinned_slider_points_at_the_values_that_were_logged(long: RunView) -> None:
    """The line is of all values, and the mark at each offered step stands on its own value."""
    stepper = long.show("loss")
    ((_, _, head, buffers),) = stepper.content.seed
    ((_, start, many, part),) = head["parts"]
    ground = Payload(part, buffers[start : start + many])
    assert part["points"] == LONG
    at = columns(ground, "at")
    np.testing.assert_array_equal(columns(ground, "step")[at], stepper.steps)
    np.testing.assert_array_equal(columns(ground, "value")[at], [1 / (step + 1) for step in stepper.steps])


def test_very_many_steps_neither_burden_the_page_nor_the_notebook(long: RunView, shell: InteractiveShell) -> None:
    """What is sent and what is kept does not grow with the steps."""
    stepper = long.show("loss")
    assert len(json.dumps(stepper.content.about)) + len(json.dumps(stepper.slider.get_state()["_options_labels"])) < 50 * MOST
    (_, said), (twin, _) = displayed(shell, stepper)
    assert len(twin["text/html"]) <= 256_000
    assert packed(twin["text/html"])["scenes"][0]["about"]["total"] == LONG
    assert steps_in_full(said["jupyter_tracking"]["steps"]) == list(stepper.steps)


def test_a_run_that_goes_on_keeps_what_it_offered(root: Path) -> None:
    """New steps join at the end; the steps before them stay where they are."""
    with tracking.init(root=root, name="live", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(9_000):
            run.log_metric("loss", step, step=step)
        stepper = tracking.open_run(run).show("loss")
        before = stepper.steps
        for step in range(9_000, 9_051):
            run.log_metric("loss", step, step=step)
        stepper.poll()
        assert stepper.steps[: len(before) - 1] == before[:-1]
        assert (before[-1], stepper.steps[-1]) == (8_999, 9_050)
        stepper.close()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 333])
def test_only_whole_steps_stand_at_the_axis_of_a_still(
    root: Path, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """There is no step 2.5; so it is with values in the order logged, and with runs compared."""
    with tracking.init(root=root, name="steps", quiet=True) as run:
        for step in range(count):
            run.log_metric("loss", 1 / (step + 1), step=step)
            run.log_metric("plain", 1 / (step + 1))
    seen: list[list[float]] = []

    def draw_only(draw: Callable[[Axes], None], *_: object, **__: object) -> str:
        canvas = FigureCanvasAgg(Figure(figsize=(5.2, 3.0)))
        axes = canvas.figure.add_subplot()
        draw(axes)
        canvas.draw()
        low, high = axes.get_xlim()
        seen.append([tick for tick in axes.get_xticks() if low <= tick <= high])
        return ""

    monkeypatch.setattr(fallback, "picture", draw_only)
    view = tracking.open_run(run)
    for shown in (view.show("loss"), view.show("plain"), tracking.compare([view])):
        displayed(shell, shown)
    assert len(seen) >= 3
    assert all(ticks and all(tick == round(tick) for tick in ticks) for ticks in seen)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (range(1000), [0, 1, 1000]),
        (range(500, 0, -5), [500, -5, 100]),
        (range(16), None),  # few are as short as they are
        ([*range(30), 31], None),
        ([0, *range(1, 60, 2)], None),
    ],
)
def test_steps_at_one_distance_go_to_the_page_as_a_range(steps: Sequence[int], expected: list[int] | None) -> None:
    """All of them, equal; others as they are."""
    payload = Payload()
    payload.add_steps("step", np.asarray(steps, np.float64))
    place, kind = payload.head["columns"]["step"]
    assert (place if isinstance(place, list) else None, kind) == (expected, "f8")
    assert columns(payload, "step").tolist() == [*map(float, steps)]
    assert len(payload.buffers) == (expected is None)


def test_what_only_looks_like_a_range_does_not_become_one() -> None:
    """Fractions, and numbers that are not finite, stay; one among many is enough."""
    for odd in (0.5, np.nan, np.inf, 2.0**60):
        for place in (0, 1, 50, 99):
            numbers = np.arange(100.0)
            numbers[place] = odd
            payload = Payload()
            payload.add_steps("step", numbers)
            assert np.array_equal(columns(payload, "step"), numbers, equal_nan=True)
