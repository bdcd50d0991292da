"""The benchmark of what a callback costs still runs, as small as it can be; no time is asserted."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.integrations.training import CHECKOUT

pytestmark = pytest.mark.integrations


def test_the_benchmark_runs() -> None:
    """A line for each framework and each tracker."""
    frameworks, trackers = ["lightgbm", "xgboost", "keras", "keras_batches"], ["floor", "ours", "ours_no_model", "ours_metrics"]
    words = ["-m", "benchmarks.trainings", *frameworks, "--rounds", "1", "--size", "3", "--rows", "500", "--trackers", *trackers]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    lines = [line.split()[:2] for line in done.stdout.splitlines()[1:]]
    assert lines == [[framework, tracker] for framework in frameworks for tracker in trackers]
