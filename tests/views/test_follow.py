"""Views of runs that go on: they grow by themselves, without being moved, and stop when the run has ended or nobody looks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from IPython.utils.capture import capture_output

import jupyter_tracking as tracking
from jupyter_tracking.views.widgets import live
from tests.views.test_twin import packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import traitlets
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.record.run import Run

PATIENCE = 30


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    """A run that goes on, with three steps of a curve and of a metric."""
    with tracking.init(root=root, name="going", track_code=False, track_env=False, track_logs=False) as run:
        log(run, 0, 10, 20)
        yield run


def log(run: Run, *steps: int) -> None:
    """Log steps of a curve and a metric."""
    for step in steps:
        run.log_curve("gain", [0.0, 1.0], [0.0, float(step)], step=step)
        run.log_metric("loss", 1 / (step + 1), step=step)


def until(widget: traitlets.HasTraits, name: str, holds: Callable[[], bool]) -> None:
    """Wait until something holds, looking again whenever a trait of a widget changes."""
    changed = threading.Event()
    widget.observe(lambda _: changed.set(), names=[name])
    while not holds():
        assert changed.wait(PATIENCE), "nothing changed"
        changed.clear()


def drawn(stepper: Any) -> Any:
    """A view that a page has said to show."""
    stepper.content._handle_custom_msg({"visible": True, "id": "page"}, [])
    return stepper


def test_a_stepper_gets_new_steps_while_the_kernel_is_busy_and_stays_where_it_is(run: Run) -> None:
    """This thread only waits: the steps come from another, and the page is told neither step nor place."""
    stepper = drawn(tracking.open_run(run).show("gain", "loss"))
    stepper.step = 10
    sent: list[object] = []
    stepper.slider.send_state = lambda key=None: sent.append(key)
    log(run, 30, 40)
    until(stepper.content, "about", lambda: stepper.steps == (0, 10, 20, 30, 40))
    assert stepper.step == 10
    assert "index" not in sent
    assert stepper.play.max == 4
    assert [entry[:2] for entry in stepper.content.seed] == [[0, -1], [0, 4], [0, 3], [1, -1]]
    stepper.close()


def test_a_step_logged_before_the_one_on_screen_moves_the_slider_to_the_same_step(run: Run) -> None:
    """The place changes, the step does not."""
    stepper = tracking.open_run(run).show("gain")
    stepper.step = 20
    run.log_curve("gain", [0.0], [0.0], step=5)
    stepper.poll()
    assert stepper.steps == (0, 5, 10, 20)
    assert (stepper.step, stepper.slider.index) == (20, 3)
    stepper.close()


def test_the_newest_step_comes_along_however_slow_the_machine_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy kernel would not answer when the page asks for it: only what is older waits to be asked for."""
    stepper = drawn(tracking.open_run(run).show("gain"))
    live.stop_polling(stepper)
    log(run, 30, 40)
    monkeypatch.setattr("jupyter_tracking.views.widgets.step_view._PATIENCE", -1)
    stepper.poll()
    assert [entry[:2] for entry in stepper.content.seed] == [[0, -1], [0, 4]]
    stepper.close()


def test_what_is_around_the_step_comes_again_until_a_page_shows_the_view(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that draws the view late has seen nothing that was sent before, and a busy kernel would not answer what it asks for."""
    stepper = tracking.open_run(run).show("gain")
    live.stop_polling(stepper)
    for step in (30, 40):
        log(run, step)
        stepper.poll()
        held = [entry[:2] for entry in stepper.content.seed]
        assert held[:2] == [[0, -1], [0, len(stepper.steps) - 1]], "what is new comes first"
        assert sorted(held[1:]) == [[0, number] for number in range(len(stepper.steps))]
    stepper.step = 10
    monkeypatch.setattr("jupyter_tracking.views.widgets.step_view._PATIENCE", -1)
    log(run, 50)
    stepper.poll()
    assert [entry[:2] for entry in stepper.content.seed] == [[0, -1], [0, 5], [0, 1]], "the one on screen in any case"
    drawn(stepper)
    log(run, 60)
    stepper.poll()
    assert [entry[:2] for entry in stepper.content.seed] == [[0, -1], [0, 6]]
    stepper.close()


def test_a_view_with_one_step_gets_its_slider_with_the_second(root: Path) -> None:
    """There is nothing to slide over before; the page draws the slider in its bar as soon as it is told of two steps."""
    with tracking.init(root=root, name="short", track_code=False, track_env=False, track_logs=False) as run:
        run.log_text("notes", "first", step=1)
        stepper = tracking.open_run(run).show("notes")
        assert len(stepper.slider.options) == len(stepper.content.about["steps"]) == 1
        run.log_text("notes", "second", step=2)
        stepper.poll()
        assert len(stepper.slider.options) == len(stepper.content.about["steps"]) == 2
        assert stepper.play.max == 1
        stepper.close()


def test_looking_ends_with_the_run_the_view_and_the_last_who_sees_it(run: Run) -> None:
    """No thread is left when there is nothing to follow."""
    stepper = tracking.open_run(run).show("gain")
    assert stepper.poll()
    stepper.content._handle_custom_msg({"visible": True, "id": "page"}, [])
    stepper.content._handle_custom_msg({"visible": False, "id": "page"}, [])
    assert stepper not in live._POLLER._due
    stepper.content._handle_custom_msg({"visible": True, "id": "another"}, [])
    assert stepper in live._POLLER._due
    log(run, 30)
    run.end()
    until(stepper.content, "about", lambda: stepper.content.about["run"]["status"] == "succeeded")
    assert stepper.steps == (0, 10, 20, 30)
    assert not stepper.poll()
    stepper.close()
    assert not stepper.poll()
    thread = live._POLLER._thread
    if thread is not None:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_the_browser_lists_what_came_and_keeps_what_is_open(run: Run) -> None:
    """New artifacts and steps appear; the stepper beside stays open."""
    browser = tracking.open_run(run).browse()
    browser.selected = ("curve", "gain")
    before = browser.stepper
    run.log_text("late", "words", step=1)
    log(run, 30)
    until(browser.catalog, "about", lambda: ["text", "late"] in [[a["kind"], a["name"]] for a in browser.catalog.about["artifacts"]])
    browser.poll()
    assert next(a["steps"] for a in browser.catalog.about["artifacts"] if a["name"] == "gain") == 4
    assert browser.stepper is before
    browser.close()


def test_a_run_with_nothing_yet_opens_the_first_that_comes(root: Path) -> None:
    """The browser may be shown before anything is logged."""
    with tracking.init(root=root, name="empty", track_code=False, track_env=False, track_logs=False) as run:
        browser = tracking.open_run(run).browse()
        assert browser.selected is None
        run.log_metric("loss", 1.0, step=0)
        browser.poll()
        assert browser.selected == ("metric", "loss")
        browser.close()


def test_what_the_notebook_keeps_is_renewed_after_cells_until_the_run_has_ended(run: Run, shell: InteractiveShell) -> None:
    """The twin in its own output gets the later steps; then the shell is rid of us."""
    shell.user_ns.update(stepper=tracking.open_run(run).show("gain"), log=lambda: log(run, 30), run=run)
    with capture_output() as shown:
        shell.run_cell("stepper")
    twin = shown.outputs[1]
    assert packed(twin.data["text/html"])["scenes"][0]["about"]["steps"] == [0, 10, 20]
    with capture_output() as renewed:
        shell.run_cell("log()")
        shell.run_cell("run.end()")
    (last,) = renewed.outputs[-1:]
    assert last.transient == twin.transient
    assert last.update
    assert packed(last.data["text/html"])["scenes"][0]["about"]["steps"] == [0, 10, 20, 30]
    key = 'data-jt-twin="'
    assert last.data["text/html"].split(key)[1][:16] == twin.data["text/html"].split(key)[1][:16]
    assert not [f for f in shell.events.callbacks["post_run_cell"] if isinstance(f, live._AfterCells)]
    with capture_output() as after:
        shell.run_cell("1")
    assert not [o for o in after.outputs if getattr(o, "update", False)]


def test_a_run_that_is_gone_leaves_what_is_on_screen(run: Run, root: Path) -> None:
    """Looking ends without a word; the view still answers from what it has."""
    import shutil

    view = tracking.open_run(run)
    stepper = view.show("gain")
    shutil.move(view.path, root / "elsewhere")
    live._POLLER._poll(stepper)
    assert stepper not in live._POLLER._due
    assert stepper.steps == (0, 10, 20)
    stepper.close()
    shutil.move(root / "elsewhere", view.path)
