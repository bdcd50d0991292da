"""Curves as everybody draws them, whatever is their place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.views.model.payload import Payload
from jupyter_tracking.views.model.scene import open_scene
from tests.views.test_metrics import columns

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.run_view import RunView

PRECISION, RECALL = [0.5, 0.8, 1.0], [1.0, 0.6, 0.0]


@pytest.fixture
def curves(root: Path) -> RunView:
    """A run with a curve of each kind."""
    with tracking.init(root=root, name="curves", track_code=False, track_env=False, track_logs=False) as run:
        run.log_pr_curve("pr", PRECISION, RECALL, average_precision=0.8123456789, step=1)
        run.log_roc_auc_curve("roc", [0.0, 0.5, 1.0], [0.0, 0.75, 1.0], auc=0.625, step=1)
        run.log_curve("gain", [0.0, 1.0], [3.0, 4.0], annotation="0.625", step=1)
    return tracking.open_run(run)


def parts(joined: Payload) -> list[tuple[dict[str, object], Payload]]:
    """Head and columns of each line of a payload."""
    return [(head, Payload(head, joined.buffers[first : first + count])) for _, first, count, head in joined.head["parts"]]


def test_a_precision_recall_curve_has_the_recall_on_x(curves: RunView) -> None:
    """In the page at each step, behind it, where it is zoomed to, and in the still; the file keeps Polyaxon's order."""
    scene = open_scene(curves.files, ["pr"])
    (panel,) = scene.panels
    ((_, step),) = parts(panel.payload(0, preview=False))
    ((_, shared),) = parts(panel.shared(preview=False))
    ((_, zoomed),) = parts(panel.answer(0, {"x": [0.0, 1.0], "points": 100}))
    for part in (step, shared, zoomed):
        np.testing.assert_allclose(columns(part, "x"), RECALL, rtol=1e-6)
        np.testing.assert_allclose(columns(part, "y"), PRECISION, rtol=1e-6)
    line = panel.renderer.line(panel.series[0], 0)
    assert (line.labels, line.x.tolist(), line.y.tolist()) == (("recall", "precision"), RECALL, PRECISION)
    assert curves.load("pr", step=1).x.tolist() == PRECISION


@pytest.mark.parametrize(("name", "said"), [("pr", "AP 0.812346"), ("roc", "AUC 0.625"), ("gain", "0.625")])
def test_the_number_beside_a_curve_is_called_what_it_is(curves: RunView, name: str, said: str) -> None:
    """The average precision is no area under a ROC curve, and of another curve nothing is known; the still says the same."""
    (panel,) = open_scene(curves.files, [name]).panels
    ((head, _),) = parts(panel.payload(0, preview=False))
    assert head["annotation"] == said
    assert panel.renderer.line(panel.series[0], 0).note == said
