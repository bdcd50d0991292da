"""The power fails at every moment of a script: what was synced is there, and of the rest a clean beginning."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.errors import NotFound, TrackingError
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import RunFolder, open_folder
from jupyter_tracking.record.run import Run
from tests.reliability.faults import Call, Recording
from tests.reliability.power import SURVIVALS, Disk
from tests.reliability.script import operations, same, value_of

if TYPE_CHECKING:
    from pathlib import Path

SEED = 6


class Moment:
    """What had been acknowledged, and what was promised to outlive a failure, after some number of calls."""

    def __init__(self, calls: int, acknowledged: dict[tuple[str, str], list[Any]], safe: dict[tuple[str, str], int]) -> None:
        self.calls = calls
        self.acknowledged = acknowledged
        self.safe = safe


def record(root: Path, durability: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Recording, Disk, list[Moment]]:
    """Run the script, with a sync in its middle and an end, and note what was acknowledged when."""
    system = Recording()
    monkeypatch.setattr("jupyter_tracking.storage.store.Syscalls", lambda: system)
    disk = Disk(root.stat().st_ino)
    rows: dict[tuple[str, str], list[Any]] = {}
    safe: dict[tuple[str, str], int] = {}
    moments = [Moment(0, {}, {})]

    def note(*, synced: bool) -> None:
        if synced:
            safe.update({key: len(values) for key, values in rows.items()})
        moments.append(Moment(len(system.calls), {key: list(values) for key, values in rows.items()}, dict(safe)))

    run = Run(root / "runs" / ("0" * 32), durability=durability)
    for number, operation in enumerate(operations(root.parent)):
        operation.call(run)
        if operation.artifact is not None:
            rows.setdefault(operation.artifact, []).append(operation.value)
        note(synced=durability == "power")
        if number == 25:
            run.sync()
            note(synced=True)
    run.end()
    note(synced=True)
    return system, disk, moments


def check(folder: RunFolder, before: Moment, after: Moment) -> None:
    """Every row is one that was logged, in order, from the first on; those that are safe are all there, with their assets."""
    artifacts = {(a.kind, a.name): a for a in folder.artifacts()}
    for key, safe in before.safe.items():
        assert not safe or key in artifacts, key
    for key, artifact in artifacts.items():
        logged = after.acknowledged.get(key)
        if logged is None:
            continue  # the lineage tells of a name whose row is not there, or its slug where the lineage is lost
        events = folder.rows(artifact)
        assert before.safe.get(key, 0) <= len(events) <= len(logged), key
        for number, (event, expected) in enumerate(zip(events, logged, strict=False)):
            assert event.step == expected[0]
            try:
                found = value_of(folder, artifact, event)
            except (TrackingError, OSError):
                assert number >= before.safe.get(key, 0), key  # told as missing or short, never taken for the value
                continue
            if not same((event.step, found), expected):
                assert number >= before.safe.get(key, 0), key
                asset = folder.payload(artifact, event)["path"]  # what stands in the row itself is never another value
                changed = {problem.file for problem in find_problems(folder, hashes=True)}
                assert asset in changed or asset not in folder.assets, key  # without its hash on the disk nobody can know


def replay(root: Path, durability: str, monkeypatch: pytest.MonkeyPatch, every: int) -> int:
    """Fail the power after every nth call, in each way; return how many states were looked at."""
    system, disk, moments = record(root, durability, monkeypatch)
    lots = random.Random(SEED)
    states, reached = 0, 0
    target = root.parent / "after"
    for done, call in enumerate(system.calls, start=1):
        disk.do(call)
        while reached + 1 < len(moments) and moments[reached + 1].calls <= done:
            reached += 1
        if done % every and done != len(system.calls):
            continue
        after = moments[min(reached + 1, len(moments) - 1)]
        for survival in SURVIVALS:
            disk.write(target, survival, lots)
            try:
                check(open_folder(target / "runs" / ("0" * 32)), moments[reached], after)
            except NotFound:
                assert not any(moments[reached].safe.values())
            finally:
                shutil.rmtree(target)
            states += 1
    return states


def test_the_inode_of_a_deleted_file_is_a_folders_next(root: Path) -> None:
    """The disk that fails here is told by inodes, which are given again: what is synced then is the folder, not the file before it."""
    disk = Disk(1)
    for call in (
        Call("create", 1, "old", 2),
        Call("unname", 1, "old"),
        Call("mkdir", 1, "folder", 2),
        Call("create", 2, "file", 3),
        Call("write", 3, data=b"kept"),
        *(Call("sync", inode) for inode in (3, 2, 1)),
    ):
        disk.do(call)
    disk.write(root / "after", "nothing", random.Random(SEED))
    assert (root / "after" / "folder" / "file").read_bytes() == b"kept"


def test_what_was_synced_outlives_a_power_failure(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `sync()` or `end()` everything is there, at whatever later moment the power fails; before, a clean beginning."""
    assert replay(root, "process", monkeypatch, every=11) > 150


def test_with_durability_power_every_call_outlives_a_power_failure(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `durability="power"` a call that returned is on the disk."""
    assert replay(root, "power", monkeypatch, every=29) > 90


@pytest.mark.soak
@pytest.mark.parametrize("durability", ["process", "power"])
def test_the_power_may_fail_after_any_call(root: Path, durability: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at every prefix of the recorded calls."""
    assert replay(root, durability, monkeypatch, every=1) > 2000
