"""Run folders that somebody hostile made: nothing is started, opened outside or asked of the network, and all that is raised is ours."""

from __future__ import annotations

import shutil

import pytest

from tests.fuzz.batches import found_in

_MODULE = "tests.fuzz.hostile_runs"


@pytest.mark.timeout(600)
def test_hostile_runs_do_nothing() -> None:
    """Some of them, under an audit hook, with a private folder that the kernel watches, and with programs that tell when they are started."""
    assert not (found := found_in(_MODULE, 0, 50)), found


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(10))
def test_many_hostile_runs_do_nothing(part: int) -> None:
    """Five thousand of them."""
    assert not (found := found_in(_MODULE, 100_000 + 500 * part, 500)), found


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is missing")
def test_the_kernel_sees_nothing_of_hostile_runs_either() -> None:
    """A share of them with every system call of the process and its children looked at, since libraries in C tell Python nothing."""
    assert not (found := found_in(_MODULE, 200_000, 100, strace=True)), found
