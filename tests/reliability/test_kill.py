"""A process that dies takes nothing with it that it had been told is there."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.reader import RunFolder, open_folder
from tests.reliability import writers
from tests.reliability.killed import killed

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20_240_131


def read_back(folder: RunFolder, name: str) -> dict[int | None, Any]:
    """Every value of an artifact by its step; a value that cannot be read raises."""
    artifact = folder.find(name)
    return {event.step: folder.value(artifact, event) for event in folder.events(artifact)}


def check_everything(path: Path, told: list[tuple[str, int]]) -> None:
    """Each call that had returned is read back exactly, and at most one more beside them."""
    folder = open_folder(path)
    assert folder.status == "interrupted"
    assert not folder.problems()
    expected = {kind: [step for which, step in told if which == kind] for kind in ("metric", "curve", "dataframe")}
    for kind, name in (("metric", "train/loss"), ("curve", "roc"), ("dataframe", "preds")):
        if not expected[kind] and name not in {artifact.name for artifact in folder.artifacts()}:
            continue
        found = read_back(folder, name)
        assert list(found) in (expected[kind], [*expected[kind], len(expected[kind])])
        for step, value in found.items():
            assert step is not None
            if kind == "metric":
                assert value == writers.metric(step)
            elif kind == "curve":
                assert (list(value.x), list(value.y)) == writers.curve(step)
            else:
                pd.testing.assert_frame_equal(value, writers.frame(step))


def test_a_hundred_kills_lose_no_acknowledged_call(root: Path) -> None:
    """SIGKILL at a random moment: every call that had returned is read back exactly, and the reader says interrupted."""
    moments = random.Random(SEED)
    calls = 0
    for number in range(100):
        path = root / "runs" / f"{number:032x}"
        told = killed(writers.log_everything, path, after=moments.uniform(0, 0.05))
        check_everything(path, told)
        calls += len(told) - 1
    assert calls > 100
