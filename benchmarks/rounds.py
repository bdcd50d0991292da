"""Run a workload's contenders in turns, in a new order each round, each in a process and a folder of its own."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from benchmarks import environments

if TYPE_CHECKING:
    from types import ModuleType

PATIENCE = 600  # seconds; more than the slowest peer takes for its share


@dataclass
class Outcome:
    """What the rounds of a workload gave.

    Attributes:
        workload: its module's name.
        size: how much was done.
        rounds: contender → a dict (measure → figure) a round, in the order of the rounds.
        absent: contender → why it has no figures.
        when: when the last round ended.
    """

    workload: str
    size: int
    rounds: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    when: str = ""

    def figures(self, contender: str, measure: str) -> list[float]:
        """Return a contender's figures of one measure, a round each."""
        return [figures[measure] for figures in self.rounds.get(contender, []) if measure in figures]

    def ratios(self, measure: str, other: str, *, its: str = "", times: float = 1) -> list[float]:
        """Return ours ÷ the other's, pair by pair: both of the same round."""
        pairs = zip(self.figures("ours", measure), self.figures(other, its or measure), strict=False)
        return [ours / (theirs * times) for ours, theirs in pairs if theirs]

    def best(self, measure: str) -> str | None:
        """Return the peer with the smallest median of a measure."""
        known = {c: self.figures(c, measure) for c in self.rounds if not c.startswith(("ours", "floor"))}
        found = {contender: median(figures) for contender, figures in known.items() if figures}
        return min(found, key=lambda c: found[c]) if found else None


def kept(file: Path) -> dict[str, Outcome]:
    """Return workload → outcome as `keep` left them."""
    return {item["workload"]: Outcome(**item) for item in json.loads(file.read_text())} if file.exists() else {}


def keep(file: Path, outcomes: list[Outcome]) -> None:
    """Keep outcomes for a later report."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps([asdict(outcome) for outcome in outcomes]))


def module(workload: str) -> ModuleType:
    """Return a workload's module."""
    return import_module(f"benchmarks.workloads.{workload}")


def run(workload: str, contenders: list[str], size: int, rounds: int, scratch: Path) -> Outcome:
    """Measure the contenders in turns.

    Args:
        workload: the module's name.
        contenders: the contenders' names.
        size: how much is done.
        rounds: how often.
        scratch: an empty folder of its own is made here for each measurement, and removed after it.
    """
    outcome = Outcome(workload, size)
    prepared: dict[str, Path] = {}
    shuffle = random.Random(workload)
    taking = list(contenders)
    for contender in contenders:
        prepared[contender] = Path(mkdtemp(prefix=f"{contender}-", dir=scratch))
        if hasattr(module(workload), "prepare"):
            _measured(outcome, contender, prepared[contender], "--prepare")
    for number in range(rounds):
        shuffle.shuffle(taking)
        for contender in [c for c in taking if c not in outcome.absent]:
            folder = prepared[contender] if hasattr(module(workload), "prepare") else Path(mkdtemp(dir=scratch))
            figures = _measured(outcome, contender, folder)
            if figures:
                outcome.rounds.setdefault(contender, []).append(figures)
                shown = "  ".join(f"{measure} {value:.4g}" for measure, value in figures.items())
                print(f"  {workload:16} round {number + 1}  {contender:14} {shown}", flush=True)
            if folder != prepared[contender]:
                shutil.rmtree(folder, ignore_errors=True)
    for folder in prepared.values():
        shutil.rmtree(folder, ignore_errors=True)
    outcome.when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return outcome


def _measured(outcome: Outcome, contender: str, folder: Path, *options: str) -> dict[str, float]:
    """Run one process; keep in the outcome why it gave nothing, if so."""
    try:
        python = environments.python(contender)
    except environments.Missing as missing:
        outcome.absent[contender] = f"cannot be installed: {missing}"
        return {}
    command = [python, "-m", "benchmarks.measure", contender, outcome.workload, folder, str(outcome.size), *options]
    surroundings = environments.settings(contender) | {"HOME": str(folder.parent / "home")}
    (folder.parent / "home").mkdir(exist_ok=True)
    try:
        done = subprocess.run(command, env=surroundings, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
        found: dict[str, float] = json.loads(done.stdout.strip().rpartition("\n")[2])
    except subprocess.TimeoutExpired:
        outcome.absent[contender] = f"took more than {PATIENCE} s"
        return {}
    except json.JSONDecodeError:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        outcome.absent[contender] = f"failed: {lines[-1][:160]}"
        print(f"  {outcome.workload:16} {contender}: {lines[-1][:160]}", file=sys.stderr, flush=True)
        return {}
    if "not there" in found:
        outcome.absent[contender] = "does no such work"
        return {}
    return found
