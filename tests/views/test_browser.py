"""The browser's kernel half: the list, and the stepper beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_tracking.errors import NotFound

if TYPE_CHECKING:
    from jupyter_tracking.run_view import RunView


def test_the_list_has_every_artifact_with_its_steps_and_last_value(view: RunView) -> None:
    """Kinds are grouped, the commonest first."""
    listed = {(a["kind"], a["name"]): a for a in view.browse().catalog.about["artifacts"]}
    assert set(listed) == set(view.artifacts())
    assert listed["metric", "loss"] == {"kind": "metric", "name": "loss", "steps": 5, "last": f"{1 / 41:.6g}"}
    assert listed["file", "kept"]["size"] == len(b"weights")
    kinds = [a["kind"] for a in view.browse().catalog.about["artifacts"]]
    assert kinds == sorted(kinds, key=kinds.index)
    assert kinds[0] == "metric"


def test_selecting_opens_a_stepper_and_closes_the_one_before(view: RunView) -> None:
    """`selected` is read and set, from Python and from the page."""
    browser = view.browse()
    assert browser.selected == ("metric", "loss")
    before = browser.stepper
    browser.selected = ("dataframe", "predictions")
    assert browser.stepper is not None
    assert browser.stepper.steps == (0, 20, 40)
    assert before is not None
    assert before.comm is None
    browser.catalog.set_state({"selected": ["curve", "gain"]})
    assert browser.selected == ("curve", "gain")
    assert browser.stepper.steps == (0, 10, 20, 30, 40)


def test_an_unknown_selection_is_an_error_in_python_and_words_in_the_page(view: RunView) -> None:
    """What the page sends cannot break the browser."""
    browser = view.browse()
    with pytest.raises(NotFound):
        browser.selected = ("curve", "nothing")
    assert browser.selected == ("metric", "loss")
    for wrong in (["curve", "nothing"], ["curve"], ["a", "b", "c"]):
        browser.catalog.set_state({"selected": wrong})
        assert browser.stepper is None


def test_files_and_problems_of_the_run_are_listed(view: RunView) -> None:
    """The files are those on disk; a missing asset is a problem."""
    about = view.browse().catalog.about
    assert ["outputs/model.bin", 7] in about["files"]
    assert about["problems"] == []
    (view.path / "assets").joinpath("text").mkdir(exist_ok=True)
    next((view.path / "assets" / "image").iterdir()).unlink()
    assert "missing" in view.browse().catalog.about["problems"][0][2]
