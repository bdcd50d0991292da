"""`log` takes each value for what it is, or says which function is meant."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib import pyplot as plt
from PIL import Image

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, InvalidType

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView


def test_each_value_is_logged_as_what_it_is(run: Run, view: RunView, tmp_path: Path) -> None:
    """A mapping, names beside it, and a step for all."""
    file = tmp_path / "weights.bin"
    file.write_bytes(b"weights")
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    table = pd.DataFrame({"a": [1, 2]})
    pixels = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)
    run.log(
        {
            "loss": 0.5,
            "step": 7,
            "exact": Decimal("0.25"),
            "one": np.ones((1,)),
            "val": {"loss": 0.75, "of": {"cats": True}},
            "note": "hello",
            "table": table,
            "figure": figure,
            "pixels": pixels,
            "grey": np.eye(4),
            "pillow": Image.fromarray(pixels),
            "plotly": go.Figure(go.Scatter(y=[1, 2])),
            "altair": alt.Chart(table).mark_point().encode(x="a"),
            "gradients": np.arange(-3, 3.0),
            "weights": file,
        },
        step=3,
        beside=1,
    )
    assert {name: kind for kind, name in view.artifacts()} == {
        **dict.fromkeys(["loss", "step", "exact", "one", "val/loss", "val/of/cats", "beside"], "metric"),
        **dict.fromkeys(["figure", "pixels", "grey", "pillow"], "image"),
        **dict.fromkeys(["plotly", "altair"], "chart"),
        "note": "text",
        "table": "dataframe",
        "gradients": "histogram",
        "weights": "file",
    }
    assert {tuple(view.steps(name)) for _, name in view.artifacts()} == {(3,)}
    assert len({view.events(name)["timestamp"].iloc[0] for _, name in view.artifacts()}) == 1
    assert view.load("step") == 7.0
    assert view.load("pixels").tolist() == pixels.tolist()
    assert view.load("weights").read_bytes() == b"weights"


def test_what_was_loaded_can_be_logged_again(run: Run, view: RunView) -> None:
    """A curve, a matrix and a histogram are what they were."""
    run.log_roc_auc_curve("roc", [0, 1], [0, 1], 0.5)
    run.log_confusion_matrix("matrix", [0, 1], [0, 1], [[1, 2], [3, 4]])
    run.log_np_histogram("counts", [1, 2], [0, 1, 2])
    run.log({f"{name} again": view.load(name) for name in ("roc", "matrix", "counts")})
    for name in ("roc", "matrix", "counts"):
        assert str(view.load(f"{name} again")) == str(view.load(name))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "b=None is a NoneType, which could be meant in several ways or in none; call the function that is meant"),
        ([1, 2], "b=.* is a list"),
        (np.full((3, 3), 7.0), r"is a ndarray of the shape \(3, 3\)"),
        (np.zeros((2, 2, 2, 2, 2)), r"of the shape \(2, 2, 2, 2, 2\)"),
        (object(), "is a object"),
        (1j, "is a complex"),
    ],
)
def test_a_value_that_could_be_anything_is_refused(run: Run, value: Any, said: str) -> None:
    """Before anything is written, by its name."""
    with pytest.raises(InvalidType, match=said):
        run.log({"a": 1, "text": "hello", "b": value})
    assert not (run.path / "events").exists()


def test_names_that_are_one_are_refused(run: Run) -> None:
    """Also where a mapping inside makes the same name."""
    with pytest.raises(InvalidArgument, match="the name 'val/loss' twice"):
        run.log({"val/loss": 1, "val": {"loss": 2}})
    nested: dict[str, Any] = {}
    nested["again"] = nested
    with pytest.raises(InvalidArgument, match="mappings inside of each other"):
        run.log(nested)
    assert not (run.path / "events").exists()


def test_log_is_a_function_of_the_module(root: Path) -> None:
    """On the active run, as `wandb.log` is typed."""
    with tracking.init() as run:
        tracking.log({"loss": 0.5}, step=1)
        tracking.log(step=2, loss=0.25)
    assert tracking.open_run(run).metrics()["loss"].to_dict() == {1: 0.5, 2: 0.25}
