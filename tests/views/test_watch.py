"""`watch`: a placeholder before the first value, then the newest step of the newest run, without a call more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from IPython.utils.capture import capture_output
from ipywidgets.widgets.widget import _instances as widget_instances

import jupyter_tracking as tracking
from jupyter_tracking import session
from jupyter_tracking.errors import InvalidType
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.views.widgets import live
from jupyter_tracking.views.widgets.watch import Watch
from tests.views.test_follow import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.record.run import Run


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    """A run that goes on and has logged nothing."""
    with tracking.init(root=root, name="going", track_code=False, track_env=False, track_logs=False) as run:
        yield run


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch, shell: InteractiveShell) -> list[Watch]:
    """What `watch` displays, in the order it does, as if there were a notebook."""
    found: list[Watch] = []
    monkeypatch.setattr("jupyter_tracking.magics.watching.in_notebook", lambda: True)

    def display(view: Watch) -> None:
        found.append(view)

    monkeypatch.setattr(Watch, "display", display)
    return found


def test_before_the_first_value_there_is_a_placeholder(run: Run) -> None:
    """It says what is awaited, of which run; the first value takes its place while this thread only waits."""
    view = Watch(["loss"], open_folder(run.path))
    assert view.stepper is None
    assert view.waiting.value == "<em>waiting for the first loss of going…</em>"
    run.log_metric("loss", 0.5, step=0)
    until(view, "children", lambda: view.stepper is not None)
    until(view.waiting, "value", lambda: view.waiting.value == "")
    view.close()


def test_it_goes_to_each_new_step_unless_it_was_moved(run: Run) -> None:
    """At the newest it stays at the newest; where somebody has moved it, it stays where it is."""
    view = Watch(["gain"], open_folder(run.path))
    live.stop_polling(view)
    for step in range(3):
        run.log_curve("gain", [0, 1], [0, step], step=step)
        view.poll()
    assert view.stepper is not None
    first = view.stepper
    assert first.step == 2
    first.step = 1
    run.log_curve("gain", [0, 1], [0, 3], step=3)
    view.poll()
    assert view.stepper is first
    assert (first.steps, first.step) == ((0, 1, 2, 3), 1)
    view.close()


def test_without_names_it_shows_every_metric_and_those_that_come(run: Run) -> None:
    """Metrics that measure one thing share a chart, whatever they measure it on; what is not a metric is not asked for."""
    view = Watch([], open_folder(run.path))
    live.stop_polling(view)
    run.log_text("note", "hello")
    run.log_metrics({"train/loss": 0.5, "loss": 0.25, "val/loss": 0.75, "train/acc": 0.25}, step=0)
    run.log_metrics({"train/loss": 0.25, "loss": 0.5, "val/loss": 0.5, "train/acc": 0.5}, step=1)
    view.poll()
    assert view.stepper is not None
    panels = [[series.artifact.name for series in panel.series] for panel in view.stepper._scene.panels]
    assert panels == [["train/loss", "loss", "val/loss"], ["train/acc"]]
    run.log_metric("late", 1.0, step=2)
    view.poll()
    names = [series.artifact.name for panel in view.stepper._scene.panels for series in panel.series]
    assert names == ["train/loss", "loss", "val/loss", "train/acc", "late"]
    view.close()


def test_what_is_not_there_yet_is_said_beside_what_is(run: Run) -> None:
    """Of several names the one that is missing; after the end there is none to wait for."""
    run.log_metric("loss", 1, step=0)
    view = Watch(["loss", "acc"], open_folder(run.path))
    assert view.waiting.value == "<em>waiting for the first acc of going…</em>"
    assert view.stepper is not None
    run.end()
    assert not view.poll()
    assert view.waiting.value == "<em>going has no acc</em>"
    view.close()


def test_a_name_is_text_and_no_markup(root: Path) -> None:
    """In the placeholder, of a run and of what is watched."""
    with tracking.init(root=root, name="<b>run") as run:
        view = Watch(["<script>"], open_folder(run.path))
        assert view.waiting.value == "<em>waiting for the first &lt;script&gt; of &lt;b&gt;run…</em>"
        view.close()


def test_the_page_finds_its_widget_also_when_there_is_more_to_show(run: Run) -> None:
    """The static page beside it stays hidden: its key is that of the widget on screen, whatever that shows."""
    view = Watch([], open_folder(run.path))
    live.stop_polling(view)
    keys = []
    for name in ("loss", "acc"):
        run.log_metric(name, 1, step=0)
        view.poll()
        assert view.stepper is not None
        keys.append(view.stepper.content.key)
        assert f'data-jt-twin="{keys[-1]}"' in view._page()
    assert len(set(keys)) == 1
    view.close()


def test_watch_before_a_run_goes_on_with_the_run_that_starts(views: list[Watch], monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a run, shows it, and goes on with the next; closed, it follows none."""
    monkeypatch.setattr(session, "last_run", session.current_run)  # no run of an earlier test
    tracking.watch("loss")
    (view,) = views
    assert view.waiting.value == "<em>waiting for a run to start, and its loss…</em>"
    for number in (1, 2):
        with tracking.init(name=f"run {number}"):
            live.stop_polling(view)
            assert view.waiting.value == f"<em>waiting for the first loss of run {number}…</em>"
            tracking.log_metric("loss", number, step=number)
            assert view.poll()
            assert view.stepper is not None
            assert view.stepper.step == number
    view.close()
    with tracking.init(name="run 3"):
        assert view not in live._POLLER._due


def test_watch_shows_the_run_that_has_ended(root: Path, views: list[Watch]) -> None:
    """After training it is the view of what was logged, and nothing polls."""
    with tracking.init(name="over"):
        tracking.log_metric("loss", 1, step=3)
    tracking.watch()
    assert views[0].stepper is not None
    assert views[0].stepper.step == 3
    assert views[0] not in live._POLLER._due
    views[0].close()


def test_watch_displays_at_once_and_brings_its_page_up_to_date(run: Run, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A widget and a page of nothing; after the cell the page is that of what was logged meanwhile."""
    monkeypatch.setattr("jupyter_tracking.magics.watching.in_notebook", lambda: True)
    with capture_output() as captured:
        assert tracking.watch("loss") is None
    widget, page = captured.outputs
    assert "application/vnd.jupyter.widget-view+json" in widget.data
    assert page.data["text/html"] == "<div hidden></div>"
    run.log_metric("loss", 0.5, step=1)
    with capture_output() as captured:
        shell.run_cell("1")
    assert any("data-jt-twin" in output.data.get("text/html", "") for output in captured.outputs)


def test_without_a_notebook_watch_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, and no program fails for it; a name that is no text is a mistake anywhere."""
    tracking.watch("loss")
    assert capsys.readouterr().out == "watch() shows live views in a notebook; here is none\n"
    with pytest.raises(InvalidType, match=r"name=\['loss'\] is a list"):
        tracking.watch(["loss"])  # type: ignore[arg-type]


def test_closing_leaves_no_widget_behind(run: Run) -> None:
    """Neither of what is shown, nor of what was shown before."""
    before = set(widget_instances)
    view = Watch([], open_folder(run.path))
    for name in ("a", "b"):
        run.log_metric(name, 1, step=0)
        view.poll()
    view.close()
    assert set(widget_instances) == before
    assert threading.active_count() < 10
