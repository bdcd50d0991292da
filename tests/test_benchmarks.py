"""The benchmarks still run: every workload, as small as it can be, and the arithmetic of the report. No time is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import report, rounds
from benchmarks.workloads import PEERS, Goal

WORKLOADS = sorted(path.stem for path in (Path(rounds.__file__).parent / "workloads").glob("[!_]*.py"))

# Parts that say what the machine needs.
FLOORS_OWN = {"copy", "md5", "read"}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_workload_measures_this_package(workload: str, checkout: Path, tmp_path: Path) -> None:
    """Each workload gives a figure for every measure of it."""
    command = [sys.executable, "-m", "benchmarks", workload, "--tiny", "--only", "ours", "floor", "--scratch", tmp_path / "scratch"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ours, floor = (next((line for line in done.stdout.splitlines() if f" {name} " in line), "") for name in ("ours", "floor"))
    for measure in rounds.module(workload).UNITS:
        assert f" {measure} " in (floor if measure in FLOORS_OWN else ours)
    assert not list((tmp_path / "scratch").iterdir())


def test_ratios_pair_figures_of_the_same_round() -> None:
    """Ours of a round is divided by the other's of that round, and the best peer is the one with the smallest median."""
    figures = {"ours": [2.0, 4.0], "floor": [1.0, 4.0], "slow": [20.0, 20.0], "fast": [10.0, 8.0]}
    outcome = rounds.Outcome("metric_one", 10, {c: [{"durable": f} for f in values] for c, values in figures.items()})
    assert outcome.ratios("durable", "floor") == [2.0, 1.0]
    assert outcome.best("durable") == "fast"
    goals = report.goals([outcome])
    assert "| durable ≤ 2 × floor | 1.5 (1–2) | met |" in goals
    assert "| durable ≤ 0.3 × fast, the best peer | 0.35 (0.2–0.5) | **not met** |" in goals


def test_every_goal_names_a_measure_of_its_workload() -> None:
    """A goal speaks of something that its workload measures, and of a contender that there is."""
    for name in WORKLOADS:
        workload = rounds.module(name)
        for goal in workload.GOALS:
            assert isinstance(goal, Goal)
            assert {goal.measure, goal.its or goal.measure} <= set(workload.UNITS)
            assert goal.other in {None, PEERS, "ours", "floor", "polyaxon"}
