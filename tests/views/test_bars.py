"""Tables of importances are drawn as bars: which tables, in which order, and what a saved page has of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.views.export.page import still_of
from jupyter_tracking.views.model.scene import open_scene

if TYPE_CHECKING:
    from pathlib import Path

FEATURES = [f"feature {n}" for n in range(40)]


def heads(root: Path, name: str, *frames: pd.DataFrame) -> list[dict[str, Any]]:
    """Log frames, a step each; return the head of what each step sends to a page."""
    with tracking.init(root=root, quiet=True) as run:
        for step, frame in enumerate(frames):
            run.log_dataframe(frame, name, step=step)
    panel = open_scene(tracking.open_run(run).files, [name]).panels[0]
    return [panel.payload(number, preview=False).head for number in range(len(frames))]


def test_the_largest_numbers_come_first_whatever_their_sign(root: Path) -> None:
    """At most thirty, each measure by itself, the names beside them; what is no number is left out."""
    gain = np.arange(40.0) * (-1) ** np.arange(40)
    gain[7] = np.nan
    frame = pd.DataFrame({"feature": FEATURES, "gain": gain, "split": range(40), "kept": [True] * 40})
    later = frame.assign(gain=frame["gain"] * 2)
    one, two = heads(root, "feature_importance", frame, later)
    assert [name for name, _ in one["bars"]] == ["gain", "split"]
    names, values = zip(*one["bars"][0][1], strict=True)
    assert (names[0], values[0], values[1]) == ("feature 39", -39.0, 38.0)
    assert len(names) == 30
    assert list(values) == sorted(values, key=abs, reverse=True)
    assert two["bars"][0][1][0] == ("feature 39", -78.0)
    assert one["rows"] == 40


@pytest.mark.parametrize("name", ["feature_importance", "Importances", "permutation importance", "parameter_importance-fold-0"])
def test_a_name_that_says_importance_has_bars(root: Path, name: str) -> None:
    """Also with the features as its index, as scikit-learn's users make it."""
    (head,) = heads(root, name, pd.DataFrame({"mean": [0.1, 0.2]}, index=["a", "b"]))
    assert head["bars"] == [("mean", [("b", 0.2), ("a", 0.1)])]


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("predictions", pd.DataFrame({"feature": ["a"], "gain": [1.0]})),
        ("unimportance", pd.DataFrame({"feature": ["a"], "gain": [1.0]})),
        ("importance", pd.DataFrame({"feature": [1, 2], "gain": [1.0, 2.0]})),
        ("importance", pd.DataFrame({"feature": ["a"], "word": ["b"]})),
        ("importance", pd.DataFrame({"feature": ["a"], "gain": [np.nan]})),
        ("importance", pd.DataFrame({"feature": ["a"][:0], "gain": [1.0][:0]})),
        ("importance", pd.DataFrame()),
    ],
)
def test_all_else_is_a_table(root: Path, name: str, frame: pd.DataFrame) -> None:
    """Another name, no names of features, no numbers, no rows."""
    (head,) = heads(root, name, frame)
    assert "bars" not in head


def test_the_still_is_a_picture_and_the_saved_page_has_the_bars(root: Path) -> None:
    """Where no script runs the picture is seen; names that hold markup stay text."""
    frame = pd.DataFrame({"feature": ["<b>a</b>", "b"], "gain": [2.0, -1.0]})
    with tracking.init(root=root, quiet=True) as run:
        run.log_dataframe(frame, "feature_importance", step=0)
    page = tracking.open_run(run).show("feature_importance").save(root / "view.html").read_text()
    assert '<img alt="feature_importance: gain of 2 features"' in still_of(page)
    assert "<b>a</b>" not in page
