"""A system call that fails is told, and costs nothing but the call that was made."""

from __future__ import annotations

import errno
import os
import random
from typing import TYPE_CHECKING

import pytest

from jupyter_tracking.record.run import Run
from tests.reliability.faults import FailAt, Short
from tests.reliability.script import Session, check, run_through

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_tracking.storage.syscalls import Syscalls

ERRORS = [errno.EIO, errno.ENOSPC, errno.EINTR, errno.EDQUOT, errno.EBADF]
SEED = 5


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Syscalls], Run]:
    """Start a run on a given operating system."""

    def begin(path: Path, system: Syscalls) -> Run:
        monkeypatch.setattr("jupyter_tracking.storage.store.Syscalls", lambda: system)
        return Run(path)

    return begin


def failing(at: int, number: int, root: Path, start: Callable[[Path, Syscalls], Run]) -> bool:
    """Let the nth call fail once in the script; say whether there was such a call."""
    session = Session(root / "runs" / f"{number:08x}{at:024x}")
    system = FailAt(at, lambda: OSError(number, os.strerror(number)))
    failures = run_through(session, root.parent, lambda: start(session.path, system))
    assert len(failures) <= 1
    check(session)
    return bool(system.failed)


def test_forty_operations_are_read_back(root: Path, start: Callable[[Path, Syscalls], Run]) -> None:
    """With nothing failing, what the script logs is what the reader reads."""
    session = Session(root / "runs" / ("0" * 32))
    system = FailAt(0, OSError)
    assert not run_through(session, root.parent, lambda: start(session.path, system))
    check(session)
    assert system.count > 500


def test_a_failing_call_is_told_and_the_next_one_works(root: Path, start: Callable[[Path, Syscalls], Run]) -> None:
    """One call in the script fails, for a choice of calls and errors: acknowledged equals readable, and a second try works."""
    choice = random.Random(SEED)
    for at in choice.sample(range(1, 900), 40):
        assert failing(at, choice.choice(ERRORS), root, start)


@pytest.mark.soak
@pytest.mark.parametrize("number", ERRORS, ids=lambda number: errno.errorcode[number])
def test_every_call_may_fail(number: int, memory: Path, start: Callable[[Path, Syscalls], Run]) -> None:
    """The nth system call fails, for every n: acknowledged equals readable, and a second try works."""
    at = 1
    while failing(at, number, memory / "root", start):
        at += 1
    assert at > 900


def test_short_writes_are_gone_on_with(root: Path, start: Callable[[Path, Syscalls], Run]) -> None:
    """A system that takes a few bytes at a time loses none."""
    session = Session(root / "runs" / ("1" * 32))
    assert not run_through(session, root.parent, lambda: start(session.path, Short(7)))
    check(session)
