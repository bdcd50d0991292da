"""Runs of many lives, whose final numbers are known: what each life logs and how it ends, played by whoever is to be killed with it."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jupyter_tracking.record.run import Run

METRICS = ("loss", "val/acc", "val/loss", "lr", "Ω")
NUMBERS = (0.5, -1.25, 3.0, 1e-12, 1 / 3, 2.0**60, math.nan, math.inf, -math.inf)
VALUES: tuple[Any, ...] = (
    *NUMBERS,
    *(7, 2**53 + 1, True, None, "NaN", "-Infinity", "word", "a" * 300, [1, math.nan, "NaN"], {"deep": [{"a": math.inf, "b": "Infinity"}]}),
)
ENDS = ("succeeded", "failed", "stopped", "killed", "running")
DEFINITIONS: tuple[tuple[str, str | None, str], ...] = (
    *(("loss", "min", "best"), ("loss", None, "mean"), ("val/*", "max", "best"), ("val/*", "max", "last"), ("*acc", None, "min")),
    *(("val/loss", None, "max"), ("*", "min", "best"), ("lr", None, "last"), ("[lL]oss", None, "min"), ("loss", "max", "max")),
)
AT_ONCE = 30  # runs that one process holds open


@dataclass
class Life:
    """What one life of a run logs, and how it ends."""

    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]]
    end: str
    why: tuple[str | None, str | None] = (None, None)


@dataclass
class Plan:
    """A run, and what is right of it."""

    number: int
    lives: list[Life] = field(default_factory=list)

    @property
    def uuid(self) -> str:
        """The uuid of the run."""
        return f"{self.number:032x}"

    @property
    def status(self) -> str:
        """The status that it ends with."""
        end = self.lives[-1].end
        return "interrupted" if end == "killed" else end

    def _calls(self, function: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        return [(args, kwargs) for life in self.lives for name, args, kwargs in life.calls if name == function]

    def _said(self, function: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for args, kwargs in self._calls(function):
            found = {**({} if args == (True,) else found), **kwargs}
        return found

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs that were logged."""
        return self._said("log_inputs")

    def outputs(self, override: str | None = None) -> dict[str, Any]:
        """What `log_outputs` said, and beside it a number for each metric."""
        rows: dict[str, list[float]] = {}
        for (name, value), _ in self._calls("log_metric"):
            rows.setdefault(name, []).append(value)
        return {name: self._number(name, values, override) for name, values in rows.items()} | self._said("log_outputs")

    def _number(self, name: str, values: list[float], override: str | None) -> float:
        defined: dict[str, tuple[str | None, str]] = {}
        for (pattern, goal, summary), _ in self._calls("define_metric"):
            defined.pop(pattern, None)
            defined[pattern] = goal, summary
        fitting = [said for pattern, said in defined.items() if fnmatchcase(name, pattern)]
        goal, summary = defined.get(name) or (fitting[-1] if fitting else (None, "last"))
        if override is not None and (override != "best" or goal):
            summary = override
        column = pd.Series(values, dtype="float64")
        with np.errstate(invalid="ignore"):  # infinities of both signs have no mean
            return float(column.iloc[-1] if summary == "last" else getattr(column, str(goal) if summary == "best" else summary)())


def plans(count: int, seed: int) -> list[Plan]:
    """Return runs of up to three lives; every end comes last in some of them, and a run that goes on lives last."""
    made = []
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        plan = Plan(number)
        # What has steps and what has none is a matter of the metric, and of some of neither.
        stepped = {name: chance.choice((True, False, None)) for name in METRICS}
        lives = chance.choice((1, 1, 2, 3))
        for life in range(lives):
            last = life == lives - 1
            end = ENDS[number % len(ENDS)] if last else chance.choice(ENDS[:-1])
            why = chance.choice(((None, None), ("Diverged", "Diverged: the loss is <b>NaN</b>"), ("Stop", None), (None, "enough")))
            plan.lives.append(Life(_calls(chance, stepped), end, why if end in {"failed", "stopped"} else (None, None)))
        made.append(plan)
    return made


def _calls(chance: random.Random, stepped: dict[str, bool | None]) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
    for name in chance.sample(METRICS, chance.randint(0, len(METRICS))):
        for step in range(chance.randint(1, 6)):
            with_step = chance.random() < 0.5 if stepped[name] is None else stepped[name]
            calls.append(("log_metric", (name, chance.choice(NUMBERS)), {"step": step if with_step else None}))
    for function, names in (("log_inputs", ("lr", "seed", "note", "layers")), ("log_outputs", ("best", "loss", "val/acc", "note"))):
        for _ in range(chance.randint(0, 2)):
            given = {name: chance.choice(VALUES) for name in chance.sample(names, chance.randint(1, 3))}
            calls.append((function, chance.choice(((), (), (), (True,))), given))
    calls += [("define_metric", each, {}) for each in chance.sample(DEFINITIONS, chance.choice((0, 0, 1, 2)))]
    order = list(range(len(calls)))
    chance.shuffle(order)
    return [calls[n] for n in order]


def record(root: Path, count: int, seed: int) -> list[Run]:
    """Play all lives of all runs; return those that are running."""
    running = []
    everything = plans(count, seed)
    for life in range(3):
        lived = [plan for plan in everything if len(plan.lives) > life]
        killed = [plan for plan in lived if plan.lives[life].end == "killed"]
        for start in range(0, len(killed), AT_ONCE):
            numbers = [str(plan.number) for plan in killed[start : start + AT_ONCE]]
            program = [sys.executable, "-m", "tests.reliability.number_runs", str(root), str(count), str(seed), str(life), *numbers]
            assert subprocess.run(program, check=False).returncode == -signal.SIGKILL
        running += [run for plan in lived if plan.lives[life].end != "killed" and (run := play(root, plan, life)) is not None]
    return running


def play(root: Path, plan: Plan, number: int) -> Run | None:
    """Play one life of a run; return the run if it goes on."""
    life = plan.lives[number]
    run = Run(root / "runs" / plan.uuid, name=f"run {plan.number}", tags=["generated"] if plan.number % 2 else None)
    for function, args, kwargs in life.calls:
        getattr(run, function)(*args, **kwargs)
    if life.end in {"killed", "running"}:
        return run
    run.end(life.end, *life.why)
    return None


if __name__ == "__main__":
    folder, many, chosen, place, *numbers = sys.argv[1:]
    generated = plans(int(many), int(chosen))
    held = [play(Path(folder), generated[int(number)], int(place)) for number in numbers]
    os.kill(os.getpid(), signal.SIGKILL)
