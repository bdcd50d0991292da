"""The benchmark of what a callback costs still runs, as small as it can be; no time is asserted."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.integrations.training import CHECKOUT

pytestmark = pytest.mark.integrations


def lines_of(*words: str) -> list[list[str]]:
    """Run the benchmark of trainings of 500 rows, and return the two first words of each line that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "benchmarks.trainings", *words, "--rows", "500"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return [line.split()[:2] for line in done.stdout.splitlines()[1:]]


def test_the_benchmark_runs() -> None:
    """A line for each framework and each tracker."""
    frameworks, trackers = ["lightgbm", "xgboost", "keras", "keras_batches"], ["floor", "ours", "ours_no_model", "ours_metrics"]
    lines = lines_of(*frameworks, "--rounds", "1", "--size", "3", "--trackers", *trackers)
    assert lines == [[framework, tracker] for framework in frameworks for tracker in trackers]


@pytest.mark.parametrize("framework", ["lightgbm", pytest.param("torch", marks=pytest.mark.torch)])
def test_steps_that_log_and_do_not_are_compared(framework: str) -> None:
    """A line for each tracker, of one training with blocks of steps of both sorts."""
    pytest.importorskip(framework)
    lines = lines_of(framework, "--blocks", "2", "--size", "20", "--trackers", "floor", "ours")
    assert lines == [[framework, "floor"], [framework, "ours"]]
