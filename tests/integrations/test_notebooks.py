"""The notebooks that train with a framework run top to bottom, and leave the runs that their text speaks of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import jupyter_tracking as tracking
from tests.integrations.training import CHECKOUT

pytestmark = pytest.mark.filterwarnings("ignore")


def executed(name: str) -> list[Any]:
    """Run a notebook of the checkout in the current directory; return its cells. A cell that fails raises."""
    notebook = nbformat.read(CHECKOUT / "notebooks" / f"{name}.ipynb", as_version=4)
    environment = {**os.environ, "IPYTHONDIR": str(Path("ipython").resolve())}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(env=environment)
    cells: list[Any] = notebook.cells
    return cells


def shown(cells: list[Any], words: str) -> list[str]:
    """Return in one line each what the cell that says some words has shown."""
    (cell,) = [cell for cell in cells if cell.cell_type == "code" and words in cell.source]
    return [output.data["text/plain"] for output in cell.outputs if "data" in output and "text/html" in output.data]


def said_beside(cells: list[Any]) -> list[str]:
    """Return what the cells have printed."""
    return [output.text for cell in cells for output in cell.get("outputs", []) if output.output_type == "stream"]


@pytest.mark.integrations
def test_gradient_boosting_has_a_run_a_fold(root: Path) -> None:
    """Fifteen parts of one run, each with its metrics, its model and its importances; groups, a comparison and the best of them."""
    cells = executed("gradient_boosting")
    runs = tracking.runs(root)
    (whole,) = runs.loc[runs["name"] == "cross-validation", "uuid"]
    folds = runs[runs["parent"] == whole]
    assert len(folds) == 15
    assert set(runs["status"]) == {"succeeded"}
    assert folds.groupby("inputs.num_leaves")["inputs.fold"].apply(sorted).to_dict() == {key: [0, 1, 2, 3, 4] for key in (2, 7, 31)}

    best = tracking.best(folds, "valid/binary_logloss")
    assert best.goal == "min"
    assert best.problems().empty
    assert best.model().is_file()
    assert len(best.load("feature_importance")) == 30
    assert best.metrics()["valid/binary_logloss"].min() == folds["outputs.best_valid/binary_logloss"].min() == best.value

    assert shown(cells, "tracking.compare") == ["<15 runs compared in 3 groups by inputs.num_leaves: 2 metrics shared>"]
    (line,) = shown(cells, "feature_importance")
    assert f"run {best.name}" in line
    (printed,) = said_beside(cells)
    assert best.name in printed


@pytest.mark.integrations
def test_optuna_search_has_a_run_a_trial(root: Path) -> None:
    """Forty parts of one run, with the settings that were tried and the error; the best of them is the study's."""
    cells = executed("optuna_search")
    runs = tracking.runs(root)
    (search,) = runs.loc[runs["name"] == "search", "uuid"]
    trials = runs[runs["parent"] == search]
    assert len(trials) == 40
    assert set(runs["status"]) == {"succeeded"}

    view = tracking.open_run(search, root)
    assert view.problems().empty
    assert view.metrics()["rmse"].tolist() == trials.sort_values("created_at")["outputs.rmse"].tolist()
    best = tracking.best(trials, "rmse")
    assert (best.name, best.value) == (f"trial-{view.outputs['best_trial']}", view.metrics()["best_rmse"].iloc[-1])
    assert best.steps("valid/rmse") == list(range(80))

    (line,) = shown(cells, "tracking.parallel")
    assert line.endswith("rmse of 40 runs>")
    assert len(shown(cells, "parameter_importance")) == 1
    assert said_beside(cells) == []


@pytest.mark.torch
def test_pytorch_live_is_watched_and_looked_back_at(root: Path) -> None:
    """Twenty epochs of metrics, confusion matrices and figures; the cell that watched shows the last of them."""
    cells = executed("pytorch_live")
    view = tracking.open_run("digits", root)
    assert view.status == "succeeded"
    assert view.problems().empty
    epochs = list(range(20))
    for name in ("train/loss", "valid/loss", "valid/accuracy", "confusion", "filters"):
        assert view.steps(name) == epochs
    assert view.load("confusion", step=19).z.sum() == 597
    assert view.metrics()["valid/accuracy"].iloc[-1] > 0.9

    (line,) = shown(cells, "tracking.watch")
    assert "20 steps (0 to 19), run digits" in line
    assert cells[-1].outputs[0].data["text/plain"] == str(view.metrics()["valid/accuracy"].iloc[-1])
    assert said_beside(cells) == []
