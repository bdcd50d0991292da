"""The stepper's kernel half: which steps, and what the page is told when it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances as widget_instances

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound
from tests.views.conftest import STEPS

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.run_view import RunView
    from jupyter_tracking.views.widgets.stepper import Stepper


class Page:
    """The page's side of a content widget: asks, and keeps what it is answered."""

    def __init__(self, stepper: Stepper, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[tuple[dict[str, Any], list[bytes]]] = []
        self._content = stepper.content
        monkeypatch.setattr(stepper.content, "send", lambda content, buffers=None: self.answers.append((content, buffers or [])))

    def ask(self, message: object) -> list[tuple[dict[str, Any], list[bytes]]]:
        """Send a message as the page would, and return what came back."""
        before = len(self.answers)
        self._content._handle_custom_msg(message, [])
        return self.answers[before:]


def test_a_view_opens_at_the_step_that_is_asked_for(view: RunView) -> None:
    """At that step, or at the nearest before it, which the page says; the page has it before it asks."""
    stepper = view.show("gain", step=STEPS[1])
    assert stepper.step == STEPS[1]
    assert stepper.content.index == stepper.play.value == stepper.slider.index == 1
    assert "note" not in stepper.content.about
    assert [0, 1] in [entry[:2] for entry in stepper.content.seed]
    assert STEPS[1] + 1 not in STEPS
    between = view.show("gain", step=np.int64(STEPS[1] + 1))  # as a loop over an array gives it
    assert between.step == STEPS[1]
    assert between.content.about["note"] == f"step {STEPS[1] + 1} was not logged: opened at {STEPS[1]}, the nearest before it"
    assert view.show("gain", step=10**9).step == STEPS[-1]
    assert view.show("gain", step=None).step == STEPS[-1]


def test_a_step_before_all_others_is_refused(view: RunView) -> None:
    """The message says which is the first; what is no step is refused as in a call that logs."""
    with pytest.raises(NotFound, match=rf"step=-5: no such step was logged, and none before it; the first is {STEPS[0]}"):
        view.show("gain", step=-5)
    with pytest.raises(InvalidArgument, match="whole number"):
        view.show("gain", step=1.5)


@pytest.mark.parametrize("step", [True, "10", [10], 1.5, slice(0, 10), float("nan")])
def test_what_is_no_step_is_refused_by_load_and_diff_as_by_show(view: RunView, step: Any) -> None:
    """In the words of a call that logs, and not by an arithmetic of ours that fails; a whole number of any kind is a step."""
    for call in (view.show, view.load, lambda _, step: view.diff("predictions", 0, step)):
        with pytest.raises((InvalidType, InvalidArgument), match="a step is an integer or None"):
            call("gain", step=step)
    assert view.load("gain", step=np.float64(10)).x.tolist() == view.load("gain", step=10).x.tolist()
    with pytest.raises(NotFound, match="curve 'gain' has no step 15; near: 0, 10, 20, 30, 40"):
        view.load("gain", step=15)


def test_a_list_of_names_is_shown_and_what_is_no_name_is_refused(view: RunView) -> None:
    """As several names are; a number in the place of a name was meant as the step, and the error says how that is given."""
    assert view.show(["gain", "loss"]).content.about["panels"] == view.show("gain", "loss").content.about["panels"]
    with pytest.raises(InvalidType, match="names has 10, a int; give names of artifacts; a step is given as step=10"):
        view.show("gain", 10)  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match="names has None, a NoneType; give names of artifacts"):
        view.show(None)  # type: ignore[arg-type]


def test_a_step_of_what_has_no_steps_is_refused(root: Path) -> None:
    """There is no slider to move."""
    with tracking.init(root=root) as run:
        run.log_text("note", "hello")
    with pytest.raises(NotFound, match="step=3: no such step was logged, and none before it, nor any other"):
        tracking.open_run(run).show("note", step=3)


def test_the_slider_offers_the_logged_steps_and_no_others(view: RunView) -> None:
    """Steps come once, in order, and the last one is shown first."""
    stepper = view.show("gain")
    assert stepper.steps == tuple(STEPS)
    assert stepper.step == STEPS[-1]
    assert isinstance(stepper.slider, ipywidgets.SelectionSlider)
    assert [label for label, _ in stepper.slider.options] == [str(step) for step in STEPS]


def test_setting_the_step_moves_the_slider(view: RunView) -> None:
    """`step` is read and set; a step that was not logged is an error that lists near ones."""
    stepper = view.show("gain")
    stepper.step = 10
    assert stepper.slider.index == 1
    with pytest.raises(NotFound, match="no step 11"):
        stepper.step = 11


def test_the_slider_has_no_readout_that_takes_typing_and_ignores_it(view: RunView) -> None:
    """The bar has the step, to type into; ipywidgets would put a text beside the slider that can be edited to no effect."""
    assert view.show("gain").slider.readout is False


def test_what_the_bar_is_linked_to_is_closed_with_the_view(view: RunView) -> None:
    """The slider and the player are drawn in the page's bar, and are no children of the container."""
    before = set(widget_instances)
    stepper = view.show("gain")
    assert stepper.children == (stepper.content,)
    assert {stepper.slider.model_id, stepper.play.model_id} <= set(stepper.content.tree)
    stepper.close()
    assert set(widget_instances) == before


def test_a_step_logged_twice_is_offered_once_and_shows_the_later(view: RunView, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is told how many versions there are, and gets the latest."""
    with tracking.init(root=root, name="twice", track_code=False, track_env=False, track_logs=False) as run:
        for text in ("first", "second"):
            run.log_text("notes", text, step=1)
        run.log_text("notes", "without a step")
    stepper = tracking.open_run(run).show("notes")
    assert stepper.steps == (None, 1)
    assert stepper.content.about["panels"][0]["versions"] == {"1": 2}
    ((_, buffers),) = Page(stepper, monkeypatch).ask({"id": "a", "ask": [[0, 1]]})
    assert buffers == [b"second"]


def test_several_names_share_one_slider_over_the_union_of_their_steps(view: RunView) -> None:
    """Each panel knows its latest earlier frame for every step, and -1 before its first."""
    stepper = view.show("gain", "clf", "predictions")
    assert stepper.steps == (0, 3, 10, 20, 30, 40)
    panels = stepper.content.about["panels"]
    assert [panel["at"] for panel in panels] == [[0, 0, 1, 2, 3, 4], [-1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 2]]


def test_what_has_no_steps_is_shown_without_a_slider(view: RunView) -> None:
    """A file under outputs/ and a reference have facts, and no steps."""
    for name in ("kept", "away"):
        stepper = view.show(name)
        assert stepper.steps == ()
        assert stepper.step is None
        assert stepper.children == (stepper.content,)


def test_an_unknown_name_is_an_error_before_anything_is_shown(view: RunView) -> None:
    """The error lists what is near; no name at all is an error too."""
    with pytest.raises(NotFound, match="gain"):
        view.show("gains")
    with pytest.raises(InvalidArgument, match="names"):
        view.show()


def test_the_page_gets_the_frame_it_asks_for_as_binary(view: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A curve's points arrive as float32 columns, equal to what was logged."""
    stepper = view.show("gain")
    ((content, buffers),) = Page(stepper, monkeypatch).ask({"id": "a", "ask": [[0, 2], [0, 3]]})
    assert [told[:2] for told in content["payloads"]] == [[0, 2], [0, 3]]
    ((_, start, _, head),) = content["payloads"][0][2]["parts"]
    assert start == 0
    y = np.frombuffer(buffers[head["columns"]["y"][0]], "<f4")
    np.testing.assert_allclose(y, view.load("gain", step=20).y, rtol=1e-6)


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        [],
        {},
        {"id": 1, "ask": [[0, 0]]},
        {"id": "a"},
        {"id": "a", "ask": "0"},
        {"id": "a", "query": {"rows": [0, 1]}, "panel": 7, "number": 0},
        {"id": "a", "query": {"rows": [0, 1]}, "panel": True, "number": 0},
        {"id": "a", "query": {"rows": [0, 1]}, "panel": 0, "number": "0"},
    ],
)
def test_a_message_that_is_not_ours_is_left_alone(view: RunView, monkeypatch: pytest.MonkeyPatch, message: object) -> None:
    """The kernel answers by number into a list it made, and ignores anything else."""
    assert Page(view.show("gain"), monkeypatch).ask(message) == []


@pytest.mark.parametrize(
    "wish", [[0, 99], [0, -1], [-1, 0], [5, 0], ["0", 0], [0, 1.0], [True, 0], [0], "00", None, ["../..", "/etc/passwd"]]
)
def test_a_frame_that_there_is_not_is_not_answered(view: RunView, monkeypatch: pytest.MonkeyPatch, wish: object) -> None:
    """The rest of the request is answered."""
    ((content, _),) = Page(view.show("gain"), monkeypatch).ask({"id": "a", "ask": [wish, [0, 1]]})
    assert [told[:2] for told in content["payloads"]] == [[0, 1]]


def test_a_broken_step_is_said_in_words_and_the_others_are_shown(view: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing asset is an error in its own frame."""
    asset = view.files.asset(view.files.find("predictions"), view.files.rows(view.files.find("predictions"))[1])
    asset.unlink()
    stepper = view.show("predictions")
    ((content, _),) = Page(stepper, monkeypatch).ask({"id": "a", "ask": [[0, 1], [0, 0]]})
    assert "missing" in content["payloads"][0][2]["error"]
    assert "error" not in content["payloads"][1][2]


def test_rows_come_by_pages(view: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a dataframe is equal to the same rows of the asset; one that is not there is empty."""
    page = Page(view.show("predictions"), monkeypatch)
    ((content, buffers),) = page.ask({"id": "a", "query": {"rows": [200, 210]}, "panel": 0, "number": 2})
    head = content["head"]
    assert (head["rows"], head["from"], head["count"]) == (500, 200, 10)
    p = np.frombuffer(buffers[head["columns"]["v2"][0]], "<f8")
    np.testing.assert_array_equal(p, view.load("predictions", step=40)["p"][200:210])
    index = np.frombuffer(buffers[head["columns"]["v0"][0]], "<f8")
    assert list(index) == list(range(200, 210))
    ((content, _),) = page.ask({"id": "b", "query": {"rows": [10_000, 10_100]}, "panel": 0, "number": 2})
    assert content["head"]["count"] == 0


def test_a_question_that_a_view_does_not_know_is_answered_with_words(view: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's promise is settled either way."""
    ((content, _),) = Page(view.show("gain"), monkeypatch).ask({"id": "a", "query": {"open": "/etc/passwd"}, "panel": 0, "number": 0})
    assert "nothing is known of" in content["head"]["error"]


def test_an_answer_is_bounded_and_the_rest_is_asked_again(view: RunView, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is much larger than a megabyte, however much is asked for."""
    with tracking.init(root=root, name="large", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(8):
            run.log_text("log", "x" * 400_000, step=step)
    ((content, buffers),) = Page(tracking.open_run(run).show("log"), monkeypatch).ask({"id": "a", "ask": [[0, n] for n in range(8)]})
    assert 0 < len(content["payloads"]) < 8
    assert sum(map(len, buffers)) < 2_000_000


def test_what_is_seen_first_needs_no_question(view: RunView) -> None:
    """The widget brings the ground and the frames about the last step."""
    seed = view.show("gain").content.seed
    assert [entry[:2] for entry in seed][:2] == [[0, -1], [0, 4]]


def test_closing_leaves_no_widget_behind(view: RunView) -> None:
    """Opening and closing views 100 times leaves as many widgets, and so comms and observers, as before."""
    before = set(widget_instances)
    for _ in range(50):
        view.show("loss").close()
        view.browse().close()
    assert set(widget_instances) == before
