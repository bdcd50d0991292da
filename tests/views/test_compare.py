"""Comparing an artifact of several runs: one slider over the union of their steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound
from tests.views.test_stepper import Page
from tests.views.test_twin import displayed, packed

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.run_view import RunView

EVERY = {"first": 10, "second": 20, "third": 15}


@pytest.fixture
def runs(root: Path) -> list[RunView]:
    """Three runs that log at different steps; only two have a note."""
    made = []
    for name, every in EVERY.items():
        with tracking.init(root=root, name=name, track_code=False, track_env=False, track_logs=False) as run:
            for step in range(every, 61, every):
                run.log_curve("gain", [0.0, 1.0], [0.0, float(step)], annotation=f"{name} {step}", step=step)
                run.log_metric("loss", every / step, step=step)
                run.log_image(np.full((4, 4), step, dtype=np.uint8), "digit", step=step, dataformats="HW")
                frame = pd.DataFrame({"n": [1, 2, 3], "p": [0.5, every, step]})
                run.log_dataframe(frame, "predictions", step=step)
            if name != "third":
                run.log_text("note", name, step=30)
        made.append(tracking.open_run(run))
    return made


def test_lines_of_all_runs_are_one_drawing_over_the_union_of_their_steps(runs: list[RunView], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run shows its latest at or before the step, and says which that is; before its first it shows nothing."""
    stepper = tracking.compare(runs, "gain")
    assert stepper.steps == (10, 15, 20, 30, 40, 45, 50, 60)
    (panel,) = stepper.content.about["panels"]
    assert panel["view"] == "curve"
    assert [member["label"] for member in panel["members"]] == ["first", "second", "third"]
    page = Page(stepper, monkeypatch)
    ((content, buffers),) = page.ask({"id": "a", "ask": [[0, 0], [0, 4]]})
    first, fourth = (frame[2]["parts"] for frame in content["payloads"])
    assert [(run, head["step"], head["annotation"]) for run, _, _, head in first] == [(0, 10, "first 10")]
    assert [(run, head["step"]) for run, _, _, head in fourth] == [(0, 40), (1, 40), (2, 30)]
    run, start, _, head = fourth[2]
    y = np.frombuffer(buffers[content["payloads"][0][3] + start + head["columns"]["y"][0]], "<f4")
    assert (run, list(y)) == (2, [0, 30])


def test_metrics_are_one_drawing_that_needs_no_further_frames(runs: list[RunView]) -> None:
    """The ground holds each run's series, and which of its steps stands for each step of the slider."""
    stepper = tracking.compare([view.uuid for view in runs], "loss", root=runs[0].path.parent.parent)
    (panel,) = stepper.content.about["panels"]
    assert panel["all_steps"]
    assert [member["at"] for member in panel["members"]] == [
        [0, 0, 1, 2, 3, 3, 4, 5],
        [-1, -1, 0, 0, 1, 1, 1, 2],
        [-1, 0, 0, 1, 1, 2, 2, 3],
    ]
    ((_, _, head, _),) = stepper.content.seed
    assert [run for run, *_ in head["parts"]] == [0, 1, 2]


@pytest.mark.parametrize(("name", "view"), [("digit", "image"), ("predictions", "dataframe")])
def test_what_is_no_line_stands_side_by_side(runs: list[RunView], name: str, view: str) -> None:
    """A panel a run, each with its run's name and its latest frame for every step."""
    panels = tracking.compare(runs, name).content.about["panels"]
    assert [(panel["view"], panel["run"]) for panel in panels] == [(view, "first"), (view, "second"), (view, "third")]
    assert panels[1]["at"] == [-1, -1, 0, 0, 1, 1, 1, 2]


def test_frames_are_compared_row_by_row_with_those_of_the_first_run(runs: list[RunView], monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed from the first run's frame, whichever its step, to the other's."""
    stepper = tracking.compare(runs[:2], "predictions")
    assert [panel.get("beside") for panel in stepper.content.about["panels"]] == [None, 0]
    page = Page(stepper, monkeypatch)
    question = {"rows": [0, 10], "since": 1, "beside": True, "only": True}
    ((content, _),) = page.ask({"id": "a", "query": question, "panel": 1, "number": 0})
    assert content["head"]["tally"]["changed"] == 1
    assert content["head"]["cells"] == {"1": 1}
    ((content, _),) = page.ask({"id": "b", "query": {**question, "since": 99}, "panel": 1, "number": 0})
    assert "is no step" in content["head"]["error"]
    ((content, _),) = page.ask({"id": "c", "query": question, "panel": 0, "number": 0})
    assert "is no step" in content["head"]["error"]


def test_a_run_without_the_artifact_is_told_and_none_at_all_is_an_error(runs: list[RunView]) -> None:
    """The others are compared."""
    assert tracking.compare(runs, "note").content.about["note"] == "without note: third"
    with pytest.raises(NotFound, match="notes"):
        tracking.compare(runs, "notes")
    with pytest.raises(InvalidArgument, match="runs"):
        tracking.compare([], "note")


def test_a_name_of_another_kind_in_another_run_is_an_error_that_says_so(runs: list[RunView], root: Path) -> None:
    """`kind` decides."""
    with tracking.init(root=root, name="odd", track_code=False, track_env=False, track_logs=False) as run:
        run.log_text("gain", "words", step=10)
    with pytest.raises(InvalidArgument, match="curve, text"):
        tracking.compare([runs[0], run], "gain")
    assert tracking.compare([runs[0], run], "gain", kind="curve").content.about["note"] == "without gain: odd"


def test_runs_of_the_same_name_are_told_apart(root: Path) -> None:
    """By the beginning of their uuids."""
    views = []
    for step in (1, 2):
        with tracking.init(root=root, name="same", track_code=False, track_env=False, track_logs=False) as run:
            run.log_metric("loss", 1.0, step=step)
        views.append(tracking.open_run(run))
    (panel,) = tracking.compare(views, "loss").content.about["panels"]
    assert [member["label"] for member in panel["members"]] == [f"same {view.uuid[:8]}" for view in views]


@pytest.mark.parametrize("name", ["gain", "loss", "digit"])
def test_a_run_that_is_given_twice_is_there_once(runs: list[RunView], name: str) -> None:
    """A run compared with itself, as a newcomer with one run does."""
    given = [tracking.compare([runs[0], other], name).content.about for other in (runs[0], runs[0].uuid)]
    expected = runs[0].show(name).content.about
    for about in given:
        assert about["steps"] == expected["steps"]
        assert len(about["panels"]) == 1


@pytest.mark.parametrize("name", ["gain", "loss", "digit", "predictions", "note"])
def test_a_comparison_has_a_twin_within_the_budget_that_is_the_same_each_time(
    runs: list[RunView], shell: InteractiveShell, name: str
) -> None:
    """The same container as the stepper's, the same two outputs; the metadata find every run again."""
    (_, first), (twin, second) = displayed(shell, tracking.compare(runs, name))
    page = twin["text/html"]
    assert len(page) <= 256_000
    assert page == displayed(shell, tracking.compare(runs, name))[1][0]["text/html"]
    assert first == second
    assert {run["run_uuid"] for run in first["jupyter_tracking"]["runs"]} <= {view.uuid for view in runs}
    stripped = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "data:image" in stripped or "<td>" in stripped or "<pre" in stripped


def test_a_comparison_is_saved_whole(runs: list[RunView], tmp_path: Path) -> None:
    """One HTML file with every step of every run."""
    page = tracking.compare(runs, "gain").save(tmp_path / "compared.html").read_text("utf-8")
    about = packed(page)["scenes"][0]["about"]
    assert about["steps"] == [10, 15, 20, 30, 40, 45, 50, 60]


def test_a_comparison_follows_a_run_that_goes_on(runs: list[RunView], root: Path) -> None:
    """New steps of one run are steps of the whole."""
    with tracking.init(root=root, name="going", track_code=False, track_env=False, track_logs=False) as run:
        run.log_curve("gain", [0.0, 1.0], [0.0, 1.0], step=10)
        stepper = tracking.compare([runs[1], run], "gain")
        stepper.step = 40
        run.log_curve("gain", [0.0, 1.0], [0.0, 2.0], step=33)
        assert stepper.poll()
        assert (stepper.steps, stepper.step) == ((10, 20, 33, 40, 60), 40)
    assert not stepper.poll()
    assert stepper.content.about["run"]["status"] == "succeeded"


def test_the_magic_compares(runs: list[RunView], shell: InteractiveShell) -> None:
    """`%compare NAME RUN RUN` gives the same view."""
    shell.run_line_magic("load_ext", "jupyter_tracking")
    stepper = shell.run_line_magic("compare", f"gain first {runs[1].uuid[:8]}")
    assert stepper.steps == (10, 20, 30, 40, 50, 60)
