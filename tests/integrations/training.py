"""What the tests of all frameworks share: small data, and what a run is asked for."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import textwrap
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

CHECKOUT = Path(__file__).resolve().parents[2]


class Data(NamedTuple):
    """A classification of two classes, split into what is learned from and what is held out."""

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    X_held: NDArray[np.float64]
    y_held: NDArray[np.int64]


@cache
def two_classes() -> Data:
    """Return data of a package: 400 rows to learn from, 169 held out, 30 features scaled to about 1."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return Data(X[:400], y[:400], X[400:], y[400:])


def series(view: tracking.RunView, metric: str) -> dict[int, float]:
    """Return the value of each step of a metric, as a reader sees it; no step may be there twice."""
    events = view.events(metric, "metric")
    assert not events["step"].duplicated().any()
    return dict(zip(events["step"].tolist(), events["value"].tolist(), strict=True))


def by_step(values: Any) -> dict[int, float]:
    """Return what a framework's history object has of a metric, in the same form."""
    return {step: float(value) for step, value in enumerate(values)}


def read(run: tracking.Run) -> tracking.RunView:
    """Return a run as a reader sees it, without a problem."""
    view = tracking.open_run(run)
    assert view.problems().empty, view.problems().to_string()
    return view


def run_example(module: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Run the example that the docstring of an integration begins with, and return the names it has bound."""
    text = inspect.getdoc(import_module(f"jupyter_tracking.integrations.{module}")) or ""
    lines = text.split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("    "))
    stop = next(number for number in range(start, len(lines) + 1) if number == len(lines) or (lines[number] and lines[number][0] != " "))
    found = {"tracking": tracking, **names}
    exec(compile(textwrap.dedent("\n".join(lines[start:stop])), module, "exec"), found)
    return found


def python(script: str, **environment: str) -> subprocess.Popen[str]:
    """Start a program with this Python, in the current directory; its output and its errors are one text."""
    variables = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", **environment}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=variables
    )


def only_run(root: Path) -> tracking.RunView:
    """Return the one run under a root."""
    frame = tracking.runs(root)
    assert len(frame) == 1
    return tracking.open_run(frame["uuid"].iloc[0], root)
